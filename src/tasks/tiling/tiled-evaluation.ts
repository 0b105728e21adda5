/** Evaluates the picture tile by tile: losses and gradient of a tiled step. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { CAUTIOUS_FLOPS } from '../../engine/program.js';
import type { StepProgram, TileTensors } from '../step-program.js';
import type { StyleTarget } from '../style-targets.js';
import { tapPieces } from './tiled-pieces.js';
import { COMPARE, FINISH, gradientSection, statisticsSection } from './tiled-step.js';
import type { TiledContent } from './tiled-targets.js';
import type { StepNet } from '../vgg-net.js';
import { shrunk, type Rectangle } from './windows.js';

/** The longest that a command buffer may take, about: systems reset devices after seconds. */
const SUBMIT_MS = 200;

/** What tiles read that is kept outside graphics memory. */
export interface TileSources {
  readonly net: StepNet;
  readonly styleGoals: readonly StyleTarget[];
  readonly contents: ReadonlyMap<string, TiledContent>;
}

/** How an evaluation goes on. */
export interface TileControl {
  /** Asked between tiles. */
  readonly mustStop: () => boolean;
  /** Hears of each tile of the two passes together. */
  readonly onTile?: (tile: { readonly done: number; readonly total: number }) => void;
}

/** The factors of a piece, row by row out of a whole map, zero beyond what is owned. */
function pieceOfMap(
  map: Float32Array,
  mapWidth: number,
  { top, left, rows, columns }: Rectangle,
  pieceWidth: number,
  length: number,
): Float32Array<ArrayBuffer> {
  const piece = new Float32Array(length);
  for (let y = 0; y < rows; y++) {
    const from = (top + y) * mapWidth + left;
    piece.set(map.subarray(from, from + columns), y * pieceWidth);
  }
  return piece;
}

/** One picture's evaluation; it can stop between tiles and go on where it stopped. */
export class TiledEvaluation {
  readonly #engine: Engine;
  readonly #step: StepProgram;
  readonly #tiles: TileTensors;
  readonly #sources: TileSources;
  readonly #pieces: ReturnType<typeof tapPieces>;
  /** Tiles done of both passes. */
  #done = 0;
  #msPerFlop = 0;

  constructor(engine: Engine, step: StepProgram, sources: TileSources) {
    if (step.tiles === undefined) throw new GramaryeError('internal', 'The step is not tiled.');
    this.#engine = engine;
    this.#step = step;
    this.#tiles = step.tiles;
    this.#sources = sources;
    this.#pieces = tapPieces(sources.net, step.tiles.plan);
  }

  /** Forgets what was done: the picture or the weights have changed. */
  restart(): void {
    this.#done = 0;
  }

  /** Computes losses and gradient; false where it had to stop. Called again it goes on, unless {@link restart} was called. */
  async evaluate({ mustStop, onTile }: TileControl): Promise<boolean> {
    const { tiles } = this.#tiles.plan;
    const total = 2 * tiles.length;
    let submitted: Promise<void> = Promise.resolve();
    while (this.#done < total) {
      if (mustStop()) {
        await submitted;
        return false;
      }
      if (this.#done === 0) this.#clear();
      if (this.#done === tiles.length) this.#run([COMPARE]);
      const isGradient = this.#done >= tiles.length;
      this.#runTile(this.#done % tiles.length, isGradient);
      this.#done++;
      const before = submitted;
      submitted = this.#engine.idle();
      // One tile is computed while the next is prepared; no more are in flight.
      await before;
      onTile?.({ done: this.#done, total });
    }
    this.#run([FINISH]);
    this.#done = 0;
    return true;
  }

  #runTile(index: number, isGradient: boolean): void {
    const tile = this.#tiles.plan.tiles[index];
    if (tile === undefined) throw new GramaryeError('internal', `There is no tile ${String(index)}.`);
    const { program } = this.#step;
    const { window, owned, contents, guides, plan } = this.#tiles;
    const write = (tensor: typeof window, data: ArrayBufferView<ArrayBuffer>): void => {
      this.#engine.write(program.bufferOf(tensor), data);
    };
    const words = ({ top, left, rows, columns }: Rectangle): Uint32Array<ArrayBuffer> => Uint32Array.of(top, left, rows, columns);
    write(window, words(tile.window));
    write(owned, words(tile.owned));
    for (const [layer, tensor] of contents) {
      const values = this.#sources.contents.get(layer)?.pieces[index];
      if (values !== undefined) write(tensor, new Uint8Array(values));
    }
    for (const { term, guide } of this.#sources.styleGoals) {
      const own = guides.get(term.id);
      const piece = this.#pieces.get(term.layer);
      if (own === undefined || guide === undefined || piece === undefined) continue;
      const { top, left } = tile.window;
      const at = shrunk({ ...tile.owned, top: top + tile.owned.top, left: left + tile.owned.left }, 2 ** piece.shift);
      const part = (map: Float32Array): Float32Array<ArrayBuffer> =>
        pieceOfMap(map, Math.floor(plan.width / 2 ** piece.shift), at, piece.width, piece.positions);
      write(own.loss, part(guide.loss));
      write(own.gradient, part(guide.gradient));
    }
    this.#run([isGradient ? gradientSection(tile.shape) : statisticsSection(tile.shape)]);
  }

  #run(sections: readonly string[]): void {
    const { program } = this.#step;
    const start = performance.now();
    const flops = program.flops(sections);
    program.run({ sections, maxFlopsPerSubmit: this.#msPerFlop === 0 ? CAUTIOUS_FLOPS : SUBMIT_MS / this.#msPerFlop });
    // The work before it is done at most one tile earlier, so that this is about its own time.
    void this.#engine.idle().then(
      () => {
        if (flops > 0) this.#msPerFlop = (performance.now() - start) / flops;
      },
      () => undefined,
    );
  }

  #clear(): void {
    const encoder = this.#engine.device.createCommandEncoder({ label: 'sums over tiles' });
    for (const tensor of this.#tiles.sums) encoder.clearBuffer(this.#step.program.bufferOf(tensor));
    this.#engine.device.queue.submit([encoder.finish()]);
  }
}
