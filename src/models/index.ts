/** Networks as descriptions, and the files that hold their weights. */
export { sourceFromBlob, sourceFromBytes, sourcesFromFiles, type ByteSource } from './byte-source.js';
export { describeLayers, formatDescription } from './describe.js';
export { loadVgg, type LoadedVgg, type LoadOptions } from './load.js';
export { parseRandomVgg } from './random-vgg19.js';
export { vggLayerIndex, type VggWeights } from './vgg19.js';
