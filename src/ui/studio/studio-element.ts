import { type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { GramaryeError } from '../../engine/errors.js';
import { describeFailure, type Failure } from '../base/failure.js';
import { GramaryeElement } from '../base/gramarye-element.js';
import { knownBindingBytes } from '../gpu/engine-pool.js';
import { DEFAULT_NET } from '../nets/default-net.js';
import type { Picture } from '../../tasks/picture.js';
import { fetchPicture, type PictureFile } from '../pictures/open-picture.js';
import type { PictureSample } from '../pictures/picture-chooser.js';
import type { Iterate } from '../run/iterates.js';
import { liveOf, type RunJob, type RunState } from '../run/job.js';
import { keyOf } from './job-key.js';
import { rememberRate } from '../run/estimate.js';
import { RunSession } from '../run/run-session.js';
import { UndoStack } from '../run/undo-stack.js';
import type { GramPictureStage } from '../stage/picture-stage.js';
import { FailedEvent, FinishedEvent, IterateKeptEvent, StartedEvent, StateChangedEvent, SteppedEvent } from './studio-events.js';
import { composeJob, settingsOf, type JobPictures, type StudioSettings } from './studio-settings.js';
import { estimateOf } from './studio-estimate.js';

/** A place for a picture: what is in it, or the address it is to come from. */
export interface PictureSlot {
  readonly key: number;
  readonly src: string | null;
  readonly file: PictureFile | null;
  /** How much this style counts beside the others. */
  readonly share: number;
  /** Where this style goes; null or undefined: everywhere. */
  readonly mask?: PictureFile | null;
}

/**
 * What style transfer and texture synthesis share: settings as attributes, the run with its states, undo, and what happens
 * when the element leaves the page (everything it held is freed).
 */
export abstract class StudioElement extends GramaryeElement {
  /** Name of the preset that fills in what is not set. */
  @property({ reflect: true }) preset = 'default';
  /** Network: `random-vgg19[:seed][/divisor]`, or the address of a weight file. */
  @property({ reflect: true }) net = DEFAULT_NET;
  /** Longer side of the result in px; `null` as the preset says. */
  @property({ type: Number, reflect: true }) size: number | null = null;
  /** Longer side of the style pictures in px. */
  @property({ type: Number, reflect: true, attribute: 'style-size' }) styleSize: number | null = null;
  /** Steps in all. */
  @property({ type: Number, reflect: true }) steps: number | null = null;
  /** Style weight as a multiple of the preset's. May change while it runs. */
  @property({ type: Number, reflect: true, attribute: 'style-strength' }) styleStrength = 1;
  /** Content weight as a multiple of the preset's. May change while it runs. */
  @property({ type: Number, reflect: true, attribute: 'content-strength' }) contentStrength = 1;
  /** Total-variation weight as a multiple of the preset's; 0 is off. May change while it runs. */
  @property({ type: Number, reflect: true }) smoothness: number | null = null;
  /** Learning rate of Adam. May change while it runs. */
  @property({ type: Number, reflect: true, attribute: 'learning-rate' }) learningRate: number | null = null;
  /** Where the optimisation starts: `content`, `noise`, `grey`, `style`, or `picture`, the last result of this element. */
  @property({ reflect: true, attribute: 'start-from' }) startFrom: StudioSettings['startFrom'] = null;
  /** Seed of the noise. */
  @property({ type: Number, reflect: true }) seed = 0;
  /** Pooling of the network: `max` or `avg`. */
  @property({ reflect: true }) pooling: 'max' | 'avg' | null = null;
  /** Goes from coarse to fine, which finds large forms sooner. */
  @property({ type: Boolean, reflect: true, attribute: 'multi-scale' }) multiScale = false;
  /** How it goes from coarse to fine, as `coarsest 64, factor 2, steps 40 30, style fixed, carry moments`; `null` as the preset says. */
  @property({ reflect: true }) scales: string | null = null;
  /** Whose colours the result has: `style`, or the content's by `luminance`, `covariance` or `histogram`. */
  @property({ reflect: true }) colours: StudioSettings['colours'] = null;
  /** What is compared of the styles: `gram` or `wasserstein`. */
  @property({ reflect: true }) statistic: StudioSettings['statistic'] = null;
  /** What changes the image in every step: `adam` or `lbfgs`. */
  @property({ reflect: true }) optimizer: StudioSettings['optimizer'] = null;
  /**
   * Side of the tiles in px that the picture is computed in, with the same result in less memory; `off`: never; `auto`, as without it:
   * where the picture is too large as a whole.
   */
  @property({ reflect: true }) tile: string | null = null;
  /** Size of the style pictures as a multiple of `style-size`: below 1 finer strokes, above 1 coarser ones; for several styles one each, as `0.5, 1`. */
  @property({ reflect: true, attribute: 'style-scale' }) styleScale: string | null = null;
  /** Style layers with their weights, as `block1_conv1:0.5, block3_conv1`; `null` as the preset says. */
  @property({ reflect: true, attribute: 'style-layers' }) styleLayers: string | null = null;
  /** Content layers, as `block4_conv2, block5_conv2`; `null` as the preset says. A texture has none. */
  @property({ reflect: true, attribute: 'content-layers' }) contentLayers: string | null = null;
  /** Decay of the average of iterates that is shown and is the result, as 0.99; 0 or `null`: the last iterate itself. */
  @property({ type: Number, reflect: true }) average: number | null = null;
  /** What features and gradients are stored in: `f32`, or `f16`, which takes less memory. */
  @property({ reflect: true }) precision: StudioSettings['precision'] = null;
  /** The most graphics memory that a run may take, in MB; what it gives up for it costs time. */
  @property({ type: Number, reflect: true, attribute: 'memory-budget' }) memoryBudget: number | null = null;
  /** A result that can be laid beside itself without a seam; its sides must be multiples of 16 px. */
  @property({ type: Boolean, reflect: true }) seamless = false;
  /** Pauses while the tab is hidden. */
  @property({ type: Boolean, reflect: true, attribute: 'pause-when-hidden' }) pauseWhenHidden = false;
  /**
   * Measures the kernels before the first run of a size, for up to ten seconds, takes the fastest and remembers them in this browser for
   * the adapter and version.
   */
  @property({ type: Boolean, reflect: true }) tune = false;
  /**
   * Keeps the whole state in this browser after so many steps. A start with the same settings and pictures then goes on from there after
   * a reload or a crash, to the same result. The place goes by the element's `id`.
   */
  @property({ type: Number, reflect: true, attribute: 'checkpoint-every' }) checkpointEvery: number | null = null;
  /** Starts as soon as the pictures are there. */
  @property({ type: Boolean, reflect: true }) autostart = false;
  /** `idle`, `preparing`, `running`, `paused`, `finished` or `failed`. Read it, style on it; setting it does nothing. */
  @property({ reflect: true }) state: RunState = 'idle';
  /** Style pictures offered in the chooser. */
  @property({ attribute: false }) styleSamples: readonly PictureSample[] = [];

  @state() protected failure: Failure | null = null;
  @state() protected styleSlots: readonly PictureSlot[] = [{ key: 1, src: null, file: null, share: 1 }];
  @state() protected selected: Iterate | null = null;
  @state() protected notice = '';
  @state() protected startedWith: StudioSettings | null = null;
  @query('gram-picture-stage') protected stage!: GramPictureStage | null;
  protected session: RunSession | null = null;
  protected readonly undoStack = new UndoStack();
  #startedJob = '';
  /** What the last run came to, for the next to start from. */
  #result: Picture | undefined;
  #hidden = false;

  /** The task the element does; decides which presets fit. */
  abstract readonly task: 'style-transfer' | 'texture-synthesis';

  /** Pictures as they are now, fetched where that has not happened yet. */
  protected abstract pictures(signal?: AbortSignal): Promise<JobPictures>;

  /** Steps done. */
  get step(): number {
    return this.session?.step ?? 0;
  }

  /** Losses by step. */
  get trace(): RunSession['trace'] {
    return this.session?.trace ?? [];
  }

  /** Kept states of the run. */
  get iterates(): readonly Iterate[] {
    return this.session?.iterates.list ?? [];
  }

  /** All settings in one. */
  get settings(): StudioSettings {
    return settingsOf(this);
  }
  set settings(settings: Partial<StudioSettings>) {
    Object.assign(this, settings);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#visibility);
    this.addEventListener('keydown', this.#undoKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#visibility);
    this.removeEventListener('keydown', this.#undoKey);
    void this.#end(false);
  }

  /** Starts a run from the beginning with the present pictures and settings. Resolves when it is at rest. */
  async start(): Promise<void> {
    await this.#keepResult();
    await this.cancel();
    this.notice = '';
    try {
      this.#setState('preparing');
      const pictures = await this.pictures();
      const start = this.settings.startFrom === 'picture' ? this.#result : undefined;
      const every = this.checkpointEvery;
      if (every !== null && !(Number.isInteger(every) && every > 0)) {
        throw new GramaryeError('bad-option', `checkpoint-every is ${String(every)}.`, { remedy: 'Give a whole number of steps from 1.' });
      }
      const job: RunJob = {
        ...composeJob(this.settings, { ...pictures, ...(start === undefined ? {} : { start }) }),
        tune: this.tune,
        ...(every === null ? {} : { checkpoint: { place: this.id === '' ? this.task : this.id, every } }),
      };
      if (!this.isConnected) return;
      this.startedWith = this.settings;
      this.#startedJob = keyOf(job);
      const session = this.#open(job);
      this.dispatchEvent(new StartedEvent(session.steps));
      await session.start();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Lets the run come to rest after the steps under way. */
  async pause(): Promise<void> {
    await this.session?.pause();
  }

  /** Goes on where the run rests, or from the kept state that is looked at. */
  async continue(): Promise<void> {
    const { session, selected } = this;
    if (session === null) return this.start();
    this.failure = null;
    if (selected !== null) {
      this.#select(null);
      await session.branchFrom(selected);
    }
    await session.continue();
  }

  /** Takes one step. */
  async takeStep(): Promise<void> {
    if (this.session === null) return this.start();
    await this.session.continue(this.step + 1);
  }

  /** Back to the start of the run; can be undone. */
  async reset(): Promise<void> {
    this.#select(null);
    await this.session?.reset();
  }

  /** Goes back to a kept state and drops what came after; can be undone. */
  async returnTo(iterate: Iterate): Promise<void> {
    this.#select(null);
    await this.session?.returnTo(iterate);
  }

  /** Goes back to a kept state and keeps what came after as another line. */
  async branchFrom(iterate: Iterate): Promise<void> {
    this.#select(null);
    await this.session?.branchFrom(iterate);
  }

  /** Takes back the last change of a picture, a setting or the state. False when there is none. */
  undo(): boolean {
    const undone = this.undoStack.undo();
    this.requestUpdate();
    return undone;
  }

  /** Ends the run, forgets what was kept of it and frees what it holds on the device. */
  async cancel(): Promise<void> {
    await this.#end(true);
  }

  async #end(forgets: boolean): Promise<void> {
    const { session } = this;
    this.session = null;
    this.startedWith = null;
    this.failure = null;
    this.#select(null);
    this.stage?.release();
    this.#setState('idle');
    await session?.dispose(forgets);
  }

  /** True when a new start would make another run than the one there is. */
  protected get isStale(): boolean {
    if (this.session === null) return false;
    try {
      return keyOf(composeJob(this.settings, this.presentPictures)) !== this.#startedJob;
    } catch {
      return true; // Settings that make no job at all differ from those that did.
    }
  }

  /** Pictures that are there already. */
  protected abstract get presentPictures(): JobPictures;

  protected get estimate(): ReturnType<typeof estimateOf> {
    return estimateOf(this.settings, this.session?.prepared?.widths, knownBindingBytes());
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { session } = this;
    if (session === null) return;
    const isLive = (['styleStrength', 'contentStrength', 'smoothness', 'learningRate', 'steps', 'preset'] as const).some((name) => changed.has(name));
    if (!isLive || this.settings.preset !== this.startedWith?.preset) return;
    try {
      const { settings } = composeJob(this.settings, this.presentPictures);
      session.setLive(liveOf(settings));
      session.steps = settings.steps;
    } catch (error) {
      this.fail(error);
    }
  }

  /** Keeps the picture of the run there is, where the next is to start from it. */
  async #keepResult(): Promise<void> {
    if (this.settings.startFrom !== 'picture' || this.session?.prepared === undefined) return;
    await this.session.pause();
    this.#result = await this.session.picture();
  }

  /** Fills a slot's picture from its address where it has none. */
  protected async fill(slot: PictureSlot, signal?: AbortSignal): Promise<PictureFile | undefined> {
    return slot.file ?? (slot.src === null ? undefined : await fetchPicture(slot.src, signal));
  }

  /** Shows a failure and reports it. */
  protected fail(error: unknown): void {
    this.failure = describeFailure(error);
    this.#setState('failed');
    this.dispatchEvent(new FailedEvent(error));
  }

  /** Changes a setting so that it can be undone. */
  protected change<K extends keyof StudioSettings>(name: K, value: StudioSettings[K]): void {
    const before = this.settings[name];
    if (before === value) return;
    this.undoStack.push({
      what: 'undoSetting',
      key: name,
      undo: () => {
        this.settings = { [name]: before };
      },
    });
    this.settings = { [name]: value };
  }

  protected showIterate(iterate: Iterate | null): void {
    this.#select(iterate);
  }

  #select(iterate: Iterate | null): void {
    this.selected = iterate;
    this.#showKept();
  }

  /** Shows the earlier state that is looked at; while there is no device, the one that the run will go on from. */
  #showKept(): void {
    if (this.stage === null) return;
    const { session } = this;
    const kept = this.selected?.snapshot ?? (session?.prepared === undefined ? session?.lastKept : undefined);
    if (this.stage.shown?.data === kept?.image) return;
    this.stage.shown = kept === undefined ? null : { height: kept.height, width: kept.width, data: kept.image };
  }

  #open(job: RunJob): RunSession {
    const session: RunSession = new RunSession(
      job,
      {
        changed: () => {
          if (this.session === session) this.#follow(session);
        },
        drew: () => {
          const { prepared, lease } = session;
          if (this.session !== session || prepared === undefined || lease === undefined) return;
          this.stage?.draw(lease.engine, prepared.run.imageBuffer, prepared.run.imageSize);
          if (this.stage !== null && this.stage.original !== (prepared.before ?? null)) this.stage.original = prepared.before ?? null;
        },
        stepped: (losses) => {
          if (this.session === session) this.dispatchEvent(new SteppedEvent(session.step, session.steps, losses));
        },
        kept: (iterate) => {
          if (this.session === session) this.dispatchEvent(new IterateKeptEvent(iterate));
        },
      },
      this.undoStack,
    );
    this.session = session;
    return session;
  }

  #follow(session: RunSession): void {
    this.requestUpdate();
    this.#showKept();
    if (session.state === 'failed') {
      if (this.state !== 'failed') this.fail(session.error);
      return;
    }
    this.failure = null;
    if (session.keepProblem !== undefined) this.notice = session.keepProblem;
    else if (session.resumedAt !== undefined && this.notice === '') this.notice = this.text('goingOn', { step: session.resumedAt });
    const before = this.state;
    this.#setState(session.state);
    if (session.state === 'finished' && before !== 'finished') {
      this.dispatchEvent(new FinishedEvent(session.step, session.activeMs));
      const { stepMs } = session;
      if (stepMs !== undefined && stepMs > 0) rememberRate(this.estimate.flopsPerStep / stepMs);
    }
  }

  #setState(next: RunState): void {
    if (this.state === next) return;
    this.state = next;
    this.dispatchEvent(new StateChangedEvent(next));
  }

  #visibility = (): void => {
    if (document.hidden && this.pauseWhenHidden && this.state === 'running') {
      this.#hidden = true;
      void this.pause();
      this.notice = this.text('pausedHidden');
    } else if (!document.hidden && this.#hidden) {
      this.#hidden = false;
      this.notice = '';
      if (this.state === 'paused') void this.continue();
    }
  };

  #undoKey = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const [target] = event.composedPath();
    if (target instanceof HTMLInputElement && target.type !== 'range') return;
    if (this.undo()) event.preventDefault();
  };
}
