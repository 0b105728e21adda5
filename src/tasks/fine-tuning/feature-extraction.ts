/** Runs the frozen part over pictures, reading and decoding the next ones while the GPU works. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError, messageOf, throwIfAborted } from '../../engine/errors.js';
import type { MobileNetWeights } from '../../models/mobilenet/weights.js';
import { FrozenProgram } from '../mobilenet/frozen-program.js';
import type { NetLayer } from '../mobilenet/layers.js';
import { toNetInput } from '../mobilenet/net-input.js';
import type { Picture } from '../picture.js';

/** A picture that could not be used, and why. */
export interface SkippedPicture {
  readonly id: string;
  readonly reason: string;
}

/** One picture to run through the net. */
export interface ExtractionItem {
  /** What its record is kept under. */
  readonly key: number;
  readonly id: string;
  /** The picture at any size; what it throws makes the picture skipped. */
  load(): Promise<Picture>;
}

/** Pictures at a time: enough to fill a GPU, few enough for its memory. */
const BATCH = 8;

/** The frozen part, ready to run. */
export class FeatureExtractor {
  readonly #program: FrozenProgram;
  readonly #names: readonly string[];
  readonly #net: MobileNetWeights;
  readonly #size: number;

  private constructor(program: FrozenProgram, names: readonly string[], net: MobileNetWeights, size: number) {
    this.#program = program;
    this.#names = names;
    this.#net = net;
    this.#size = size;
  }

  /** Records and compiles the layers that end in `crossing`. */
  static async create(
    engine: Engine,
    net: MobileNetWeights,
    options: {
      readonly frozen: readonly NetLayer[];
      readonly crossing: readonly NetLayer[];
      readonly size: number;
      readonly features: 'f16' | 'f32';
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<FeatureExtractor> {
    const names = options.crossing.map(({ name }) => name);
    const program = await FrozenProgram.build(engine, net, {
      layers: options.frozen,
      outputs: names,
      batch: BATCH,
      half: options.features === 'f16',
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    return new FeatureExtractor(program, names, net, options.size);
  }

  /** Gives each picture's record (the crossing layers' bytes one behind the other) to `keep`; returns those that were skipped. */
  async run(
    items: Iterable<ExtractionItem>,
    keep: (item: ExtractionItem, record: Uint8Array<ArrayBuffer>) => Promise<void> | void,
    options: { readonly signal?: AbortSignal | undefined; readonly onProgress?: ((done: number) => void) | undefined } = {},
  ): Promise<SkippedPicture[]> {
    const skipped: SkippedPicture[] = [];
    const iterator = items[Symbol.iterator]();
    let pending = this.#loadBatch(iterator, skipped);
    let done = 0;
    for (;;) {
      throwIfAborted(options.signal);
      const { loaded, taken } = await pending;
      if (taken === 0) return skipped;
      loaded.forEach(({ input }, position) => {
        this.#program.write(input, position);
      });
      if (loaded.length > 0) this.#program.run();
      pending = this.#loadBatch(iterator, skipped);
      // A failure of the next batch is met at the top of the loop, after this one was kept.
      pending.catch(() => undefined);
      await this.#keep(loaded, keep);
      done += taken;
      options.onProgress?.(done);
    }
  }

  /** Frees GPU memory. */
  destroy(): void {
    this.#program.destroy();
  }

  async #keep(
    loaded: readonly { item: ExtractionItem }[],
    keep: (item: ExtractionItem, record: Uint8Array<ArrayBuffer>) => Promise<void> | void,
  ): Promise<void> {
    if (loaded.length === 0) return;
    const outputs = await Promise.all(this.#names.map((name) => this.#program.read(name, loaded.length)));
    const sizes = outputs.map(({ byteLength }) => byteLength / loaded.length);
    const recordBytes = sizes.reduce((sum, size) => sum + size, 0);
    for (const [position, { item }] of loaded.entries()) {
      const record = new Uint8Array(recordBytes);
      let at = 0;
      outputs.forEach((output, index) => {
        const size = sizes[index] ?? 0;
        record.set(new Uint8Array(output, position * size, size), at);
        at += size;
      });
      await keep(item, record);
    }
  }

  async #loadBatch(
    iterator: Iterator<ExtractionItem>,
    skipped: SkippedPicture[],
  ): Promise<{ loaded: { item: ExtractionItem; input: Float32Array<ArrayBuffer> }[]; taken: number }> {
    const items: ExtractionItem[] = [];
    while (items.length < BATCH) {
      const next = iterator.next();
      if (next.done === true) break;
      items.push(next.value);
    }
    const { scale, offset } = this.#net.input;
    const options = { size: this.#size, resize: 'squash', order: 'rgb', antialias: true, scale, offset } as const;
    const results = await Promise.all(
      items.map(async (item) => {
        try {
          return { item, input: toNetInput(await item.load(), options) };
        } catch (error) {
          if (error instanceof GramaryeError && error.code === 'aborted') throw error;
          skipped.push({ id: item.id, reason: messageOf(error) });
          return undefined;
        }
      }),
    );
    return { loaded: results.filter((result) => result !== undefined), taken: items.length };
  }
}
