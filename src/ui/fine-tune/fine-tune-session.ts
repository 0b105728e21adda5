import { VERSION } from '../../engine/version.js';
import type { CheckpointStore } from '../../tasks/checkpoints/store.js';
import { createFineTuning, type FineTuneProgress, type FineTuningRun } from '../../tasks/fine-tuning/fine-tuning.js';
import { saveLayersModel, SHARD_NAME } from '../../tasks/fine-tuning/save-model.js';
import type { FineTuneSettings } from '../../tasks/fine-tuning/settings.js';
import type { SkippedPicture } from '../../tasks/fine-tuning/feature-extraction.js';
import { idOf } from '../../tasks/datasets/dataset.js';
import type { MobileNetWeights } from '../../models/mobilenet/weights.js';
import type { Judgement } from '../../tasks/mobilenet/metrics.js';
import { PicturePool } from '../../tasks/pictures/picture-pool.js';
import { leaseEngine, type EngineLease } from '../gpu/engine-pool.js';
import { SharedTurn } from '../gpu/shared-turn.js';
import type { DataFile } from '../labelled/data-files.js';
import { loadMobileNetInWorker, zipInWorker } from '../nets/load-mobilenet.js';
import type { OpfsRunStore } from './opfs-run-store.js';
import type { TrainingData } from './training-data.js';

/** What is trained, on what, and how. */
export interface FineTuneJob {
  readonly net: string;
  readonly data: TrainingData;
  readonly settings: FineTuneSettings;
}

/** What is awaited or done. */
export type FineTuneStage =
  | { readonly stage: 'engine' | 'net' | 'turn' | 'pictures' | 'recovering' | 'judging'; readonly done: number; readonly total: number }
  | Exclude<FineTuneProgress, { readonly stage: 'epoch' }>;

/** Ways of watching and stopping. */
export interface FineTuneWatch {
  readonly signal: AbortSignal;
  readonly onStage: (stage: FineTuneStage) => void;
  /** An epoch is done and kept. */
  readonly onEpoch?: (run: FineTuningRun) => void;
}

/** The last checkpoint in memory as well: a lost device must not depend on a disk. */
class KeptCheckpoints implements CheckpointStore {
  readonly #disk: CheckpointStore | undefined;
  readonly #saved: () => Promise<void>;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  constructor(disk: CheckpointStore | undefined, bytes: Uint8Array<ArrayBuffer> | undefined, saved: () => Promise<void>) {
    this.#disk = disk;
    this.#bytes = bytes;
    this.#saved = saved;
  }

  get bytes(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes;
  }

  async save(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#bytes = bytes;
    await this.#disk?.save(bytes);
    await this.#saved();
  }

  async load(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#bytes ?? (await this.#disk?.load());
  }

  async remove(): Promise<void> {
    this.#bytes = undefined;
    await this.#disk?.remove();
  }
}

/** A run on the page's engine: pictures are decoded in workers, and the GPU is shared by turns. */
export class FineTuneSession {
  readonly job: FineTuneJob;
  readonly run: FineTuningRun;
  readonly net: MobileNetWeights;
  readonly #lease: EngineLease;
  readonly #pool: PicturePool;
  readonly #checkpoints: KeptCheckpoints;
  /** Whose turn it is; pictures and checkpoints let others go first. */
  readonly #turn: { now: SharedTurn | undefined };

  private constructor(
    job: FineTuneJob,
    made: {
      readonly run: FineTuningRun;
      readonly net: MobileNetWeights;
      readonly lease: EngineLease;
      readonly pool: PicturePool;
      readonly checkpoints: KeptCheckpoints;
      readonly turn: { now: SharedTurn | undefined };
    },
  ) {
    this.job = job;
    this.run = made.run;
    this.net = made.net;
    this.#lease = made.lease;
    this.#pool = made.pool;
    this.#checkpoints = made.checkpoints;
    this.#turn = made.turn;
  }

  /**
   * Loads the net, computes features, compiles the tail, and takes up the checkpoint of `kept` or of the store if there is one. Throws coded
   * errors; nothing is left behind then.
   */
  static async open(
    job: FineTuneJob,
    store: OpfsRunStore | undefined,
    kept: Uint8Array<ArrayBuffer> | undefined,
    watch: FineTuneWatch,
  ): Promise<FineTuneSession> {
    const { signal, onStage } = watch;
    onStage({ stage: 'engine', done: 0, total: 0 });
    const lease = await leaseEngine();
    const pool = new PicturePool();
    const turn: { now: SharedTurn | undefined } = { now: undefined };
    try {
      onStage({ stage: 'net', done: 0, total: 0 });
      const { net } = await loadMobileNetInWorker(
        { net: job.net, as: 'backbone' },
        {
          signal,
          onBytes: (done, total) => {
            onStage({ stage: 'net', done, total });
          },
        },
      );
      onStage({ stage: 'turn', done: 0, total: 0 });
      turn.now = await SharedTurn.take(lease.turns, signal);
      const checkpoints = new KeptCheckpoints(store?.checkpoints, kept, async () => turn.now?.pass());
      const run = await createFineTuning(
        lease.engine,
        job.settings,
        {
          net,
          dataset: job.data.dataset,
          decode: () => Promise.reject(new Error('Pictures are prepared in workers.')),
          prepare: async (file, name, { example, copy }) => {
            await turn.now?.pass();
            return pool.prepare(file, name, { settings: job.settings, example, copy });
          },
          store: store?.features,
          checkpoints,
        },
        {
          signal,
          onProgress: (progress) => {
            if (progress.stage !== 'epoch') onStage(progress);
          },
        },
      );
      return new FineTuneSession(job, { run, net, lease, pool, checkpoints, turn });
    } catch (error) {
      pool.close();
      lease.release();
      throw error;
    } finally {
      turn.now?.end();
      turn.now = undefined;
    }
  }

  /** Whether the graphics device computes on the processor. */
  get isSoftware(): boolean {
    return this.#lease.engine.traits.isSoftware;
  }

  /** Whether its device is gone. */
  get isLost(): boolean {
    return this.#lease.engine.isLost;
  }

  /** The last checkpoint. */
  get checkpoint(): Uint8Array<ArrayBuffer> | undefined {
    return this.#checkpoints.bytes;
  }

  /** Trains until it is done or stopped; the epochs done are kept. */
  train({ signal, onStage, onEpoch }: FineTuneWatch): Promise<void> {
    return this.#inTurn(signal, async () => {
      await this.run.train({
        signal,
        onProgress: (progress) => {
          if (progress.stage === 'epoch') onEpoch?.(this.run);
          else onStage(progress);
        },
      });
    });
  }

  /** Judges the pictures held back, or those trained on where none are. */
  async judge(signal: AbortSignal): Promise<Judgement[]> {
    let judgements: Judgement[] = [];
    await this.#inTurn(signal, async () => {
      judgements = await this.run.judge(this.run.validationCount > 0 ? 'validation' : 'training', signal);
    });
    return judgements;
  }

  /** Class probabilities of new pictures, in any order of classes of the model; gives those that could not be read. */
  async predict(
    files: readonly DataFile[],
    visit: (file: DataFile, probabilities: Float32Array<ArrayBuffer>) => void,
    watch: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
  ): Promise<readonly SkippedPicture[]> {
    // Ids are positions meanwhile: two folders may hold files of the same name.
    let skipped: readonly SkippedPicture[] = [];
    await this.#inTurn(watch.signal, async () => {
      skipped = await this.run.predict(
        files.map((file, index) => ({ id: String(index), file })),
        (id, probabilities) => {
          const file = files[Number(id)];
          if (file !== undefined) visit(file, probabilities);
        },
        watch,
      );
    });
    return skipped.map(({ id, reason }) => ({ id: idOf(files[Number(id)]?.path ?? id), reason }));
  }

  /** The net as a zip of a tfjs layers model, which `tf.loadLayersModel` and gram-classifier open. */
  async model(): Promise<Blob> {
    const weights = await this.run.weights();
    const { modelJson, shard } = saveLayersModel(this.run.layers, weights, {
      classes: this.run.classes,
      settings: this.run.settings,
      input: this.net.input,
      version: VERSION,
    });
    return zipInWorker([
      { name: 'model.json', bytes: new TextEncoder().encode(modelJson) },
      { name: SHARD_NAME, bytes: shard },
      { name: 'classes.txt', bytes: new TextEncoder().encode(`${this.run.classes.join('\n')}\n`) },
    ]);
  }

  /** Frees all it holds; the checkpoint stays. */
  async close(): Promise<void> {
    this.#pool.close();
    try {
      await this.run.destroy();
    } finally {
      this.#lease.release();
    }
  }

  async #inTurn(signal: AbortSignal, job: () => Promise<void>): Promise<void> {
    const turn = await SharedTurn.take(this.#lease.turns, signal);
    this.#turn.now = turn;
    try {
      await job();
    } finally {
      turn.end();
      this.#turn.now = undefined;
    }
  }
}
