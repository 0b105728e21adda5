import type { Picture } from '../../tasks/picture.js';
import type { PictureSize } from '../../tasks/pictures/picture-size.js';
import type { LiveSettings, StyleTransferSettings } from '../../tasks/settings.js';
import type { PictureFile } from '../pictures/open-picture.js';

/** Everything a run is started with. */
export interface RunJob {
  readonly net: string;
  /** Without the size of the result, which follows from the content picture and `size`. */
  readonly settings: Omit<StyleTransferSettings, 'height' | 'width'>;
  readonly size: PictureSize;
  readonly styleSize: PictureSize;
  /** None for a texture. */
  readonly content?: PictureFile;
  readonly styles: readonly PictureFile[];
  /** Where each style goes, where any has a mask; null: everywhere. */
  readonly masks?: readonly (PictureFile | null)[];
  /** What the run starts from, where it starts from a picture; it is brought to the size of the result. */
  readonly start?: Picture;
  /** The most graphics memory that the run may take. */
  readonly memoryBudgetBytes?: number;
  /** Keeps the state after so many steps, in a place of the browser that goes by this name. */
  readonly checkpoint?: { readonly place: string; readonly every: number };
  /** Measures kernels that were not measured on this adapter before, and takes the fastest. */
  readonly tune?: boolean;
}

/** What an element is doing. */
export type RunState = 'idle' | 'preparing' | 'running' | 'paused' | 'finished' | 'failed';

/** A named stage of the preparation with its progress; `total` 0 means that it is not known. */
export interface RunStageProgress {
  readonly stage: 'engine' | 'turn' | 'pictures' | 'net' | 'styles' | 'content' | 'compiling' | 'tuning' | 'recovering';
  readonly done: number;
  readonly total: number;
}

/** Settings that may change while a run goes on, out of all. */
export function liveOf(settings: RunJob['settings']): LiveSettings {
  const { styleWeight, contentWeight, tvWeight, learningRate, beta1, beta2, epsilon } = settings;
  return { styleWeight, contentWeight, tvWeight, learningRate, beta1, beta2, epsilon };
}

/** The settings without those that may change while a run goes on: a run can only go on where these are the same. */
export function structureOf(job: RunJob): string {
  const live = new Set<string>([...Object.keys(liveOf(job.settings)), 'steps']);
  const structure = Object.entries(job.settings).filter(([name]) => !live.has(name));
  return JSON.stringify([job.net, job.size, job.styleSize, job.memoryBudgetBytes, structure]);
}
