import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { StringKey } from './strings.js';

/** What a failed element offers to do. */
export type FailureAction = 'try-again' | 'smaller' | 'dismiss';

/** A failure as it is shown: what happened, what to do, the detail, and the way on. */
export interface Failure {
  /** The error's code, or `unknown`. */
  readonly code: string;
  readonly what: StringKey;
  readonly fix: StringKey;
  readonly detail: string;
  readonly actions: readonly FailureAction[];
}

interface Words {
  readonly what: StringKey;
  readonly fix: StringKey;
  readonly actions: readonly FailureAction[];
}

const WORDS: Readonly<Record<string, Words>> = {
  'webgpu-missing': { what: 'failWebgpuMissing', fix: 'fixWebgpuMissing', actions: ['try-again'] },
  'adapter-missing': { what: 'failAdapter', fix: 'fixAdapter', actions: ['try-again'] },
  'device-lost': { what: 'failLost', fix: 'fixLost', actions: ['try-again', 'smaller'] },
  'out-of-memory': { what: 'failMemory', fix: 'fixMemory', actions: ['smaller', 'try-again'] },
  'bad-picture': { what: 'failPicture', fix: 'fixPicture', actions: ['dismiss'] },
  'bad-weights': { what: 'failWeightsFile', fix: 'fixWeightsFile', actions: ['dismiss'] },
  'unknown-layer': { what: 'failWeightsFile', fix: 'fixWeightsFile', actions: ['dismiss'] },
  'fetch-failed': { what: 'failWeights', fix: 'fixWeights', actions: ['try-again', 'dismiss'] },
  'file-missing': { what: 'failWeights', fix: 'fixWeights', actions: ['try-again', 'dismiss'] },
  'non-finite': { what: 'failDiverged', fix: 'fixDiverged', actions: ['dismiss'] },
  'bad-option': { what: 'failOption', fix: 'fixOption', actions: ['dismiss'] },
};

const OTHER: Words = { what: 'failOther', fix: 'fixOther', actions: ['try-again', 'dismiss'] };

/** Words of a picture that could not be had. `cross-origin` is a server that answers, but not to scripts of this page. */
export const PICTURE_FAILURES = {
  'cross-origin': { what: 'failCors', fix: 'fixCors' },
  unreachable: { what: 'failFetchPicture', fix: 'fixFetchPicture' },
} as const satisfies Record<string, { what: StringKey; fix: StringKey }>;

/** A picture at an address could not be had, and why. */
export class PictureFetchError extends GramaryeError {
  readonly kind: keyof typeof PICTURE_FAILURES;

  constructor(kind: keyof typeof PICTURE_FAILURES, problem: string, cause?: unknown) {
    super('fetch-failed', problem, { remedy: 'Choose a picture from this device.', cause });
    this.kind = kind;
  }
}

/** How a thrown error is shown. */
export function describeFailure(error: unknown): Failure {
  const code = error instanceof GramaryeError ? error.code : 'unknown';
  let words = WORDS[code] ?? OTHER;
  if (error instanceof PictureFetchError) words = { ...PICTURE_FAILURES[error.kind], actions: ['dismiss'] };
  // Browsers hide WebGPU from pages that are not secure contexts; the way on is another one there.
  if (code === 'webgpu-missing' && !globalThis.isSecureContext) words = { ...words, what: 'failInsecure', fix: 'fixInsecure' };
  const name = error instanceof Error ? error.name : typeof error;
  return { code, ...words, detail: `${name} (${code}): ${messageOf(error)}` };
}

/** The same for an element that keeps no state to go on from, nor has a size to choose: of a lost device, only that it can be tried again. */
export function withoutSteps(failure: Failure): Failure {
  return failure.code === 'device-lost' ? { ...failure, fix: 'fixLostAgain', actions: ['try-again'] } : failure;
}
