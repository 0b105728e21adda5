/**
 * Every failure a caller can meet. The code is stable and may be tested for; the message says what was given and what
 * was wanted; the remedy says what to do about it.
 */
export type GramaryeErrorCode =
  | 'aborted'
  | 'adapter-missing'
  | 'binding-mismatch'
  | 'browser-missing'
  | 'build-missing'
  | 'bad-option'
  | 'bad-picture'
  | 'bad-shape'
  | 'bad-weights'
  | 'device-lost'
  | 'file-missing'
  | 'fetch-failed'
  | 'internal'
  | 'non-finite'
  | 'out-of-memory'
  | 'shader-invalid'
  | 'unknown-kernel'
  | 'unknown-layer'
  | 'unknown-variant'
  | 'unsupported'
  | 'webgpu-missing'
  | 'write-failed';

/** An error with a stable code and a remedy. `message` already contains the remedy, so printing it is enough. */
export class GramaryeError extends Error {
  override readonly name = 'GramaryeError';
  readonly code: GramaryeErrorCode;
  /** What to do about it, one sentence; empty when there is nothing to do. */
  readonly remedy: string;

  constructor(code: GramaryeErrorCode, problem: string, options: { remedy?: string; cause?: unknown } = {}) {
    const remedy = options.remedy ?? '';
    super(remedy === '' ? problem : `${problem} ${remedy}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.remedy = remedy;
  }
}

/** Throws `bad-shape` unless `value` is an integer of at least `minimum`. */
export function requireInteger(owner: string, name: string, value: number, minimum = 1): void {
  if (!Number.isInteger(value) || value < minimum) {
    throw new GramaryeError('bad-shape', `${owner}: ${name} is ${String(value)}; wanted an integer of at least ${String(minimum)}.`);
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new GramaryeError('aborted', 'The operation was cancelled.');
}
