/** Gramarye's engine, nets and tasks. */
export { accelerate, type Acceleration, type KernelCounts } from './accelerate.js';
export { Engine, type EngineOptions } from './engine/engine.js';
export { GramaryeError, type GramaryeErrorCode } from './engine/errors.js';
export { VERSION } from './engine/version.js';
export { runKernel, type RunKernelOptions } from './engine/run-kernel.js';
export { ProgramBuilder, type MemoryPlan, type RecordedCall, type TensorHandle } from './engine/program.js';
export type { KernelDefinition, Variant } from './engine/contract.js';
export { shapeKey, type VariantPins } from './engine/select.js';
export type { Concession } from './engine/budget.js';
export type { TuneMeasurement, TuneProgress, TuneResult } from './engine/tuner.js';
export { localTuningStore, memoryTuningStore, TuningMemory, type TuningStore } from './engine/tuning-memory.js';
export { makeVariantMap, parseVariantMap, type VariantMap } from './engine/variant-map.js';
export { KERNELS } from './kernels/index.js';
export {
  loadVgg,
  sourceFromBlob,
  sourceFromBytes,
  sourcesFromFiles,
  type ByteSource,
  type LoadedVgg,
  type LoadOptions,
  type VggWeights,
} from './models/index.js';
export { findCheckpoint, runWithCheckpoints, type Checkpointing, type Resumption } from './tasks/checkpoints/checkpointed-run.js';
export { inputPrints, type RunIdentity } from './tasks/checkpoints/run-checkpoint.js';
export type { CheckpointStore } from './tasks/checkpoints/store.js';
export type { Picture } from './tasks/picture.js';
export { PictureCodec } from './tasks/pictures/picture-codec.js';
export { parsePictureSize, resolvePictureSize, type PictureSize } from './tasks/pictures/picture-size.js';
export { PRESETS, presetByName, type Preset } from './tasks/presets.js';
export { chosenFrom, lostInChoice, runOf, type ChosenRun, type RunNames, type StudioSettings } from './tasks/results/chosen-settings.js';
export { recordIn, withRecord, type ResultRecord } from './tasks/results/result-record.js';
export {
  stylizeSequence,
  type FinishedFrame,
  type Frame,
  type FrameResults,
  type SequenceInputs,
  type SequenceOptions,
  type SequenceProgress,
} from './tasks/sequence/sequence.js';
export type { PreviousFrame } from './tasks/sequence/temporal-term.js';
export type { LiveSettings, StyleTransferSettings } from './tasks/settings.js';
export { createRun as createStyleTransfer } from './tasks/create-run.js';
export type { StyleTransferInputs } from './tasks/run-start.js';
export type { CreateOptions, ImageRun as StyleTransferRun, RunOptions, RunProgress, RunSnapshot, TraceEntry } from './tasks/run-types.js';
export type { TuneRequest } from './tasks/tune-step.js';
export { createTextureSynthesis, type TextureSettings } from './tasks/texture-synthesis.js';
