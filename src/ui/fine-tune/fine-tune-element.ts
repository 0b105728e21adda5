import { property, state } from 'lit/decorators.js';
import { GramaryeError } from '../../engine/errors.js';
import type { EpochFigures } from '../../tasks/fine-tuning/checkpoint.js';
import { checkFineTuneSettings } from '../../tasks/fine-tuning/settings.js';
import type { Judgement } from '../../tasks/mobilenet/metrics.js';
import type { Failure } from '../base/failure.js';
import { filesOfList, type FileSet } from '../labelled/data-files.js';
import { describeTaskFailure, failureValues } from '../labelled/failures.js';
import { loadExamples } from '../nets/load-mobilenet.js';
import { FailedEvent, FinishedEvent, StateChangedEvent } from '../studio/studio-events.js';
import { DataChangedEvent, EpochEvent, JudgedEvent } from './fine-tune-events.js';
import { FineTuneSession, type FineTuneJob, type FineTuneStage, type FineTuneWatch } from './fine-tune-session.js';
import { FineTuneSettingsElement } from './fine-tune-settings-element.js';
import { OpfsRunStore, type RunRecord } from './opfs-run-store.js';
import { cameraData, photographsOf, trainingData, type TrainingData } from './training-data.js';

/** What the element is doing. */
export type FineTuneState = 'idle' | 'preparing' | 'running' | 'paused' | 'finished' | 'failed';

/** A device that is lost more often than this in one run is not brought back any more. */
const MAX_RECOVERIES = 3;
/** The examples under their name in records. */
const EXAMPLES = 'emoji';

/** The logic of gram-fine-tune: data, the run with its states, and what rests in the browser. */
export abstract class FineTuneElement extends FineTuneSettingsElement {
  /** Name under which the run rests in the browser: elements with different names do not disturb each other. */
  @property({ reflect: true }) name = 'default';
  /** `idle`, `preparing`, `running`, `paused`, `finished` or `failed`. Read it, style on it; setting it does nothing. */
  @property({ reflect: true }) state: FineTuneState = 'idle';

  @state() protected failure: Failure | null = null;
  @state() protected failureWords: Readonly<Record<string, string>> = {};
  @state() protected stage: FineTuneStage | null = null;
  @state() protected data: TrainingData | null = null;
  @state() protected figures: readonly EpochFigures[] = [];
  @state() protected judged: readonly Judgement[] = [];
  /** A run of an earlier visit that can go on. */
  @state() protected resting: RunRecord | null = null;
  /** Whether the present run outlives the page. */
  @state() protected isKept = true;
  @state() protected stageStartedAt = 0;
  @state() protected trainedMs = 0;
  /** Epochs that were done when the present stretch began. */
  protected stretchFrom = 0;
  protected session: FineTuneSession | null = null;
  #store: OpfsRunStore | undefined;
  #stop: AbortController | null = null;
  #work: Promise<void> = Promise.resolve();

  /** Figures of the epochs done. */
  get history(): readonly EpochFigures[] {
    return this.figures;
  }

  /** What the trained net says of the pictures held back. */
  get judgements(): readonly Judgement[] {
    return this.judged;
  }

  /** Names of the classes. */
  get classes(): readonly string[] {
    return this.data?.dataset.classes ?? [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
    void this.#close().then(() => {
      if (!this.isConnected) this.#store?.release();
    });
  }

  /** Takes labelled pictures: a folder of folders, a zip, or `labels.csv` with pictures. */
  async setFiles(files: readonly File[]): Promise<void> {
    await this.#open(async () => trainingData(await filesOfList(files), this.settings.classOrder, 'files'));
  }

  /** Takes the drawings that come along. */
  async useExamples(): Promise<void> {
    await this.#open((signal) => this.#exampleData(signal));
  }

  /** Trains from the start with the present pictures and settings. Resolves when it rests. */
  async start(): Promise<void> {
    await this.stop();
    await this.#close();
    this.figures = [];
    this.judged = [];
    this.trainedMs = 0;
    await this.#run(async (watch) => {
      this.resting = null;
      const job = await this.#job(watch.signal);
      const store = await this.#ownStore();
      await store?.clear();
      if (job.data.source === 'camera') await store?.writePhotographs(photographsOf(job.data));
      await this.#train(job, undefined, watch);
    });
  }

  /** Comes to rest; the epochs done are kept. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#work;
  }

  /** Goes on where the run rests, also one of an earlier visit. */
  async continue(): Promise<void> {
    await this.stop();
    const { session, resting } = this;
    if (session === null && resting === null) return this.start();
    await this.#run(async (watch) => {
      if (session !== null && !session.isLost) {
        await this.#advance(session, watch);
        return;
      }
      if (resting !== null) this.takeSettings(resting.net, resting.settings);
      const job = await this.#job(watch.signal);
      await this.#train(job, session?.checkpoint, watch);
    });
  }

  /** Forgets a run of an earlier visit. */
  async forget(): Promise<void> {
    this.resting = null;
    await (await this.#ownStore())?.clear();
  }

  /** The trained net as a zip of a tfjs layers model. Throws `bad-option` before there is one. */
  async toModel(): Promise<Blob> {
    if (this.session === null) throw new GramaryeError('bad-option', 'There is no trained net yet.', { remedy: 'Train first.' });
    return this.session.model();
  }

  protected async setSet(set: FileSet): Promise<void> {
    await this.#open(async () => trainingData(set, this.settings.classOrder, 'files'));
  }

  protected setData(data: TrainingData): void {
    this.data = data;
    this.failure = null;
    if (this.state === 'failed') this.setState('idle');
    this.dispatchEvent(new DataChangedEvent(data.dataset.classes, data.dataset.examples.length));
  }

  protected fail(error: unknown): void {
    this.failure = describeTaskFailure(error);
    this.failureWords = failureValues(error);
    this.setState('failed');
    this.dispatchEvent(new FailedEvent(error));
  }

  protected setState(next: FineTuneState): void {
    if (this.state === next) return;
    this.state = next;
    this.dispatchEvent(new StateChangedEvent(next));
  }

  async #look(): Promise<void> {
    const record = await (await this.#storage())?.record();
    if (this.session === null && this.state === 'idle') this.resting = record ?? null;
  }

  async #storage(): Promise<OpfsRunStore | undefined> {
    return (this.#store ??= await OpfsRunStore.open(this.name));
  }

  /** The place to keep the run in, if no other page keeps one there. */
  async #ownStore(): Promise<OpfsRunStore | undefined> {
    const store = await this.#storage();
    const isOwn = (await store?.hold().catch(() => false)) === true;
    this.isKept = isOwn;
    return isOwn ? store : undefined;
  }

  async #exampleData(signal: AbortSignal): Promise<TrainingData> {
    const archive = await loadExamples({
      signal,
      onBytes: (done, total) => {
        this.setStage({ stage: 'pictures', done, total });
      },
    });
    return { ...(await trainingData(await filesOfList([new File([archive], `${EXAMPLES}.zip`)]), this.settings.classOrder, 'examples')), name: EXAMPLES };
  }

  async #open(load: (signal: AbortSignal) => Promise<TrainingData>): Promise<void> {
    await this.stop();
    const stop = (this.#stop = new AbortController());
    try {
      const data = await load(stop.signal);
      if (stop.signal.aborted || !this.isConnected) return;
      if (this.session !== null) await this.#close();
      this.figures = [];
      this.judged = [];
      this.setState('idle');
      this.setData(data);
    } catch (error) {
      if (!stop.signal.aborted) this.fail(error);
    } finally {
      this.stage = null;
    }
  }

  /** Pictures and settings as they are now; without pictures those that come along. */
  async #job(signal: AbortSignal): Promise<FineTuneJob> {
    if (this.data === null) {
      if (this.resting?.source === 'files') {
        throw new GramaryeError('bad-option', `The run rests on “${this.resting.name}”, which this page cannot open by itself.`, {
          remedy: 'Give the same pictures again, then continue.',
        });
      }
      const shots = this.resting?.source === 'camera' ? await (await this.#storage())?.photographs() : undefined;
      this.setData(shots === undefined ? await this.#exampleData(signal) : cameraData(this.resting?.name ?? '', shots));
    }
    const { data, settings } = this;
    if (data === null) throw new GramaryeError('internal', 'There are no pictures.');
    checkFineTuneSettings(settings);
    return { net: this.net, data, settings };
  }

  /** Opens a session, with another one after a lost device, and trains. */
  async #train(job: FineTuneJob, checkpoint: Uint8Array<ArrayBuffer> | undefined, watch: FineTuneWatch): Promise<void> {
    let kept = checkpoint;
    for (let recoveries = 0; ; recoveries++) {
      try {
        await this.#close();
        const store = await this.#ownStore();
        // A page that was killed could not remove them.
        await store?.features.clear();
        const session = await FineTuneSession.open(job, store, kept, watch);
        if (watch.signal.aborted || !this.isConnected) {
          await session.close();
          throw new GramaryeError('aborted', 'The element has left the page.');
        }
        this.session = session;
        this.figures = [...session.run.history];
        await this.#advance(session, watch);
        return;
      } catch (error) {
        const isLost = this.session?.isLost === true || (error instanceof GramaryeError && error.code === 'device-lost');
        if (!isLost || watch.signal.aborted || recoveries >= MAX_RECOVERIES) throw error;
        kept = this.session?.checkpoint ?? kept;
        this.setStage({ stage: 'recovering', done: this.figures.length, total: job.settings.epochs });
      }
    }
  }

  async #advance(session: FineTuneSession, watch: FineTuneWatch): Promise<void> {
    this.setState('running');
    this.resting = null;
    this.stretchFrom = session.run.history.length;
    const startedAt = performance.now();
    const { data, settings, net } = session.job;
    const keep = async (): Promise<void> => {
      const record: RunRecord = { format: 1, source: data.source, name: data.name, net, settings, epochsDone: session.run.history.length };
      await (await this.#ownStore())?.writeRecord(record);
    };
    // Without its record a checkpoint is not found again, so there is one before the first.
    await keep();
    await session.train({
      ...watch,
      onEpoch: (run) => {
        this.figures = [...run.history];
        const last = run.history.at(-1);
        if (last !== undefined) this.dispatchEvent(new EpochEvent(last, settings.epochs));
        // The training itself does not depend on how far the record says it is.
        keep().catch((error: unknown) => {
          this.fail(error);
        });
      },
    });
    this.trainedMs += performance.now() - startedAt;
    await this.judge(session, watch);
    this.setState('finished');
    this.dispatchEvent(new FinishedEvent(this.figures.length, this.trainedMs));
  }

  /** Judges the net as it is now. */
  protected async judge(session: FineTuneSession, { signal }: Pick<FineTuneWatch, 'signal'>): Promise<void> {
    this.setStage({ stage: 'judging', done: 0, total: 0 });
    this.judged = await session.judge(signal);
    this.dispatchEvent(new JudgedEvent(this.judged));
  }

  protected setStage(stage: FineTuneStage): void {
    const isNew = stage.stage !== this.stage?.stage;
    if (isNew) this.stageStartedAt = performance.now();
    this.stage = stage;
  }

  #run(job: (watch: FineTuneWatch) => Promise<void>): Promise<void> {
    this.failure = null;
    const stop = (this.#stop = new AbortController());
    const before = this.state;
    this.setState('preparing');
    const work = (async () => {
      try {
        await job({
          signal: stop.signal,
          onStage: (stage) => {
            if (!stop.signal.aborted) this.setStage(stage);
          },
        });
      } catch (error) {
        if (!stop.signal.aborted) {
          this.fail(error);
          // What an earlier run left can still be gone on with.
          if (this.session === null) this.resting = (await this.#store?.record()) ?? null;
        } else await this.#rest(before);
      } finally {
        this.stage = null;
      }
    })();
    this.#work = work;
    return work;
  }

  /** After a stop: the epochs done can be judged and gone on from. */
  async #rest(before: FineTuneState): Promise<void> {
    const { session } = this;
    if (session === null || session.isLost || !this.isConnected) {
      this.setState(before === 'paused' ? 'paused' : 'idle');
      return;
    }
    this.figures = [...session.run.history];
    if (this.figures.length > 0) await this.judge(session, new AbortController()).catch(() => undefined);
    this.setState('paused');
  }

  async #close(): Promise<void> {
    const { session } = this;
    this.session = null;
    // What a lost device held is gone already.
    await session?.close().catch(() => undefined);
  }
}
