/** Optimisation-based style transfer (Gatys, Ecker, Bethge: "Image style transfer using CNNs", CVPR 2016). */
import type { Engine } from '../engine/engine.js';
import { throwIfAborted } from '../engine/errors.js';
import { giveWay } from '../engine/pauses.js';
import type { BoundCall } from '../engine/program.js';
import type { VariantPins } from '../engine/select.js';
import type { TuneResult } from '../engine/tuner.js';
import { checkPins } from '../engine/variant-map.js';
import { LossReader } from './loss-reader.js';
import { writePresentation } from './presentation.js';
import { checkedStart, type StyleTransferInputs } from './run-start.js';
import { writeState } from './run-state.js';
import type { CreateOptions } from './run-types.js';
import { checkSettings, type StyleTransferSettings } from './settings.js';
import { buildStepProgram, type StepProgram } from './step-program.js';
import { writeTemporal } from './sequence/temporal-term.js';
import { writeLiveSettings } from './step-weights.js';
import { styleTargets, writeStyleTargets } from './style-targets.js';
import { StyleTransferRun } from './style-transfer-run.js';
import { contentTargets, type ContentTarget } from './targets.js';
import type { TiledContent } from './tiling/tiled-targets.js';
import { goesWhole } from './tiling/whole.js';
import type { TuneRequest } from './tune-step.js';
import { GpuNet } from './vgg-net.js';

export { noisePicture, type StyleTransferInputs } from './run-start.js';
export { StyleTransferRun } from './style-transfer-run.js';

export type { CreateOptions, RunSnapshot, TraceEntry } from './run-types.js';

/**
 * Makes a run ready to step: targets computed, step recorded, image at its start. Throws coded errors for bad input. Where the device
 * has no room for the picture as a whole and the settings leave it open, the run is made in tiles.
 */
export async function createStyleTransfer(
  engine: Engine,
  asked: StyleTransferSettings,
  inputs: StyleTransferInputs,
  options: CreateOptions = {},
): Promise<StyleTransferRun> {
  try {
    return await makeRun(engine, asked, inputs, options);
  } catch (error) {
    if (options.memoryBudgetBytes !== undefined) throw error;
    const { tileAfterRefusal } = await tiling();
    const tile = tileAfterRefusal(engine, inputs.net, asked, error);
    if (tile === undefined) throw error;
    return await makeRun(engine, { ...asked, tile }, inputs, options);
  }
}

/** What runs in tiles need; most go without. */
const tiling = () => import('./tiling/index.js');

async function makeRun(engine: Engine, asked: StyleTransferSettings, inputs: StyleTransferInputs, options: CreateOptions): Promise<StyleTransferRun> {
  const settings = inputs.masks === undefined ? asked : { ...asked, regions: inputs.masks.length };
  checkSettings(settings, inputs.styles.length);
  const start = checkedStart(settings, inputs);
  await giveWay();
  const { content } = inputs;
  const styleNames = settings.styleLayers.map(({ layer }) => layer);
  const resources: { destroy(): void }[] = [];
  const own = <T extends { destroy(): void }>(resource: T): T => {
    resources.push(resource);
    return resource;
  };
  const release = (): void => {
    for (const resource of resources.reverse()) resource.destroy();
  };
  try {
    const gpuNet = own(await GpuNet.create(engine, inputs.net, [...styleNames, ...settings.contentLayers], settings.precision));
    const { preferred = {}, memoryBudgetBytes, signal, tune, resume } = options;
    const pins = { ...options.pins, ...resume?.variants };
    const recording = { pins, preferred, ...(memoryBudgetBytes === undefined ? {} : { budgetBytes: memoryBudgetBytes }) };
    const calls: BoundCall[] = [];
    const tiles = goesWhole(engine, gpuNet, settings, recording) ? undefined : (await tiling()).planRun(engine, gpuNet, settings, recording).tiles;
    await giveWay();
    const targetOptions = {
      ...(tiles === undefined ? {} : { tileSize: tiles.tileSize }),
      pooling: settings.pooling,
      ...recording,
      onCalls: (recorded: readonly BoundCall[]): void => {
        calls.push(...recorded);
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    const styleGoals = await styleTargets(engine, gpuNet, settings, inputs, {
      ...targetOptions,
      onProgress: (done, total) => options.onProgress?.({ stage: 'styles', done, total }),
    });
    options.onProgress?.({ stage: 'content', done: 0, total: 1 });
    const buffer = (handle: GPUBuffer): GPUBuffer => {
      own({ destroy: engine.destroyBuffer.bind(engine, handle) });
      return handle;
    };
    const tiledPieces =
      content === undefined || tiles === undefined
        ? new Map<string, TiledContent>()
        : await (await tiling()).tiledContents(engine, gpuNet, content, settings.contentLayers, tiles, { ...targetOptions, scope: 'content/' });
    const wholes =
      content === undefined || tiles !== undefined
        ? new Map<string, ContentTarget>()
        : await contentTargets(engine, gpuNet, content, settings.contentLayers, { ...targetOptions, scope: 'content/' });
    for (const target of wholes.values()) buffer(target.buffer);
    const contents = new Map<string, Pick<ContentTarget, 'meanSquare'>>([...wholes, ...tiledPieces]);
    const gramBuffers = new Map(styleGoals.map(({ term, matrix }) => [term.id, buffer(engine.createBufferFrom(`${term.id}.target`, matrix))]));
    throwIfAborted(options.signal);
    const build = async (chosen: VariantPins): Promise<StepProgram> => {
      const building = {
        ...recording,
        preferred: chosen,
        onProgress: (done: number, total: number) => options.onProgress?.({ stage: 'compiling', done, total }),
      };
      return tiles === undefined
        ? buildStepProgram(engine, gpuNet, settings, { grams: gramBuffers, contents: wholes }, building)
        : (await tiling()).buildTiledStep(engine, gpuNet, settings, tiles, gramBuffers, building);
    };
    const fill = (step: StepProgram): void => {
      step.program.prepare();
      writeStyleTargets(engine, (tensor) => step.program.bufferOf(tensor), step.tensors.styleTerms, styleGoals);
      writePresentation(engine, (tensor) => step.program.bufferOf(tensor), step.tensors.presentation, settings, content?.data);
      writeTemporal(engine, (tensor) => step.program.bufferOf(tensor), step.tensors.temporal, settings, inputs);
    };
    const fillWhole = (step: StepProgram): void => {
      fill(step);
      writeState(engine, step, { image: start.data, state: {} });
      writeLiveSettings(engine, step, settings, settings, { styleGoals, contents });
    };
    const tuned = async (request: TuneRequest): Promise<{ step: StepProgram; tuning: TuneResult }> => {
      // Few runs tune; the others do without the tuner and all that it measures with.
      const { tuneStep, withoutMemory } = await import('./tune-step.js');
      return tuneStep(
        engine,
        { build, fill: fillWhole, pins, preferred, ...(signal === undefined ? {} : { signal }) },
        {
          ...(settings.precision === 'f16' ? withoutMemory(request) : request),
          onStage: (done, total) => options.onProgress?.({ stage: 'tuning', done, total }),
        },
      );
    };
    const { step, tuning } = tune === undefined ? { step: await build(preferred), tuning: undefined } : await tuned(tune);
    own(step.program);
    calls.push(...step.program.calls);
    checkPins(pins, calls);
    const { ring, half } = step.tensors;
    const reader = own(new LossReader(engine, step.program.bufferOf(ring), half === undefined ? undefined : step.program.bufferOf(half.ring)));
    throwIfAborted(options.signal);
    fill(step);
    const targetCalls = calls.slice(0, -step.program.calls.length);
    const evaluation =
      step.tiles === undefined ? undefined : new (await tiling()).TiledEvaluation(engine, step, { net: gpuNet, styleGoals, contents: tiledPieces });
    const run = new StyleTransferRun({ engine, settings, step, reader, styleGoals, contents, start, release, targetCalls, tuning, evaluation });
    if (resume === undefined) await run.chooseGradientScale(signal);
    else run.restore(resume.snapshot);
    return run;
  } catch (error) {
    release();
    throw error;
  }
}
