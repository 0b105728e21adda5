/** Jobs of a classifier in the page: naming pictures, judging by labelled folders, tables for competitions. */
import { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { IMAGENET_CLASSES, loadClassifierNet, withHead, type ClassifierNet } from '../../models/mobilenet/classifier-net.js';
import { loadMobileNet } from '../../models/mobilenet/load.js';
import { Classifier, type Classified, type ClassifierItem } from '../../tasks/classification/classifier.js';
import { evaluate, evaluationCsv, evaluationItems } from '../../tasks/classification/evaluate.js';
import { classNames, parseClassNames, type ClassNames } from '../../tasks/classification/labels.js';
import { CLASSIFIER_PRESETS, netInputOptions, type ClassifierSettings } from '../../tasks/classification/settings.js';
import { idOf, isPicturePath, someOf, type PictureFile } from '../../tasks/datasets/dataset.js';
import { submissionColumns, submissionIds, submissionText, type Prediction } from '../../tasks/fine-tuning/submission.js';
import type { Picture } from '../../tasks/picture.js';
import { PicturePool } from '../../tasks/pictures/picture-pool.js';
import { fetchFile, httpSource, netSource } from './http-source.js';
import { adapterReport, filesOf, phaseReporter, upload } from './page-tools.js';
import type { ClassifierReport, ClassifyJob, ClassifyReport, EvaluateJob, EvaluateReport, PredictJob, PredictReport, RunnerEvent } from './protocol.js';

type Emit = (event: RunnerEvent) => void;
type AnyJob = ClassifyJob | EvaluateJob | PredictJob;

/** Everything a job needs, ready. */
interface Bench {
  readonly classifier: Classifier;
  readonly labels: ClassNames;
  readonly files: readonly PictureFile[];
  readonly report: ClassifierReport;
  readonly read: (file: Blob, name: string) => Promise<Picture>;
}

async function loadNet({ net, head }: AnyJob): Promise<ClassifierNet> {
  if (net.url === undefined) throw new GramaryeError('bad-option', `${net.name} is no MobileNetV2.`, { remedy: 'Give a file.' });
  const source = netSource({ ...net, url: net.url });
  return head === undefined ? loadClassifierNet(source) : withHead(await loadMobileNet(source), httpSource(head));
}

/** The user's list, else the net's own names, else numbers; the command line gives ImageNet's list where there is no other. */
async function labelsFor({ labels }: AnyJob, { net, names }: ClassifierNet): Promise<ClassNames> {
  const classes = net.dense?.classes ?? 0;
  const isOfUse = labels?.isDefault !== true || (names === undefined && IMAGENET_CLASSES.includes(classes));
  if (labels === undefined || !isOfUse) return classNames(names, classes);
  return classNames(parseClassNames(labels.name, await (await fetchFile(labels)).text()), classes);
}

async function withBench<T>(job: AnyJob, emit: Emit, work: (bench: Bench) => Promise<T>): Promise<T> {
  const pool = new PicturePool();
  let engine: Engine | undefined;
  let classifier: Classifier | undefined;
  try {
    emit({ kind: 'phase', text: `Reading the net ${job.net.name}` });
    const loaded = await loadNet(job);
    const labels = await labelsFor(job, loaded);
    const files = (await filesOf(job.pictures)).filter(({ path }) => job.kind === 'classify' || isPicturePath(path));
    if (files.length === 0)
      throw new GramaryeError('bad-option', 'No pictures were found.', { remedy: 'Give PNG, JPEG or WebP files, or a folder with some.' });
    const own: Partial<ClassifierSettings> = {
      ...(loaded.size === undefined ? {} : { size: loaded.size }),
      ...(loaded.resize === undefined ? {} : { resize: loaded.resize }),
    };
    const settings = { ...CLASSIFIER_PRESETS.default, ...own, ...job.settings };
    engine = await Engine.create({ adapter: job.adapter, tfjs: false });
    const adapter = adapterReport(engine);
    emit({ kind: 'adapter', adapter });
    const progress = phaseReporter(emit);
    classifier = await Classifier.create(engine, loaded.net, labels, settings, {
      onProgress: (done, total) => {
        progress('Compiling kernels', done, total);
      },
    });
    const how = netInputOptions(settings, loaded.net);
    const notices = labels.offset === 1 ? ['Output 0 of the model is the background: class n is output n + 1.'] : [];
    return await work({
      classifier,
      labels,
      files,
      read: (file, name) => pool.prepare(file, name, how),
      report: { adapter, net: { name: loaded.net.name, classes: labels.names.length }, offset: labels.offset, settings, notices },
    });
  } finally {
    classifier?.destroy();
    pool.close();
    engine?.destroy();
  }
}

function itemsOf({ files, read }: Bench): ClassifierItem[] {
  return files.map((file) => ({ name: file.path, load: async () => read(await file.read(), file.path) }));
}

/** Names pictures; each is told as it comes. */
export async function runClassifyJob(job: ClassifyJob, emit: Emit): Promise<ClassifyReport> {
  return withBench(job, emit, async (bench) => {
    for (const text of bench.report.notices) emit({ kind: 'notice', text });
    const progress = phaseReporter(emit);
    const started = performance.now();
    let [count, skipped] = [0, 0];
    const items = itemsOf(bench);
    for await (const result of bench.classifier.stream(items, { count: job.top })) {
      if ('problem' in result) {
        skipped++;
        emit({ kind: 'skipped', name: result.item.name, problem: result.problem });
      } else {
        count++;
        emit({ kind: 'classified', name: result.item.name, predictions: result.predictions });
      }
      progress('Classifying', count + skipped, items.length);
    }
    return { ...bench.report, count, skipped, picturesPerSecond: count / ((performance.now() - started) / 1_000) };
  });
}

/** Judges the net by a labelled folder. */
export async function runEvaluateJob(job: EvaluateJob, emit: Emit): Promise<EvaluateReport> {
  return withBench(job, emit, async ({ classifier, labels, files, read, report }) => {
    const { items, notices } = evaluationItems(files, labels, read);
    for (const text of notices) emit({ kind: 'notice', text });
    const progress = phaseReporter(emit);
    const evaluation = await evaluate(classifier.stream(items, { count: job.top }), labels, {
      notices,
      top: job.top,
      onProgress: (done, top1, top5) => {
        // Nothing can be said while no picture could be read.
        const said = Number.isFinite(top1) ? `top-1 ${(100 * top1).toFixed(1)}%, top-${String(job.top)} ${(100 * top5).toFixed(1)}%` : 'Judging';
        progress(said, done, items.length);
      },
    });
    for (const { name, problem } of evaluation.skipped) emit({ kind: 'skipped', name, problem });
    if (evaluation.count === 0) throw new GramaryeError('bad-picture', 'None of the pictures can be read.', { remedy: evaluation.skipped[0]?.problem ?? '' });
    return { ...report, notices, evaluation, csv: evaluationCsv(evaluation) };
  });
}

/** Probabilities of all classes; with a sample file its columns and its rows, else all pictures. */
export async function runPredictJob(job: PredictJob, emit: Emit): Promise<PredictReport> {
  const sample = job.sample === undefined ? undefined : { name: job.sample.name, text: await (await fetchFile(job.sample)).text() };
  return withBench(job, emit, async (bench) => {
    const { classifier, labels, report } = bench;
    const columns = sample === undefined ? undefined : submissionColumns(sample.name, sample.text, labels.names);
    const wanted = sample === undefined ? undefined : submissionIds(sample.name, sample.text);
    const progress = phaseReporter(emit);
    const skipped: { id: string; reason: string }[] = [];
    const found = new Map<string, Prediction>();
    const strangers: string[] = [];
    const wantedIds = wanted === undefined ? undefined : new Set(wanted);
    const items = itemsOf(bench).filter(({ name }) => {
      const isWanted = wantedIds === undefined || wantedIds.has(idOf(name));
      if (!isWanted) strangers.push(idOf(name));
      return isWanted;
    });
    const notices = [...report.notices];
    let done = 0;
    const keep = (result: Classified<ClassifierItem>): void => {
      const id = idOf(result.item.name);
      if ('problem' in result) {
        skipped.push({ id, reason: result.problem });
        emit({ kind: 'skipped', name: result.item.name, problem: result.problem });
      } else if (found.has(id)) {
        throw new GramaryeError('bad-option', `Two pictures have the id "${id}".`, { remedy: 'Give one folder, with one file per id.' });
      } else {
        const probabilities = new Float64Array(labels.names.length);
        for (const { index, probability } of result.predictions) probabilities[index] = probability;
        found.set(id, { id, probabilities });
      }
      progress('Predicting', ++done, items.length);
    };
    for await (const result of classifier.stream(items, { count: labels.names.length })) keep(result);
    if (strangers.length > 0) notices.push(`${String(strangers.length)} pictures are not in the sample file and are left out: ${someOf(strangers)}.`);
    const missing = (wanted ?? []).filter((id) => !found.has(id));
    if (missing.length > 0) {
      notices.push(
        `${String(missing.length)} ids of the sample file have no readable picture; every class gets the same probability there: ${someOf(missing)}.`,
      );
    }
    for (const text of notices) emit({ kind: 'notice', text });
    const even = new Float64Array(labels.names.length).fill(1 / labels.names.length);
    const rows = (wanted ?? [...found.keys()]).map((id) => found.get(id) ?? { id, probabilities: even });
    if (found.size === 0)
      throw new GramaryeError('bad-picture', 'None of the pictures can be used.', {
        remedy: skipped[0]?.reason ?? 'Give the pictures that the sample file names.',
      });
    await upload(job.output, submissionText(rows, labels.names, columns));
    return { ...report, notices, columns: columns ?? ['id', ...[...labels.names].sort((a, b) => a.localeCompare(b, 'en'))], rows: rows.length, skipped };
  });
}
