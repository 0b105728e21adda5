/** Gramarye's engine and tasks. */
export { Engine, type EngineOptions } from './engine/engine.js';
export { GramaryeError, type GramaryeErrorCode } from './engine/errors.js';
export { VERSION } from './engine/version.js';
export { KERNELS } from './kernels/index.js';
export { runKernel, type RunKernelOptions } from './engine/run-kernel.js';
export { ProgramBuilder, type MemoryPlan, type TensorHandle } from './engine/program.js';
export type { KernelDefinition, Variant } from './engine/contract.js';
export type { Picture } from './tasks/picture.js';
export { PRESETS, presetByName, type Preset } from './tasks/presets.js';
export type { StyleTransferSettings } from './tasks/settings.js';
export { PictureCodec } from './tasks/pictures/picture-codec.js';
export { parsePictureSize, resolvePictureSize, type PictureSize } from './tasks/pictures/picture-size.js';
