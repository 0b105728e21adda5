import type { FineTuneSettings } from '../fine-tuning/settings.js';
import type { NetInputOptions } from '../mobilenet/net-input.js';

/** How a picture file becomes the square that a net takes: as a classifier wants it, or as one copy of a training example. */
export type NetPreparation =
  | Pick<NetInputOptions, 'size' | 'resize' | 'antialias'>
  | {
      readonly settings: Pick<FineTuneSettings, 'augmentation' | 'seed' | 'size' | 'resize'>;
      readonly example: number;
      readonly copy: number;
    };
