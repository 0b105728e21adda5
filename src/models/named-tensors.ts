/** What every reader of weight files gives. */
import type { ReadOptions } from './byte-source.js';
import type { FileTensor } from './tensor.js';

/** Any weight file once opened. */
export interface WeightFile {
  /** All tensors by name. */
  readonly names: readonly string[];
  /** The preprocessing that the file itself names. */
  readonly preprocess?: string | undefined;
  readTensors(names: readonly string[], options?: ReadOptions): Promise<Map<string, FileTensor>>;
}
