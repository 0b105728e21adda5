/** What a fine-tuning run works on, how one of its pictures is got, and what tells it from other runs. */
import type { MobileNetWeights } from '../../models/mobilenet/weights.js';
import { Fingerprint } from '../checkpoints/fingerprint.js';
import type { CheckpointStore } from '../checkpoints/store.js';
import type { Dataset, PictureFile } from '../datasets/dataset.js';
import type { Picture } from '../picture.js';
import { pictureCopy } from './augment.js';
import type { FeatureStore } from './feature-cache.js';
import type { FineTuneSettings } from './settings.js';

/** Turns a picture file into a picture. */
export type DecodePicture = (file: Blob, name: string) => Promise<Picture>;

/** Which copy of which example a picture is to become; see `pictureCopy`. */
export interface PictureCopyOrder {
  readonly example: number;
  readonly copy: number;
}

/** What a run works on. */
export interface FineTuneInputs {
  readonly net: MobileNetWeights;
  readonly dataset: Dataset;
  readonly decode: DecodePicture;
  /** Decodes and resizes in one go elsewhere, e.g. in a worker. Must give what `pictureCopy` gives; without it this thread does it. */
  readonly prepare?: ((file: Blob, name: string, order: PictureCopyOrder) => Promise<Picture>) | undefined;
  /** Where features beyond the memory budget go. */
  readonly store?: FeatureStore | undefined;
  /** Where the run's state is kept after every epoch, and taken up from. */
  readonly checkpoints?: CheckpointStore | undefined;
}

/** Reads a picture file and gives one of its copies. */
export async function preparedPicture(inputs: FineTuneInputs, settings: FineTuneSettings, file: PictureFile, order: PictureCopyOrder): Promise<Picture> {
  const blob = await file.read();
  if (inputs.prepare !== undefined) return inputs.prepare(blob, file.path, order);
  return pictureCopy(await inputs.decode(blob, file.path), settings, order.example, order.copy);
}

/** Settings, net, and every picture with its label, as two FNV-1a hashes and the length of their text. */
export function fingerprintOf(inputs: FineTuneInputs, settings: FineTuneSettings): string {
  // A cosine depends on where it ends; any other run may be prolonged.
  const kept = { ...settings, memoryBudgetBytes: 0, epochs: settings.schedule.kind === 'cosine' ? settings.epochs : 0 };
  const text = JSON.stringify([
    kept,
    inputs.net.name,
    inputs.net.units.length,
    inputs.dataset.classes,
    inputs.dataset.examples.map(({ id, label }) => [id, label]),
  ]);
  return new Fingerprint().addText(text).toString();
}
