/**
 * A run from coarse to fine (after Gatys et al., "Controlling perceptual factors in neural style transfer", CVPR 2017, and
 * crowsonkb/style-transfer-pytorch): large forms are found where a step is cheap, detail is added where they are there already.
 */
import type { Concession } from '../../engine/budget.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import type { BoundCall, MemoryPlan } from '../../engine/program.js';
import type { VariantPins } from '../../engine/select.js';
import type { TuneResult } from '../../engine/tuner.js';
import { netUpTo } from '../../models/vgg19.js';
import type { Picture } from '../picture.js';
import { MIN_SIDE_PX } from '../picture.js';
import type { Dimensions } from '../pictures/picture-size.js';
import { resizePictureGently } from '../pictures/resize.js';
import { checkedStart, initialPicture, type StyleTransferInputs } from '../run-start.js';
import type { Losses } from '../loss-reader.js';
import type { CreateOptions, ImageRun, RunOptions, RunSnapshot, TraceEntry } from '../run-types.js';
import { checkLiveSettings, checkSettings, type LiveSettings, type StyleTransferSettings } from '../settings.js';
import type { StepOptions } from '../step-program.js';
import { createStyleTransfer, type StyleTransferRun } from '../style-transfer.js';
import { planRun } from '../tiling/choose-tiles.js';
import type { TilePlan } from '../tiling/windows.js';
import { resizePrevious } from '../sequence/resize-previous.js';
import type { GramTarget } from '../targets.js';
import { carryState } from './carry-state.js';
import { scaleIndexAt, scalesOf, type Scale } from './scales.js';

/** The plan of every size; the run holds one at a time, so that it takes the memory of the largest. */
export function planScales(engine: Engine, inputs: Pick<StyleTransferInputs, 'net'>, settings: StyleTransferSettings, options: StepOptions = {}): MemoryPlan[] {
  const { net } = inputs;
  const taps = [...settings.styleLayers.map(({ layer }) => layer), ...settings.contentLayers];
  const layers = netUpTo(net, taps).map(({ name, inChannels, outChannels, pooledBefore }) => ({ name, inChannels, outChannels, pooledBefore }));
  return scalesOf(settings).map(
    ({ height, width }) => planRun(engine, { layers, preprocess: net.preprocess.name }, { ...settings, height, width }, options).memory,
  );
}

function recordingOf({ pins = {}, preferred = {}, memoryBudgetBytes }: CreateOptions): StepOptions {
  return { pins, preferred, ...(memoryBudgetBytes === undefined ? {} : { budgetBytes: memoryBudgetBytes }) };
}

/** Makes a run from coarse to fine ready to step at its coarsest size. Throws as {@link createStyleTransfer} does. */
export async function createMultiScale(
  engine: Engine,
  settings: StyleTransferSettings,
  inputs: StyleTransferInputs,
  options: CreateOptions = {},
): Promise<MultiScaleRun> {
  checkSettings(settings, inputs.styles.length);
  const start = checkedStart(settings, inputs);
  const plans = planScales(engine, inputs, settings, recordingOf(options));
  const memory = plans.reduce((largest, plan) => (plan.totalBytes > largest.totalBytes ? plan : largest));
  await requireRoom(engine, memory.totalBytes);
  const { resume, ...rest } = options;
  const run = new MultiScaleRun({ engine, settings, inputs, options: rest, resume, start, memory });
  await run.prepare();
  return run;
}

/** Throws `out-of-memory` now where the finest size would only fail after all the steps before it. */
async function requireRoom(engine: Engine, sizeBytes: number): Promise<void> {
  const piece = Math.min(engine.traits.limits.maxStorageBufferBindingSize, 2 ** 27);
  engine.device.pushErrorScope('out-of-memory');
  const buffers = Array.from({ length: Math.ceil(sizeBytes / piece) }, (_, index) => engine.createBuffer('room', Math.min(piece, sizeBytes - index * piece)));
  const failure = await engine.device.popErrorScope();
  for (const buffer of buffers) engine.destroyBuffer(buffer);
  if (failure !== null) {
    throw new GramaryeError('out-of-memory', `The device has no room for the ${String(sizeBytes)} bytes of the largest scale.`, {
      remedy: 'Choose a smaller size.',
    });
  }
}

interface MultiScaleParts {
  readonly engine: Engine;
  readonly settings: StyleTransferSettings;
  readonly inputs: StyleTransferInputs;
  readonly options: Omit<CreateOptions, 'resume'>;
  readonly resume: CreateOptions['resume'] | undefined;
  readonly start: Picture;
  readonly memory: MemoryPlan;
}

/** A run over several sizes; steps, trace and states count through all of them. */
export class MultiScaleRun implements ImageRun {
  readonly settings: StyleTransferSettings;
  /** Of the largest size. */
  readonly memory: MemoryPlan;
  readonly scales: readonly Scale[];
  readonly #parts: MultiScaleParts;
  #scale = 0;
  /** The size under way; of one that was given up only what is known without the device is asked. */
  #inner: StyleTransferRun | undefined;
  #isBuilt = false;
  /** A state of another size than the present one: it is taken up before anything else happens. */
  #pending: { readonly snapshot: RunSnapshot; readonly buffer: GPUBuffer } | undefined;
  #live: LiveSettings;
  #wantsPause = false;
  #destroyed = false;

  constructor(parts: MultiScaleParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.memory = parts.memory;
    this.scales = scalesOf(parts.settings);
    this.#live = parts.settings;
  }

  /** Builds the coarsest size at the start of the run, or the size that an earlier one had come to. */
  async prepare(): Promise<void> {
    const { resume } = this.#parts;
    const { signal } = this.#parts.options;
    if (resume === undefined) await this.#build(0, this.#first());
    else await this.#build(scaleIndexAt(this.scales, resume.snapshot.step), resume.snapshot, signal, resume.variants);
  }

  /** The state that the run begins with. Noise is made at the coarsest size: at the result's, most of it would be averaged away. */
  #first(): RunSnapshot {
    const { settings, inputs, start } = this.#parts;
    const coarsest = this.scales[0] ?? settings;
    const isMade = settings.init !== 'content' && settings.init !== 'picture';
    const { height, width, data } = isMade ? initialPicture({ ...settings, ...dimensionsOf(coarsest) }, inputs) : start;
    return { step: 0, height, width, image: data, state: {}, trace: [] };
  }

  get #run(): StyleTransferRun {
    if (this.#inner === undefined) throw new GramaryeError('internal', 'The run has no size under way.');
    return this.#inner;
  }

  get calls(): readonly BoundCall[] {
    return this.#run.calls;
  }

  get tiles(): TilePlan | undefined {
    return this.#run.tiles;
  }

  get variants(): VariantPins {
    return this.#run.variants;
  }

  get givenUp(): readonly Concession[] {
    return this.#run.givenUp;
  }

  get tuning(): TuneResult | undefined {
    return this.#run.tuning;
  }

  get gradientScale(): number {
    return this.#run.gradientScale;
  }

  get gramTargets(): readonly GramTarget[] {
    return this.#run.gramTargets;
  }

  get steps(): number {
    return this.#pending?.snapshot.step ?? this.#run.steps;
  }

  get trace(): readonly TraceEntry[] {
    return this.#pending?.snapshot.trace ?? this.#run.trace;
  }

  /** Height and width of the image as it is now. */
  get imageSize(): Dimensions {
    return dimensionsOf(this.#pending?.snapshot ?? this.#run.settings);
  }

  get imageBuffer(): GPUBuffer {
    return this.#pending?.buffer ?? this.#run.imageBuffer;
  }

  reset(): void {
    this.#await(this.#first());
  }

  snapshot(): Promise<RunSnapshot> {
    return this.#pending === undefined ? this.#run.snapshot() : Promise.resolve(this.#pending.snapshot);
  }

  restore(snapshot: RunSnapshot): void {
    this.#dropPending();
    const index = scaleIndexAt(this.scales, snapshot.step);
    const { height, width } = this.#run.settings;
    if (this.#isBuilt && index === this.#scale && snapshot.height === height && snapshot.width === width) {
      this.#run.restore(snapshot);
      return;
    }
    if (!this.scales.some((scale) => scale.height === snapshot.height && scale.width === snapshot.width)) {
      throw new GramaryeError('bad-picture', `The state is of ${String(snapshot.width)} × ${String(snapshot.height)} px; this run has no such scale.`, {
        remedy: 'Restore it in a run of the same size and scales.',
      });
    }
    this.#await(snapshot);
  }

  setLive(changes: Partial<LiveSettings>): void {
    const live = { ...this.#live, ...changes };
    checkLiveSettings(live);
    if (this.#isBuilt) this.#run.setLive(changes);
    this.#live = live;
  }

  pause(): void {
    this.#wantsPause = true;
    this.#inner?.pause();
  }

  async run(options: RunOptions = {}): Promise<number> {
    const target = options.steps ?? this.settings.steps;
    this.#wantsPause = false;
    await this.#takePending(options.signal);
    while (this.steps < target && !this.#mustStop(options.signal)) {
      const index = scaleIndexAt(this.scales, this.steps);
      if (index !== this.#scale) {
        await this.#build(index, await this.#run.snapshot(), options.signal);
        // A pause or an abort may have come meanwhile.
        continue;
      }
      const isLast = index === this.scales.length - 1;
      const end = isLast ? target : Math.min(target, this.scales[index]?.end ?? target);
      await this.#run.run({
        ...options,
        steps: end,
        ...(options.onProgress === undefined ? {} : { onProgress: (progress) => options.onProgress?.({ ...progress, total: target }) }),
      });
    }
    throwIfAborted(options.signal);
    return this.steps;
  }

  async step(): Promise<void> {
    await this.run({ steps: this.steps + 1 });
  }

  async evaluate(): Promise<Losses> {
    await this.#takePending();
    return this.#run.evaluate();
  }

  async completeTrace(): Promise<TraceEntry[]> {
    await this.#takePending();
    return this.#run.completeTrace();
  }

  async gradient(): Promise<Float32Array<ArrayBuffer>> {
    await this.#takePending();
    return this.#run.gradient();
  }

  async image(): Promise<Picture> {
    await this.#takePending();
    return this.#run.image();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#wantsPause = true;
    this.#dropPending();
    this.#giveUp();
  }

  #giveUp(): void {
    if (this.#isBuilt) this.#inner?.destroy();
    this.#isBuilt = false;
  }

  /** Keeps a state to be taken up before anything else happens, and shows it meanwhile. */
  #await(snapshot: RunSnapshot): void {
    this.#dropPending();
    this.#pending = { snapshot, buffer: this.#parts.engine.createBufferFrom('state to restore', snapshot.image) };
  }

  #mustStop(signal: AbortSignal | undefined): boolean {
    return this.#wantsPause || signal?.aborted === true;
  }

  #dropPending(): void {
    if (this.#pending !== undefined) this.#parts.engine.destroyBuffer(this.#pending.buffer);
    this.#pending = undefined;
  }

  async #takePending(signal?: AbortSignal): Promise<void> {
    if (this.#pending === undefined) return;
    const { snapshot } = this.#pending;
    await this.#build(scaleIndexAt(this.scales, snapshot.step), snapshot, signal);
    this.#dropPending();
  }

  /** Goes to a size with a state of whatever size. What there is goes first, so that two sizes are never held together. */
  async #build(index: number, snapshot: RunSnapshot, signal?: AbortSignal, variants: VariantPins = {}): Promise<void> {
    const { engine, settings, inputs, options } = this.#parts;
    const scale = this.scales[index];
    if (scale === undefined) throw new GramaryeError('internal', `The run has no scale ${String(index)}.`);
    const size = dimensionsOf(scale);
    const isSame = snapshot.height === size.height && snapshot.width === size.width;
    const state = isSame ? snapshot : await carryState(snapshot, size, settings.scales?.carryMoments);
    const { content, styles, net } = inputs;
    const isAlong = settings.scales?.styleAlong !== false;
    const scaledStyles: Picture[] = [];
    for (const style of styles) scaledStyles.push(isAlong ? await resizePictureGently(style, scaledSize(style, scale.ratio)) : style);
    const scaledInputs = {
      net,
      styles: scaledStyles,
      ...(content === undefined
        ? {}
        : { content: settings.contentLayers.length > 0 || settings.colours === 'luminance' ? await resizePictureGently(content, size) : content }),
      ...(inputs.masks === undefined ? {} : { masks: inputs.masks }),
      ...(inputs.previous === undefined ? {} : { previous: await resizePrevious(inputs.previous, size) }),
      init: { ...size, data: state.image },
    };
    const at = { ...settings, ...size, init: 'picture' as const };
    this.#giveUp();
    try {
      // Variants of one size say nothing about another.
      const pins = isSame ? { ...options.pins, ...variants } : (options.pins ?? {});
      const inner = await createStyleTransfer(engine, at, scaledInputs, { ...options, pins, ...(signal === undefined ? {} : { signal }) });
      [this.#inner, this.#isBuilt, this.#scale] = [inner, true, index];
    } catch (error) {
      // Cancelled or out of memory: the state waits to be taken up again, so that nothing is lost.
      if (this.#inner !== undefined && this.#pending === undefined && !engine.isLost) this.#await(snapshot);
      throw error;
    }
    this.#run.setLive(this.#live);
    this.#run.restore(state);
  }
}

function dimensionsOf({ height, width }: Dimensions): Dimensions {
  return { height, width };
}

/** Size of a style picture beside a result of `ratio` of its size. */
function scaledSize({ height, width }: Dimensions, ratio: number): Dimensions {
  const side = (full: number): number => Math.max(MIN_SIDE_PX, Math.round(full * ratio));
  return { height: side(height), width: side(width) };
}
