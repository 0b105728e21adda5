import { GramaryeError, messageOf, type GramaryeErrorCode } from './errors.js';

/** An error as structured-clonable data, to cross from a worker to its page or from a page to Node. */
export interface PlainError {
  readonly code: GramaryeErrorCode;
  /** What went wrong, without the remedy. */
  readonly problem: string;
  readonly remedy: string;
}

/** Anything thrown as plain data; what is no GramaryeError gets the code `internal`. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof GramaryeError)) return { code: 'internal', problem: messageOf(error), remedy: '' };
  const { code, message, remedy } = error;
  return { code, problem: remedy === '' ? message : message.slice(0, -remedy.length - 1), remedy };
}

/** The reverse of {@link toPlainError}. */
export function fromPlainError({ code, problem, remedy }: PlainError): GramaryeError {
  return new GramaryeError(code, problem, { remedy });
}
