/** A sequence of frames in the page. */
import { Engine } from '../../engine/engine.js';
import { TuningMemory } from '../../engine/tuning-memory.js';
import { mapDifferences } from '../../engine/variant-map.js';
import { PictureCodec } from '../../tasks/pictures/picture-codec.js';
import { parsePictureSize } from '../../tasks/pictures/picture-size.js';
import { stylizeSequence, type FinishedFrame, type Frame } from '../../tasks/sequence/sequence.js';
import { fetchFile } from './http-source.js';
import { httpFrames, httpTunings } from './http-stores.js';
import { adapterReport, phaseReporter } from './page-tools.js';
import type { FileReference, RunnerEvent, SequenceJob, SequenceReport } from './protocol.js';
import { loadNet, readPictures, remarks } from './stylize-job.js';

/** Runs the job: every result goes to its store as soon as it is finished. */
export async function runSequenceJob(job: SequenceJob, emit: (event: RunnerEvent) => void): Promise<SequenceReport> {
  const codec = new PictureCodec();
  let engine: Engine | undefined;
  try {
    const size = parsePictureSize(job.size, '--size');
    const [first] = job.frames;
    const { height, width, content, ...pictures } = await readPictures(codec, first === undefined ? job : { ...job, content: first });
    const settings = { ...job.settings, height, width };
    emit({ kind: 'phase', text: `Reading the net ${job.net.name}` });
    const net = await loadNet(job.net, [...settings.styleLayers.map(({ layer }) => layer), ...settings.contentLayers]);
    for (const text of net.notices) emit({ kind: 'notice', text });
    engine = await Engine.create({ adapter: job.adapter, tfjs: false });
    emit({ kind: 'adapter', adapter: adapterReport(engine) });
    for (const text of job.variants === undefined ? [] : mapDifferences(job.variants, engine.traits)) emit({ kind: 'notice', text });
    const frames = job.frames.map((file: FileReference, index): Frame => ({
      name: file.name,
      read: async () => (index === 0 && content !== undefined ? content : codec.decode(await fetchFile(file), file.name, size)),
    }));
    const finished: FinishedFrame[] = [];
    const tell = phaseReporter(emit);
    await stylizeSequence(engine, settings, { ...pictures, net }, frames, httpFrames(job.store, codec), {
      pins: job.variants?.variants ?? {},
      ...(job.frameSteps === undefined ? {} : { frameSteps: job.frameSteps }),
      ...(job.memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes: job.memoryBudgetBytes }),
      ...(job.tune === undefined ? {} : { tune: { budgetMs: job.tune.budgetMs, memory: new TuningMemory(httpTunings(job.tune.store), engine.traits) } }),
      onRun: (_, run) => {
        if (finished.every(({ isKept }) => isKept)) for (const text of remarks(run)) emit({ kind: 'notice', text });
      },
      onProgress: ({ stage, done, total, frame, frames: count }) => {
        if (stage === 'steps') tell(`Frame ${String(frame + 1)} of ${String(count)}`, done, total);
      },
      onFrame: (frame) => {
        finished.push(frame);
        const [number, count] = [String(frame.index + 1), String(frames.length)];
        emit({
          kind: 'notice',
          text: frame.isKept ? `Frame ${number} of ${count} was finished before.` : `Frame ${number} of ${count} is finished: ${frame.name}`,
        });
      },
    });
    return { adapter: adapterReport(engine), settings, net: { name: net.name, preprocess: net.preprocess.name }, frames: finished };
  } finally {
    codec.close();
    engine?.destroy();
  }
}
