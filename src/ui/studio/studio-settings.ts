import type { Picture } from '../../tasks/picture.js';
import { resolveSettings, runOf, type StudioSettings } from '../../tasks/results/chosen-settings.js';
import type { PictureFile } from '../pictures/open-picture.js';
import type { RunJob } from '../run/job.js';

export { parseStyleScales, resolveSettings, scalesChosen, settingsOf, type StudioSettings } from '../../tasks/results/chosen-settings.js';

/** Pictures of a job and how much each style counts. */
export interface JobPictures {
  readonly content?: PictureFile;
  readonly styles: readonly PictureFile[];
  readonly blend: readonly number[];
  /** Where each style goes; null: everywhere. */
  readonly masks?: readonly (PictureFile | null)[];
  /** What a run that starts from a picture starts from. */
  readonly start?: Picture;
}

/** The job that these settings and pictures make. Throws `bad-option`. */
export function composeJob(settings: StudioSettings, { content, styles, blend, masks, start }: JobPictures): RunJob {
  const run = runOf(settings, styles.length, blend);
  return {
    net: settings.net,
    ...run,
    ...(content === undefined || resolveSettings(settings).preset.task === 'texture-synthesis' ? {} : { content }),
    ...(start === undefined ? {} : { start }),
    ...(settings.memoryBudget === null ? {} : { memoryBudgetBytes: settings.memoryBudget * 2 ** 20 }),
    ...(masks?.some((mask) => mask !== null) === true ? { masks } : {}),
    styles,
  };
}
