/** Fine-tuning in the page. */
import { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { VERSION } from '../../engine/version.js';
import { loadMobileNet } from '../../models/mobilenet/load.js';
import { datasetFromFolders, type Dataset } from '../../tasks/datasets/dataset.js';
import { datasetFromLabels } from '../../tasks/datasets/labels-csv.js';
import { createFineTuning, type FineTuneProgress, type FineTuningRun } from '../../tasks/fine-tuning/fine-tuning.js';
import { saveLayersModel } from '../../tasks/fine-tuning/save-model.js';
import { confusionMatrix, perClass, wilson } from '../../tasks/mobilenet/metrics.js';
import { PicturePool } from '../../tasks/pictures/picture-pool.js';
import { fetchFile, netSource } from './http-source.js';
import { httpCheckpoints, httpFeatures } from './http-stores.js';
import { adapterReport, filesOf, phaseReporter, upload } from './page-tools.js';
import type { FinetuneJob, FinetuneReport, RunnerEvent } from './protocol.js';

type Emit = (event: RunnerEvent) => void;

/** Skipped pictures that are told one by one; the report names all. */
const NAMED_SKIPS = 20;

async function datasetFor({ pictures, labels, settings }: FinetuneJob): Promise<Dataset> {
  const files = await filesOf(pictures);
  if (labels === undefined) return datasetFromFolders(files);
  return datasetFromLabels(labels.name, await (await fetchFile(labels)).text(), files, settings.classOrder);
}

function reporter(emit: Emit): (progress: FineTuneProgress) => void {
  const phase = phaseReporter(emit);
  return (progress) => {
    switch (progress.stage) {
      case 'compiling':
        phase('Compiling kernels', progress.done, progress.total);
        break;
      case 'features':
        phase('Computing features', progress.done, progress.total);
        break;
      case 'training':
        phase(`Epoch ${String(progress.epoch)} of ${String(progress.epochs)}`, progress.done, progress.total);
        break;
      case 'epoch':
        break;
    }
  };
}

async function reportOf(run: FineTuningRun, dataset: Dataset): Promise<Omit<FinetuneReport, 'adapter' | 'net' | 'resumedEpochs' | 'seconds'>> {
  const judged = run.validationCount > 0 ? 'validation' : 'training';
  const judgements = await run.judge(judged);
  const hits = judgements.filter(({ label, predicted }) => label === predicted).length;
  return {
    settings: run.settings,
    classes: run.classes,
    examplesPerClass: run.classes.map((_, index) => dataset.examples.filter(({ label }) => label === index).length),
    parameters: run.counts,
    trainingCount: run.trainingCount,
    validationCount: run.validationCount,
    skipped: run.skipped,
    notices: dataset.notices,
    history: run.history,
    judged,
    accuracy: wilson(hits, judgements.length),
    perClass: perClass(judgements, run.classes),
    confusion: confusionMatrix(judgements, run.classes.length),
    judgements,
    features: { recordBytes: run.featureMemory.recordBytes, memoryBytes: run.featureMemory.bytes, onDisk: run.featureMemory.onDisk },
  };
}

/** Trains, posts the net and gives the figures. */
export async function runFinetuneJob(job: FinetuneJob, emit: Emit): Promise<FinetuneReport> {
  const pool = new PicturePool();
  let engine: Engine | undefined;
  let run: FineTuningRun | undefined;
  try {
    // The data first: what is wrong with it is told without a device.
    const dataset = await datasetFor(job);
    for (const text of dataset.notices) emit({ kind: 'notice', text });
    emit({ kind: 'phase', text: `Reading the net ${job.net.name}` });
    if (job.net.url === undefined) throw new GramaryeError('bad-option', `${job.net.name} is no MobileNetV2.`, { remedy: 'Give a file.' });
    const net = await loadMobileNet(netSource({ ...job.net, url: job.net.url }));
    engine = await Engine.create({ adapter: job.adapter, tfjs: false });
    const adapter = adapterReport(engine);
    emit({ kind: 'adapter', adapter });
    const { settings } = job;
    const onProgress = reporter(emit);
    const started = performance.now();
    const checkpoints = httpCheckpoints(job.stores.checkpoint);
    run = await createFineTuning(
      engine,
      settings,
      {
        net,
        dataset,
        decode: (file, name) => pool.prepare(file, name, { settings, example: 0, copy: 0 }),
        prepare: (file, name, order) => pool.prepare(file, name, { settings, ...order }),
        store: httpFeatures(job.stores.features),
        checkpoints: job.resume ? checkpoints : { ...checkpoints, load: () => Promise.resolve(undefined) },
      },
      { onProgress },
    );
    const extracted = performance.now();
    for (const { id, reason } of run.skipped.slice(0, NAMED_SKIPS)) emit({ kind: 'skipped', name: id, problem: reason });
    if (run.skipped.length > NAMED_SKIPS) emit({ kind: 'notice', text: `${String(run.skipped.length)} pictures could not be read in all.` });
    const { total, trainable } = run.counts;
    emit({
      kind: 'notice',
      text: `${String(run.trainingCount)} pictures to train on, ${String(run.validationCount)} held back, ${String(run.classes.length)} classes; ${total.toLocaleString('en')} parameters, ${trainable.toLocaleString('en')} of them trained.`,
    });
    const resumedEpochs = run.history.length;
    if (resumedEpochs > 0) emit({ kind: 'notice', text: `${String(resumedEpochs)} epochs were done before; going on.` });
    await run.train({
      onProgress: (progress) => {
        onProgress(progress);
        if (progress.stage === 'epoch') emit({ kind: 'epoch', epochs: settings.epochs, figures: progress.figures });
      },
    });
    const trained = performance.now();
    const figures = await reportOf(run, dataset);
    const { modelJson, shard } = saveLayersModel(run.layers, await run.weights(), { classes: run.classes, settings, input: net.input, version: VERSION });
    await upload(job.outputs.model, modelJson);
    await upload(job.outputs.shard, shard);
    return {
      ...figures,
      adapter,
      net: { name: net.name, width: net.width },
      resumedEpochs,
      seconds: { features: (extracted - started) / 1_000, training: (trained - extracted) / 1_000 },
    };
  } finally {
    await run?.destroy().catch(() => undefined);
    pool.close();
    engine?.destroy();
  }
}
