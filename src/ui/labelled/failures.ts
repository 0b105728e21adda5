import { GramaryeError, type GramaryeErrorCode } from '../../engine/errors.js';
import { describeFailure, PictureFetchError, type Failure } from '../base/failure.js';

const UNUSABLE: Partial<Failure> = { what: 'failData', fix: 'fixData', actions: ['dismiss'] };
const MODEL: Partial<Failure> = { what: 'failModelFile', fix: 'fixModelFile', actions: ['dismiss'] };
const FETCH: Partial<Failure> = { what: 'failModelFetch', fix: 'fixModelFetch', actions: ['try-again', 'dismiss'] };

const WORDS: Partial<Record<GramaryeErrorCode, Partial<Failure>>> = {
  'bad-option': UNUSABLE,
  'bad-picture': UNUSABLE,
  'bad-weights': MODEL,
  'unknown-layer': MODEL,
  'fetch-failed': FETCH,
  'file-missing': FETCH,
  'non-finite': { what: 'failTrainingDiverged', fix: 'fixTrainingDiverged', actions: ['dismiss'] },
  'device-lost': { fix: 'fixLostTask', actions: ['try-again'] },
  'out-of-memory': { what: 'failMemoryTask', fix: 'fixMemoryTask', actions: ['try-again'] },
};

/** How an error of classification or fine-tuning is shown: the general words, with others where those speak of painting. */
export function describeTaskFailure(error: unknown): Failure {
  const failure = describeFailure(error);
  if (error instanceof PictureFetchError || !(error instanceof GramaryeError)) return failure;
  return { ...failure, ...WORDS[error.code] };
}

/** The values that the words of a failure are filled with: what was wrong, and what to do about it. */
export function failureValues(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof GramaryeError)) return { problem: '', remedy: '' };
  const { message, remedy } = error;
  return { problem: remedy === '' ? message : message.slice(0, -remedy.length - 1), remedy };
}
