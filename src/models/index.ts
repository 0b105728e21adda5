/** Networks as descriptions, and the files that hold their weights. */
export { sourceFromBlob, sourceFromBytes, sourcesFromFiles, type ByteSource, type OpenSource, type ReadOptions } from './byte-source.js';
export { describeLayers, formatDescription, type LayerRow, type NetDescription } from './describe.js';
export { loadVgg, type LoadedVgg, type LoadOptions } from './load.js';
export { PREPROCESS, preprocessNamed, type Preprocess, type PreprocessName } from './preprocess.js';
export { parseRandomVgg, randomVgg19, type RandomVggSpec } from './random-vgg19.js';
export { SafetensorsFile, type TensorEntry } from './safetensors.js';
export { writeSafetensors, type OutputTensor } from './safetensors-write.js';
export { toFloat32, type FileDtype, type FileTensor } from './tensor.js';
export { TfjsModelFile } from './tfjs-manifest.js';
export { layersUpTo, netUpTo, VGG19_LAYERS, VGG19_WIDTHS, vggLayerIndex, type VggLayer, type VggLayerWeights, type VggWeights } from './vgg19.js';
export { openWeightFile, type WeightFile } from './weight-file.js';
