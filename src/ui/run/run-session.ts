/** One run from start to end, with pauses, kept states, and recovery from a lost device. Has no DOM. */
import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import type { Picture } from '../../tasks/picture.js';
import type { LiveSettings } from '../../tasks/settings.js';
import type { RunSnapshot, TraceEntry } from '../../tasks/style-transfer.js';
import { leaseEngine, type EngineLease } from '../gpu/engine-pool.js';
import { Iterates, type Iterate } from './iterates.js';
import { liveOf, type RunJob, type RunStageProgress, type RunState } from './job.js';
import type { KeptRun } from './kept-run.js';
import type { PreparedRun } from './prepare.js';
import type { UndoStack } from './undo-stack.js';

/** What a session tells its element. */
export interface SessionEvents {
  /** State, stage or kept states have changed. */
  changed(): void;
  /** The image in GPU memory is new. */
  drew(): void;
  stepped(entry: TraceEntry): void;
  kept(iterate: Iterate): void;
}

/** Kept states of a whole run, about. */
const KEEP_COUNT = 10;
/** After this long without a kept state, one is kept aside to recover from. */
const CHECKPOINT_MS = 15_000;
/** Waiting for a turn is said only when it lasts. */
const WAIT_SHOWN_MS = 700;
/** A device that is lost more often than this in one run is not brought back any more. */
const MAX_RECOVERIES = 3;

/** A run under way or at rest. */
export class RunSession {
  readonly job: RunJob;
  readonly iterates = new Iterates();
  state: RunState = 'preparing';
  stage: RunStageProgress | undefined;
  error: unknown;
  /** Steps to do in all. */
  steps: number;
  /** The step that a run kept from before had come to; undefined where it began. */
  resumedAt: number | undefined;
  /** Why the run is kept no more. */
  keepProblem: string | undefined;
  /** Time spent stepping. */
  activeMs = 0;

  readonly #events: SessionEvents;
  readonly #undo: UndoStack;
  readonly #stop = new AbortController();
  #lease: EngineLease | undefined;
  #prepared: PreparedRun | undefined;
  #live: LiveSettings;
  #wantsPause = false;
  #work: Promise<void> = Promise.resolve();
  #checkpoint: RunSnapshot | undefined;
  #checkpointAt = 0;
  #place: KeptRun | undefined;
  #recoveries = 0;
  /** Something is done to the run, or waits for that. */
  #jobs = 0;

  constructor(job: RunJob, events: SessionEvents, undo: UndoStack) {
    this.job = job;
    this.steps = job.settings.steps;
    this.#live = liveOf(job.settings);
    this.#events = events;
    this.#undo = undo;
  }

  /** The run, its pictures and its memory; undefined until prepared and after a loss. */
  get prepared(): PreparedRun | undefined {
    return this.#prepared;
  }

  /** The state that a lost device is gone on from; undefined before there is one. */
  get lastKept(): RunSnapshot | undefined {
    return this.#checkpoint;
  }

  get lease(): EngineLease | undefined {
    return this.#lease;
  }

  get trace(): readonly TraceEntry[] {
    return this.#prepared?.run.trace ?? this.#checkpoint?.trace ?? [];
  }

  get step(): number {
    return this.#prepared?.run.steps ?? this.#checkpoint?.step ?? 0;
  }

  /** Mean time of the last steps; undefined before there are any. */
  get stepMs(): number | undefined {
    const last = this.trace.slice(-8);
    return last.length === 0 ? undefined : last.reduce((sum, { ms }) => sum + ms, 0) / last.length;
  }

  /** Prepares, then steps until done, paused or failed. */
  start(): Promise<void> {
    return this.#enqueue(async () => {
      try {
        await this.#build();
      } catch (error) {
        await this.#recover(error);
      }
      await this.#advance();
    });
  }

  /** Ends the steps under way; resolves when the run is at rest. */
  pause(): Promise<void> {
    this.#wantsPause = true;
    this.#prepared?.run.pause();
    return this.#work;
  }

  /** Goes on to the wanted number of steps, or only to `limit`. Rebuilds what a lost device took. */
  continue(limit?: number): Promise<void> {
    return this.#enqueue(async () => {
      this.#recoveries = 0;
      if (this.#prepared === undefined) await this.#build(this.#checkpoint);
      await this.#advance(limit);
    });
  }

  /** Changes weights from the next step on. Throws `bad-option`. */
  setLive(live: LiveSettings): void {
    this.#live = live;
    this.#prepared?.run.setLive(live);
  }

  /** Back to step 0; can be undone. */
  reset(): Promise<void> {
    return this.#jump('undoReset', {}, (run) => {
      run.reset();
      const first = this.iterates.list.find(({ line, step }) => line === this.iterates.line && step === 0);
      if (first !== undefined) this.iterates.returnTo(first);
    });
  }

  /** Back to a kept state; what came after it on its line is dropped. Can be undone. */
  returnTo(iterate: Iterate): Promise<void> {
    return this.#jump('undoReturn', { step: iterate.step }, (run) => {
      run.restore(iterate.snapshot);
      this.iterates.returnTo(iterate);
    });
  }

  /** To a kept state; what came after it is kept as another line. */
  branchFrom(iterate: Iterate): Promise<void> {
    return this.#jump('undoReturn', { step: iterate.step }, (run) => {
      run.restore(iterate.snapshot);
      this.iterates.branchFrom(iterate);
    });
  }

  /** The present image on the CPU. Rebuilds what a lost device took, also where the loss is only met while the image is read. */
  async picture(): Promise<Picture> {
    try {
      return await (await this.#rebuilt()).image();
    } catch (error) {
      if (this.#jobs > 0 || this.#checkpoint === undefined || !this.#isLoss(error)) throw error;
      this.#release();
      return (await this.#rebuilt()).image();
    }
  }

  /** The run, built again from the last kept state where a loss took it. Throws `device-lost` where nothing was kept. */
  async #rebuilt(): Promise<PreparedRun['run']> {
    if (this.#prepared === undefined && this.#checkpoint !== undefined) {
      await this.#enqueue(async () => {
        if (this.#prepared === undefined) await this.#build(this.#checkpoint);
        this.#rest();
      });
    }
    if (this.#prepared === undefined) throw new GramaryeError('device-lost', 'The picture is gone with the device.', { remedy: 'Try again first.' });
    return this.#prepared.run;
  }

  /** After a failure was read: back to rest, where the run can go on. */
  settle(): void {
    this.error = undefined;
    this.#set(this.step >= this.steps ? 'finished' : 'paused');
  }

  /** Ends everything and frees what is held on the device. A kept run stays where it is, unless `forgets`. */
  async dispose(forgets = false): Promise<void> {
    this.#stop.abort();
    this.#undo.forget(this);
    await this.pause().catch(() => undefined);
    if (forgets) await this.#place?.forget();
    this.#place?.release();
    this.#place = undefined;
    this.#release();
  }

  /** One after the other: nothing touches the run while it steps. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    const before = this.#work;
    this.#jobs++;
    this.#work = (async () => {
      await before;
      if (this.#isDisposed()) return;
      this.#wantsPause = false;
      try {
        await work();
      } catch (error) {
        if (this.#isDisposed()) return;
        this.error = error;
        this.#set('failed');
      }
    })().finally(() => {
      this.#jobs--;
    });
    return this.#work;
  }

  async #jump(what: 'undoReset' | 'undoReturn', values: Record<string, number>, act: (run: PreparedRun['run']) => void): Promise<void> {
    await this.pause();
    return this.#enqueue(async () => {
      if (this.#prepared === undefined) await this.#build(this.#checkpoint);
      const prepared = this.#prepared;
      if (prepared === undefined) return;
      const [snapshot, saved] = [await prepared.run.snapshot(), this.iterates.save()];
      act(prepared.run);
      await this.#saveCheckpoint();
      this.#undo.push({
        what,
        values,
        owner: this,
        undo: () => {
          void this.pause().then(() =>
            this.#enqueue(async () => {
              this.iterates.restore(saved);
              if (this.#prepared === undefined) await this.#build(snapshot);
              else this.#prepared.run.restore(snapshot);
              this.#checkpoint = snapshot;
              this.#rest();
            }),
          );
        },
      });
      this.#rest();
    });
  }

  #rest(): void {
    this.#events.drew();
    this.#set(this.step >= this.steps ? 'finished' : 'paused');
  }

  async #build(from?: RunSnapshot): Promise<void> {
    this.error = undefined;
    this.#set('preparing', { stage: from === undefined ? 'engine' : 'recovering', done: 0, total: 0 });
    this.#release();
    const lease = (this.#lease = await leaseEngine(this.#lost));
    throwIfAborted(this.#stop.signal);
    // Kernels and all that runs them are loaded when they are first wanted.
    const { prepareRun } = await import('./prepare.js');
    await this.#openPlace();
    const prepared = await prepareRun(lease, this.job, {
      signal: this.#stop.signal,
      place: this.#place,
      onStage: (stage) => {
        this.#set('preparing', stage);
      },
    });
    this.#prepared = prepared;
    prepared.run.setLive(this.#live);
    if (from !== undefined) prepared.run.restore(from);
    else this.resumedAt = prepared.resumedAt;
    this.#events.drew();
    if (this.iterates.list.length === 0) await this.#keep();
  }

  async #advance(limit?: number): Promise<void> {
    // The number of steps may change while it runs.
    while (this.step < (limit ?? this.steps) && !this.#isStopped()) {
      try {
        await this.#slice(limit ?? this.steps);
      } catch (error) {
        await this.#recover(error);
      }
    }
    if (this.#isDisposed()) return;
    const isFinished = this.step >= this.steps;
    if (isFinished) await this.#place?.forget();
    else await this.#keepRun();
    await this.#keepAtRest();
    this.#set(isFinished ? 'finished' : 'paused');
  }

  async #openPlace(): Promise<void> {
    const { checkpoint } = this.job;
    if (checkpoint === undefined || this.#place !== undefined || this.keepProblem !== undefined) return;
    const { KeptRun } = await import('./kept-run.js');
    this.#place = await KeptRun.open(checkpoint.place);
  }

  /** Writes the present state to where the run is kept. */
  async #keepRun(): Promise<void> {
    const [{ checkpoint }, prepared, engine] = [this.job, this.#prepared, this.#lease?.engine];
    if (this.#place === undefined || checkpoint === undefined || prepared?.identity === undefined || engine === undefined) return;
    try {
      await this.#place.save(engine, prepared.run, checkpoint.every, prepared.identity, this.#live);
    } catch (error) {
      if (!(error instanceof GramaryeError && error.code === 'write-failed')) throw error;
      // The run itself is well: it goes on without being kept, and that is said.
      this.keepProblem = error.message;
      this.#place.release();
      this.#place = undefined;
    }
  }

  #isStopped(): boolean {
    return this.#wantsPause || this.#isDisposed();
  }

  #isDisposed(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Steps while this run has the turn, up to the next state that is to be kept. */
  async #slice(target: number): Promise<void> {
    const { run } = this.#prepared ?? {};
    const turns = this.#lease?.turns;
    if (run === undefined || turns === undefined) throw new GramaryeError('internal', 'The run is not prepared.');
    const waiting = setTimeout(() => {
      this.#set('running', { stage: 'turn', done: 0, total: 0 });
    }, WAIT_SHOWN_MS);
    const giveBack = await turns.take(this.#stop.signal).finally(() => {
      clearTimeout(waiting);
    });
    const start = performance.now();
    try {
      if (this.#isStopped()) return;
      this.#set('running');
      const interval = Math.max(1, Math.ceil(this.steps / KEEP_COUNT));
      const after = (steps: number): number => (Math.floor(run.steps / steps) + 1) * steps;
      const every = this.#place === undefined ? undefined : this.job.checkpoint?.every;
      const keepAt = Math.min(target, after(interval));
      const next = every === undefined ? keepAt : Math.min(keepAt, after(every));
      await run.run({
        steps: next,
        onProgress: ({ losses }) => {
          this.#events.drew();
          if (losses !== undefined) this.#events.stepped(losses);
          this.#events.changed();
          if (turns.isWanted || performance.now() - this.#checkpointAt > CHECKPOINT_MS) run.pause();
        },
      });
      if (run.steps === keepAt) await this.#keep();
      else if (performance.now() - this.#checkpointAt > CHECKPOINT_MS) await this.#saveCheckpoint();
      if (every !== undefined && run.steps % every === 0 && run.steps < this.steps) await this.#keepRun();
    } finally {
      this.activeMs += performance.now() - start;
      giveBack();
    }
  }

  async #saveCheckpoint(): Promise<RunSnapshot | undefined> {
    const snapshot = await this.#prepared?.run.snapshot();
    this.#checkpoint = snapshot;
    this.#checkpointAt = performance.now();
    return snapshot;
  }

  async #keep(): Promise<void> {
    const snapshot = await this.#saveCheckpoint();
    if (snapshot === undefined) return;
    this.#events.kept(this.iterates.keep(snapshot));
    this.#events.changed();
  }

  /** Brings a lost device back and goes on from the last kept state; anything else is thrown on. */
  async #recover(error: unknown): Promise<void> {
    if (!this.#isLoss(error) || this.#stop.signal.aborted) throw error;
    this.#release();
    if (this.#recoveries++ >= MAX_RECOVERIES) throw error;
    try {
      await this.#build(this.#checkpoint);
    } catch (cause) {
      throw cause instanceof GramaryeError && cause.code === 'adapter-missing'
        ? new GramaryeError('device-lost', 'The graphics device was lost and the browser offers no other.', { remedy: 'Restart the browser.', cause })
        : cause;
    }
  }

  #isLoss(error: unknown): boolean {
    if (this.#lease?.engine.isLost === true) return true;
    return error instanceof GramaryeError ? error.code === 'device-lost' : error instanceof Error && error.name === 'AbortError';
  }

  /** A device may be lost while the run rests: it goes on from where it rested. */
  async #keepAtRest(): Promise<void> {
    if (this.#prepared === undefined || this.#checkpoint?.step === this.step) return;
    try {
      await this.#saveCheckpoint();
    } catch (error) {
      if (!this.#isLoss(error)) throw error;
    }
  }

  /** The device is lost. At work that is met where it is waited for; at rest only the picture is gone. */
  #lost = (): void => {
    if (this.#jobs > 0 || this.#isDisposed()) return;
    this.#release();
    this.#events.changed();
  };

  #release(): void {
    this.#prepared?.run.destroy();
    this.#prepared = undefined;
    this.#lease?.release();
    this.#lease = undefined;
  }

  #set(state: RunState, stage?: RunStageProgress): void {
    this.state = state;
    this.stage = stage;
    this.#events.changed();
  }
}
