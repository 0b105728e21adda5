import { property, state } from 'lit/decorators.js';
import { GramaryeError } from '../../engine/errors.js';
import { EMBEDDED_BACKBONE } from '../../models/mobilenet/classifier-net.js';
import type { Classified, ClassifierItem, Prediction } from '../../tasks/classification/classifier.js';
import { evaluate, evaluationItems, type Evaluation, type EvaluationItem } from '../../tasks/classification/evaluate.js';
import type { Failure } from '../base/failure.js';
import { GramaryeElement } from '../base/gramarye-element.js';
import { filesOfList, picturesOf, type DataFile, type FileSet } from '../labelled/data-files.js';
import { describeTaskFailure, failureValues } from '../labelled/failures.js';
import type { PictureSample } from '../pictures/picture-chooser.js';
import { FailedEvent, FinishedEvent, StateChangedEvent } from '../studio/studio-events.js';
import { ClassifiedEvent, EvaluatedEvent, SkippedEvent } from './classifier-events.js';
import { ClassifierSession, type ClassifierOrder, type ClassifierStage, type PictureItem } from './classifier-session.js';
import { cellKey, type EvaluationRecord } from './evaluation-record.js';
import { fileAt, someOfEach, unseenDrawings } from './given-pictures.js';
import { resilientStream } from './resilient-stream.js';

/** What the element is doing. */
export type ClassifierState = 'idle' | 'preparing' | 'running' | 'finished' | 'failed';

/** One picture and what became of it. */
export interface ClassifierResult {
  readonly file: DataFile;
  /** Empty where the picture could not be read. */
  readonly predictions: readonly Prediction[];
  readonly problem: string;
}

/** Guesses that a judgement counts. */
const JUDGED_GUESSES = 5;
/** The logic of gram-classifier: settings as attributes, the work with its states, results. */
export abstract class ClassifierElement extends GramaryeElement {
  /** Network: a name (`mobilenet-v2-oid`, `mobilenet-v2`) or the address of a model file. */
  @property({ reflect: true }) net = EMBEDDED_BACKBONE;
  /** Address of a list of class names, where the model's file has none or others are wanted. */
  @property({ reflect: true }) labels: string | null = null;
  /** `classify` shows pictures with their guesses; `evaluate` judges a folder whose subfolders are class numbers. */
  @property({ reflect: true }) mode: 'classify' | 'evaluate' = 'classify';
  /** Guesses shown of each picture. */
  @property({ type: Number, reflect: true }) top = 5;
  /** `default`: the model's own preprocessing. `chapter`: blue, green, red over 255, squashed. */
  @property({ reflect: true }) preset: 'default' | 'chapter' = 'default';
  /** How a picture is made square: `crop` or `squash`; without it as the model or the preset says. */
  @property({ reflect: true }) resize: 'squash' | 'crop' | null = null;
  /** Side of the model's input in px; without it as the model says, else 224. */
  @property({ type: Number, reflect: true }) size: number | null = null;
  /** Addresses of pictures to classify at once, separated by spaces. */
  @property({ reflect: true }) pictures: string | null = null;
  /** `idle`, `preparing`, `running`, `finished` or `failed`. Read it, style on it; setting it does nothing. */
  @property({ reflect: true }) state: ClassifierState = 'idle';
  /** Pictures behind the button with examples; without them some of the pictures that come along. */
  @property({ attribute: false }) examples: readonly PictureSample[] = [];

  @state() protected failure: Failure | null = null;
  @state() protected failureWords: Readonly<Record<string, string>> = {};
  @state() protected stage: ClassifierStage | null = null;
  @state() protected progress = { done: 0, total: 0, startedAt: 0, top1: NaN };
  @state() protected lastRun = { count: 0, timeMs: 0 };
  @state() protected found: readonly ClassifierResult[] = [];
  @state() protected report: EvaluationRecord | null = null;
  /** A model or list of names from this device; the attributes come after them. */
  @state() protected netFiles: readonly File[] | null = null;
  @state() protected labelsFile: File | null = null;
  protected session: ClassifierSession | null = null;
  #sessionKey = '';
  #stop: AbortController | null = null;

  /** Pictures with their guesses so far. */
  get results(): readonly ClassifierResult[] {
    return this.found;
  }

  /** The last judgement of a folder. */
  get evaluation(): Evaluation | null {
    return this.report?.evaluation ?? null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    void this.cancel();
    this.#close();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('pictures') && this.pictures !== null && this.pictures.trim() !== '' && changed.get('pictures') !== this.pictures) {
      const addresses = this.pictures.trim().split(/\s+/);
      void this.updateComplete.then(() => this.classify(addresses));
    }
  }

  /** Classifies files (archives are opened) or addresses of pictures, and adds them to what is shown. */
  async classify(pictures: readonly (File | string)[]): Promise<void> {
    await this.work(async (signal) => {
      const files = await filesOfList(pictures.filter((each) => each instanceof File));
      const addresses = pictures.filter((each) => typeof each === 'string');
      await this.#classifyAll([...picturesOf(files.files), ...addresses.map((url): DataFile => fileAt(url, signal))], signal);
    });
  }

  /** Classifies some examples. */
  async classifyExamples(): Promise<void> {
    await this.work(async (signal) => {
      const files = this.examples.length > 0 ? this.examples.map(({ src }) => fileAt(src, signal)) : someOfEach(await this.#exampleFiles(signal));
      await this.#classifyAll(files, signal);
    });
  }

  /** Judges the classifier by files in folders named by class numbers, or by the names of the classes. */
  async evaluate(files: readonly File[]): Promise<void> {
    await this.evaluateSet(await filesOfList(files));
  }

  /** Judges the embedded classifier by pictures of a vendor it has not seen. */
  async evaluateExamples(): Promise<void> {
    await this.work(async (signal) => {
      await this.#judge(await this.#exampleFiles(signal), signal);
    });
  }

  /** Ends the work under way; what was found stays. */
  async cancel(): Promise<void> {
    this.#stop?.abort();
    this.#stop = null;
    await Promise.resolve();
  }

  /** Removes all results. */
  clear(): void {
    void this.cancel();
    this.found = [];
    this.report = null;
    this.failure = null;
    this.setState('idle');
  }

  protected async evaluateSet(set: FileSet): Promise<void> {
    await this.work((signal) => this.#judge(set.files, signal));
  }

  protected async classifySet(files: readonly DataFile[]): Promise<void> {
    await this.work((signal) => this.#classifyAll(files, signal));
  }

  /** One piece of work after the other: a new one ends the one before. */
  protected async work(job: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.failure = null;
    this.setState('preparing');
    try {
      await job(stop.signal);
      if (this.#current === stop) this.setState('finished');
    } catch (error) {
      if (stop.signal.aborted) {
        // Work that came after has its own say.
        if (this.#current === null) this.setState(this.found.length > 0 || this.report !== null ? 'finished' : 'idle');
      } else this.fail(error);
    } finally {
      if (this.#current === stop) this.#stop = null;
      this.stage = null;
    }
  }

  /** A session as the settings want it: the one there is, if it still fits. */
  protected async ensureSession(signal: AbortSignal, batch?: number): Promise<ClassifierSession> {
    const order: ClassifierOrder = {
      net: this.netFiles ?? this.net,
      labels: this.labelsFile ?? this.labels ?? undefined,
      preset: this.preset === 'chapter' ? 'chapter' : 'default',
      size: this.size ?? undefined,
      resize: this.resize ?? undefined,
      batch,
    };
    const key = JSON.stringify([order, this.netFiles?.map(({ name, size, lastModified }) => [name, size, lastModified]), this.labelsFile?.name]);
    if (this.session !== null && !this.session.isLost && key === this.#sessionKey) return this.session;
    this.#close();
    const session = await ClassifierSession.open(order, {
      signal,
      onStage: (stage) => {
        this.stage = stage;
      },
    });
    this.stage = null;
    if (!this.isConnected || signal.aborted) {
      session.close();
      throw new GramaryeError('aborted', 'The element has left the page.');
    }
    this.session = session;
    this.#sessionKey = key;
    return session;
  }

  /** Shows a failure and reports it. */
  protected fail(error: unknown): void {
    this.failure = describeTaskFailure(error);
    this.failureWords = failureValues(error);
    this.setState('failed');
    this.dispatchEvent(new FailedEvent(error));
  }

  protected setState(next: ClassifierState): void {
    if (this.state === next) return;
    this.state = next;
    this.dispatchEvent(new StateChangedEvent(next));
  }

  get #current(): AbortController | null {
    return this.#stop;
  }

  #close(): void {
    this.session?.close();
    this.session = null;
  }

  async #exampleFiles(signal: AbortSignal): Promise<readonly DataFile[]> {
    this.stage = { stage: 'pictures', done: 0, total: 0 };
    return unseenDrawings({
      signal,
      onBytes: (done, total) => {
        this.stage = { stage: 'pictures', done, total };
      },
    });
  }

  async #classifyAll(files: readonly DataFile[], signal: AbortSignal): Promise<void> {
    if (files.length === 0) throw new GramaryeError('bad-option', 'There are no pictures in what was given.', { remedy: 'Give PNG, JPEG or WebP files.' });
    await this.#count(files.length, async () => {
      for await (const result of this.#stream(files.length, (session, index) => itemAt(session, files, index), this.top, signal)) {
        const { file, name } = result.item;
        if ('problem' in result) {
          this.found = [...this.found, { file, predictions: [], problem: result.problem }];
          this.dispatchEvent(new SkippedEvent(name, result.problem));
        } else {
          this.found = [...this.found, { file, predictions: result.predictions, problem: '' }];
          this.dispatchEvent(new ClassifiedEvent(name, result.predictions));
        }
        this.progress = { ...this.progress, done: this.progress.done + 1 };
      }
    });
  }

  async #judge(given: readonly DataFile[], signal: AbortSignal): Promise<void> {
    const { labels } = (await this.ensureSession(signal)).classifier;
    const names = labels.names.slice(labels.offset);
    const { items, notices } = evaluationItems(given, labels, async (blob, name) => (await this.ensureSession(signal)).decode(blob, name));
    const byCell = new Map<string, number[]>();
    const watched = async function* (this: ClassifierElement): AsyncGenerator<Classified<EvaluationItem>> {
      let at = 0;
      for await (const result of this.#stream(items.length, (_, index) => items[index], JUDGED_GUESSES, signal)) {
        if ('problem' in result) this.dispatchEvent(new SkippedEvent(result.item.name, result.problem));
        else {
          const cell = cellKey(result.item.classNumber, (result.predictions[0]?.index ?? NaN) - labels.offset);
          const members = byCell.get(cell) ?? [];
          members.push(at);
          byCell.set(cell, members);
        }
        at++;
        yield result;
      }
    }.bind(this);
    await this.#count(items.length, async () => {
      const evaluation = await evaluate(watched(), labels, {
        notices,
        onProgress: (done, top1) => {
          this.progress = { ...this.progress, done, top1 };
        },
      });
      const byPath = new Map(given.map((file) => [file.path, file]));
      this.report = { evaluation, names, files: items.map(({ name }) => byPath.get(name)), byCell };
      this.dispatchEvent(new EvaluatedEvent(evaluation));
    });
  }

  async #count(total: number, job: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    this.progress = { done: 0, total, startedAt, top1: NaN };
    await job();
    const timeMs = performance.now() - startedAt;
    this.lastRun = { count: total, timeMs };
    this.dispatchEvent(new FinishedEvent(total, timeMs));
  }

  /** Pictures in order; the session is made anew after a lost device. */
  #stream<Item extends ClassifierItem>(
    count: number,
    item: (session: ClassifierSession, index: number) => Item | undefined,
    guesses: number,
    signal: AbortSignal,
  ): AsyncGenerator<Classified<Item>> {
    return resilientStream(count, guesses, signal, {
      session: () => this.ensureSession(signal),
      item,
      onRunning: () => {
        this.setState('running');
      },
      onLost: (done) => {
        this.#close();
        this.stage = { stage: 'recovering', done, total: count };
      },
    });
  }
}

function itemAt(session: ClassifierSession, files: readonly DataFile[], index: number): PictureItem | undefined {
  const file = files[index];
  return file === undefined ? undefined : session.itemOf(file);
}
