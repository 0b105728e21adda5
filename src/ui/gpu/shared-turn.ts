import type { Turns } from './turns.js';

/**
 * The turn of a long piece of work that can let others go first at its own pauses, wherever in it that is asked; several askers at once let
 * them go first once.
 */
export class SharedTurn {
  readonly #turns: Turns;
  readonly #signal: AbortSignal | undefined;
  #giveBack: (() => void) | undefined;
  #passing: Promise<void> | undefined;
  #isOver = false;

  private constructor(turns: Turns, signal: AbortSignal | undefined) {
    this.#turns = turns;
    this.#signal = signal;
  }

  /** Waits for the turn. Rejects with `aborted`. */
  static async take(turns: Turns, signal?: AbortSignal): Promise<SharedTurn> {
    const turn = new SharedTurn(turns, signal);
    turn.#giveBack = await turns.take(signal);
    return turn;
  }

  /** Gives way to whoever waits, and resolves when the turn is back. Rejects with `aborted`. */
  async pass(): Promise<void> {
    if (this.#passing === undefined && this.#turns.isWanted && !this.#isOver) {
      this.#passing = this.#goRound().finally(() => {
        this.#passing = undefined;
      });
    }
    await this.#passing;
  }

  /** Ends the work. */
  end(): void {
    this.#isOver = true;
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  async #goRound(): Promise<void> {
    this.#giveBack?.();
    this.#giveBack = undefined;
    const giveBack = await this.#turns.take(this.#signal);
    // The work may have ended while it waited.
    if (this.#isOver) giveBack();
    else this.#giveBack = giveBack;
  }
}
