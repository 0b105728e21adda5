/** All elements. Importing this file defines them. */
export { ENGLISH, getStrings, setStrings, type StringKey, type Strings } from './base/strings.js';
export { GramLossChart, ScrubEvent, type LossWeights } from './charts/loss-chart.js';
export { GramClassifier } from './classifier/classifier.js';
export { ClassifiedEvent, EvaluatedEvent, SkippedEvent } from './classifier/classifier-events.js';
export { GramDevice, TestedEvent } from './device/device.js';
export { GramFineTune } from './fine-tune/fine-tune.js';
export { DataChangedEvent, EpochEvent, JudgedEvent } from './fine-tune/fine-tune-events.js';
export { GramTrainingChart } from './fine-tune/training-chart.js';
export { setEngineFactory } from './gpu/engine-pool.js';
export type { PictureFile } from './pictures/open-picture.js';
export { GramPictureWell } from './pictures/picture-well.js';
export { PictureChangedEvent, PictureFailedEvent } from './pictures/well-events.js';
export type { PictureSample } from './pictures/picture-chooser.js';
export { GramSpectrum, MeasuredEvent } from './spectrum/spectrum.js';
export { FailedEvent, FinishedEvent, IterateKeptEvent, StartedEvent, StateChangedEvent, SteppedEvent } from './studio/studio-events.js';
export type { StudioSettings } from './studio/studio-settings.js';
export { GramStyleTransfer } from './style-transfer/style-transfer.js';
export { GramTextureSynthesis } from './texture-synthesis/texture-synthesis.js';
