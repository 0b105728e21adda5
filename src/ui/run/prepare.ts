import { localTuningStore, TuningMemory } from '../../engine/tuning-memory.js';
import { throwIfAborted } from '../../engine/errors.js';
import { giveWay } from '../../engine/pauses.js';
import type { PictureSize } from '../../tasks/pictures/picture-size.js';
import { resizePictureGently } from '../../tasks/pictures/resize.js';
import type { Picture } from '../../tasks/picture.js';
import { createRun } from '../../tasks/create-run.js';
import type { ImageRun } from '../../tasks/run-types.js';
import type { RunIdentity } from '../../tasks/checkpoints/run-checkpoint.js';
import type { EngineLease } from '../gpu/engine-pool.js';
import { loadNet } from '../nets/load-net.js';
import type { PictureFile } from '../pictures/open-picture.js';
import { withCodec } from '../pictures/with-codec.js';
import type { RunJob, RunStageProgress } from './job.js';
import type { KeptRun } from './kept-run.js';

/** A run that is ready to step, and what was made for it. */
export interface PreparedRun {
  readonly run: ImageRun;
  /** The content at the size of the result, for the comparison. */
  readonly before: Picture | undefined;
  readonly widths: readonly number[];
  /** What the run holds on the device. */
  readonly memoryBytes: number;
  /** What tells it from others, where it is kept. */
  readonly identity: RunIdentity | undefined;
  /** The step that a kept run had come to, where it goes on from one. */
  readonly resumedAt: number | undefined;
}

/** How a preparation is watched and stopped. */
export interface PrepareOptions {
  readonly signal: AbortSignal;
  readonly onStage: (progress: RunStageProgress) => void;
  /** Where the run is kept, and may rest from before. */
  readonly place: KeptRun | undefined;
}

/** The mask of a style that goes everywhere, beside others that do not. */
const EVERYWHERE: Picture = { height: 16, width: 16, data: new Float32Array(16 * 16 * 3).fill(1) };

/** Decodes the pictures of a job. */
export async function decodeAll(
  job: RunJob,
  { signal, onStage }: PrepareOptions,
): Promise<{ content: Picture | undefined; styles: Picture[]; masks: Picture[] | undefined }> {
  const total = job.styles.length + (job.content === undefined ? 0 : 1) + (job.masks ?? []).filter((mask) => mask !== null).length;
  let done = 0;
  return withCodec(async (codec) => {
    const decode = async ({ blob, name }: PictureFile, size: PictureSize): Promise<Picture> => {
      onStage({ stage: 'pictures', done: done++, total });
      return codec.decode(blob, name, size, signal);
    };
    const content = job.content === undefined ? undefined : await decode(job.content, job.size);
    const styles: Picture[] = [];
    for (const style of job.styles) styles.push(await decode(style, job.styleSize));
    if (job.masks === undefined) return { content, styles, masks: undefined };
    const masks: Picture[] = [];
    for (const mask of job.masks) masks.push(mask === null ? EVERYWHERE : await decode(mask, { kind: 'as-is' }));
    return { content, styles, masks };
  });
}

/** Height and width of the result: those of the content, or those that were asked for. */
function resultSize(job: RunJob, content: Picture | undefined): { height: number; width: number } {
  if (content !== undefined) return { height: content.height, width: content.width };
  if (job.size.kind === 'exact') return { height: job.size.height, width: job.size.width };
  const side = job.size.kind === 'longer' ? job.size.pixels : 256;
  return { height: side, width: side };
}

/** Decodes the pictures, loads the net and builds the run, while it has the turn on the device. */
export async function prepareRun(lease: EngineLease, job: RunJob, options: PrepareOptions): Promise<PreparedRun> {
  const { signal, onStage } = options;
  const { content, styles, masks } = await decodeAll(job, options);
  onStage({ stage: 'net', done: 0, total: 0 });
  const taps = [...job.settings.styleLayers.map(({ layer }) => layer), ...job.settings.contentLayers];
  const net = await loadNet(job.net, taps, {
    signal,
    onBytes: (done, total) => {
      onStage({ stage: 'net', done, total });
    },
  });
  onStage({ stage: 'turn', done: 0, total: 0 });
  const giveBack = await lease.turns.take(signal);
  try {
    await giveWay();
    throwIfAborted(signal);
    const before = lease.engine.allocatedBytes;
    const settings = { ...job.settings, ...resultSize(job, content) };
    const inputs = {
      net,
      styles,
      ...(content === undefined ? {} : { content }),
      ...(masks === undefined ? {} : { masks }),
      ...(job.start === undefined ? {} : { init: await resizePictureGently(job.start, settings) }),
    };
    const memory = new TuningMemory(localTuningStore(), lease.engine.traits);
    // What a tuning found, or a visitor chose in a benchmark.
    const remembered = await memory.load();
    const preferred = Object.keys(remembered).length === 0 ? {} : (await import('../../tasks/tune-step.js')).existingVariants(remembered);
    const { place } = options;
    const identity = place === undefined ? undefined : (await import('./kept-run.js')).identityOf(settings, inputs);
    const resume = identity === undefined ? undefined : await place?.find(identity, lease.engine);
    const run = await createRun(lease.engine, settings, inputs, {
      ...(resume === undefined ? {} : { resume }),
      signal,
      preferred,
      ...(job.memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes: job.memoryBudgetBytes }),
      ...(job.tune === true ? { tune: { memory } } : {}),
      onProgress: ({ stage, done, total }) => {
        if (stage !== 'steps') onStage({ stage, done, total });
      },
    });
    return {
      run,
      before: content,
      widths: net.layers.map(({ outChannels }) => outChannels),
      memoryBytes: lease.engine.allocatedBytes - before,
      identity,
      resumedAt: resume?.snapshot.step,
    };
  } finally {
    giveBack();
  }
}
