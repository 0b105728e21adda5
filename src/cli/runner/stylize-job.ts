/** One run of style transfer or texture synthesis in the page. */
import { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { TuningMemory } from '../../engine/tuning-memory.js';
import { mapDifferences } from '../../engine/variant-map.js';
import { loadVgg, type LoadedVgg } from '../../models/load.js';
import { writeSafetensors } from '../../models/safetensors-write.js';
import type { Picture } from '../../tasks/picture.js';
import { PictureCodec } from '../../tasks/pictures/picture-codec.js';
import { parsePictureSize, type PictureSize } from '../../tasks/pictures/picture-size.js';
import { readTensorPicture } from '../../tasks/pictures/tensor-picture.js';
import { createRun } from '../../tasks/create-run.js';
import { halfNotice } from '../../tasks/half-notice.js';
import { chosenFrom } from '../../tasks/results/chosen-settings.js';
import { withRecord, type ResultRecord } from '../../tasks/results/result-record.js';
import type { ImageRun, RunOptions, RunStage } from '../../tasks/run-types.js';
import { findCheckpoint, runWithCheckpoints, type Resumption } from '../../tasks/checkpoints/checkpointed-run.js';
import { inputPrints, type RunIdentity } from '../../tasks/checkpoints/run-checkpoint.js';
import { fetchFile, httpSource, netSource } from './http-source.js';
import { httpCheckpoints, httpTunings } from './http-stores.js';
import { adapterReport, upload } from './page-tools.js';
import type { AdapterReport, NetReference, PictureReference, RunnerEvent, StylizeJob, StylizeReport } from './protocol.js';

/** Events in between are dropped: more than this a terminal cannot show. */
const EVENT_INTERVAL_MS = 100;

interface Pictures {
  readonly content?: Picture;
  readonly styles: readonly Picture[];
  readonly init?: Picture;
  readonly masks?: readonly Picture[];
  readonly height: number;
  readonly width: number;
}

async function readPicture(codec: PictureCodec, reference: PictureReference, size: PictureSize): Promise<Picture> {
  if (reference.tensor !== undefined) return readTensorPicture(httpSource(reference), reference.tensor, size);
  return codec.decode(await fetchFile(reference), reference.name, size);
}

/** Reads every picture. The result has the size of the content; without one that of the start, else of the first style, at the size asked. */
export async function readPictures(
  codec: PictureCodec,
  job: Pick<StylizeJob, 'size' | 'styleSize' | 'styles' | 'content' | 'init' | 'masks'>,
): Promise<Pictures> {
  const size = parsePictureSize(job.size, '--size');
  const styleSize = parsePictureSize(job.styleSize, '--style-size');
  const styles = await Promise.all(job.styles.map((style) => readPicture(codec, style, styleSize)));
  const sizeGiver = job.content ?? job.init ?? job.styles[0];
  if (sizeGiver === undefined) throw new GramaryeError('bad-option', 'No style picture is given.', { remedy: 'Give one with --style FILE.' });
  const first = await readPicture(codec, sizeGiver, size);
  const { height, width } = first;
  const exact: PictureSize = { kind: 'exact', height, width };
  const masks = job.masks === undefined ? undefined : await Promise.all(job.masks.map((mask) => readPicture(codec, mask, { kind: 'as-is' })));
  const read = { ...(job.content === undefined ? {} : { content: first }), ...(masks === undefined ? {} : { masks }), styles, height, width };
  if (job.init === undefined) return read;
  return { ...read, init: sizeGiver === job.init ? first : await readPicture(codec, job.init, exact) };
}

/** Reads a net up to its deepest tap. */
export async function loadNet(reference: NetReference, taps: readonly string[]): Promise<LoadedVgg> {
  const { name, url, preprocess } = reference;
  return loadVgg(url === undefined ? name : netSource({ ...reference, url }), { taps, preprocess });
}

const STAGE_TEXTS: Readonly<Record<RunStage, string>> = {
  styles: 'Measuring the style',
  content: 'Measuring the content',
  compiling: 'Compiling kernels',
  tuning: 'Measuring kernels',
  steps: 'Taking steps',
};

/** What a tuning changed, and what a memory budget did. */
export function remarks({ tuning, givenUp, tiles }: ImageRun): string[] {
  const texts: string[] = [];
  if (tuning !== undefined) {
    const changed = tuning.measurements.filter(({ present, chosen }) => present !== chosen);
    const measured = `Measured ${String(tuning.measurements.length)} shapes of kernels in ${(tuning.elapsedMs / 1_000).toFixed(1)} s`;
    const rest = tuning.isComplete ? '' : ' The time was over before all were measured: the next run with --tune goes on.';
    texts.push(`${measured}; ${String(changed.length)} of them take another variant.${rest}`);
  }
  if (tiles !== undefined) {
    texts.push(`The picture is computed in ${String(tiles.tiles.length)} tiles of ${String(tiles.tileSize)} px, which gives the same result in less memory.`);
  }
  if (givenUp.length > 0) texts.push(`To stay within the memory budget: ${givenUp.map(({ text }) => text).join(' ')}`);
  return texts;
}

/** Tells each stage once. */
function stageReporter(emit: (event: RunnerEvent) => void): (stage: RunStage) => void {
  let last: RunStage | undefined;
  return (stage) => {
    if (stage !== last) emit({ kind: 'phase', text: STAGE_TEXTS[stage] });
    last = stage;
  };
}

/** The checkpoint that a job goes on from, told; undefined where it begins. */
async function resumption(job: StylizeJob, identity: RunIdentity, engine: Engine, emit: (event: RunnerEvent) => void): Promise<Resumption | undefined> {
  if (job.checkpoint?.resume !== true) return undefined;
  const { store, name } = job.checkpoint;
  const found = await findCheckpoint(httpCheckpoints(store), name, identity, engine);
  const text = found === undefined ? `There is no ${name} yet: starting from the beginning.` : `Going on after step ${String(found.resume.snapshot.step)}.`;
  for (const remark of [...(found?.remarks ?? []), text]) emit({ kind: 'notice', text: remark });
  return found;
}

/** What is written into the result. */
function recordOf(job: StylizeJob, { settings, steps, variants }: ImageRun, adapter: AdapterReport): ResultRecord {
  const { styleSize, preset, net, content, styles, masks = [], memoryBudgetBytes } = job;
  const named = ({ name }: PictureReference): { name: string } => ({ name: name.replace(/^.*[\\/]/, '') });
  const memory = memoryBudgetBytes === undefined ? {} : { memoryBudget: memoryBudgetBytes / 2 ** 20 };
  return {
    format: 1,
    task: job.task,
    step: steps,
    settings: chosenFrom(settings, { preset, net: net.name, styleSize, ...memory }),
    exact: { settings, styleSize },
    content: content === undefined ? null : named(content),
    styles: styles.map(named),
    blend: settings.styleBlend,
    masks: masks.map(named),
    variants,
    adapter: `${adapter.vendor} ${adapter.architecture}`.trim(),
  };
}

/** Runs the job, posts its pictures and gives its report. */
export async function runStylizeJob(job: StylizeJob, emit: (event: RunnerEvent) => void): Promise<StylizeReport> {
  const codec = new PictureCodec();
  let engine: Engine | undefined;
  try {
    // The pictures and the net first: what is wrong with them is told without a device.
    const { height, width, ...pictures } = await readPictures(codec, job);
    const settings = { ...job.settings, height, width };
    emit({ kind: 'phase', text: `Reading the net ${job.net.name}` });
    const net = await loadNet(job.net, [...settings.styleLayers.map(({ layer }) => layer), ...settings.contentLayers]);
    for (const text of net.notices) emit({ kind: 'notice', text });
    engine = await Engine.create({ adapter: job.adapter, tfjs: false });
    const adapter = adapterReport(engine);
    emit({ kind: 'adapter', adapter });
    for (const text of job.variants === undefined ? [] : mapDifferences(job.variants, engine.traits)) emit({ kind: 'notice', text });
    const tellStage = stageReporter(emit);
    const inputs = { ...pictures, net };
    const identity = { settings, inputs: job.checkpoint === undefined ? {} : inputPrints(inputs) };
    const found = await resumption(job, identity, engine, emit);
    const run = await createRun(engine, settings, inputs, {
      pins: job.variants?.variants ?? {},
      ...(found === undefined ? {} : { resume: found.resume }),
      ...(job.memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes: job.memoryBudgetBytes }),
      ...(job.tune === undefined ? {} : { tune: { budgetMs: job.tune.budgetMs, memory: new TuningMemory(httpTunings(job.tune.store), engine.traits) } }),
      onProgress: ({ stage }) => {
        tellStage(stage);
      },
    });
    for (const text of remarks(run)) emit({ kind: 'notice', text });
    let shownMs = -Infinity;
    const options: RunOptions = {
      onProgress: ({ done, total, losses, tile }) => {
        if (performance.now() - shownMs < EVENT_INTERVAL_MS && done < total) return;
        shownMs = performance.now();
        if (tile !== undefined) {
          const text = `Step ${String(done + 1)} of ${String(total)}, tile ${String(tile.done)} of ${String(tile.total)}`;
          emit({ kind: 'phase', text, done: tile.done, total: tile.total });
          return;
        }
        emit({ kind: 'step', step: done, steps: total, ...(losses === undefined ? {} : { losses }) });
      },
    };
    const every = job.checkpoint?.every ?? found?.checkpoint.every;
    if (job.checkpoint === undefined || every === undefined) await run.run(options);
    else await runWithCheckpoints(engine, run, { store: httpCheckpoints(job.checkpoint.store), every, identity }, options);
    const steps = await run.completeTrace();
    const misfit = halfNotice(steps);
    if (misfit !== undefined) emit({ kind: 'notice', text: misfit });
    const picture = await run.image();
    const { data } = picture;
    const png = new Uint8Array(await (await codec.encode(picture)).arrayBuffer());
    await upload(job.outputs.png, withRecord(png, recordOf(job, run, adapter)));
    if (job.outputs.raw !== undefined) {
      await upload(job.outputs.raw, writeSafetensors({ image: { shape: [height, width, 3], dtype: 'F32', values: data } }));
    }
    return {
      adapter,
      settings,
      net: { name: net.name, preprocess: net.preprocess.name },
      steps,
      variants: run.variants,
      memoryBytes: run.memory.totalBytes,
      givenUp: run.givenUp,
      ...(run.tuning === undefined ? {} : { tuning: run.tuning }),
      ...(settings.precision === 'f16' ? { gradientScale: run.gradientScale } : {}),
    };
  } finally {
    codec.close();
    engine?.destroy();
  }
}
