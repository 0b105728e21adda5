import { throwIfAborted } from '../../engine/errors.js';

interface Waiter {
  readonly grant: () => void;
}

/** Lets several runs use one device, one after the other, in the order they asked. */
export class Turns {
  readonly #waiting: Waiter[] = [];
  #taken = false;

  /** True while someone waits: whoever has the turn should give it up soon. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves with the function that gives the turn back. Rejects with `aborted`. */
  async take(signal?: AbortSignal): Promise<() => void> {
    throwIfAborted(signal);
    if (this.#taken) {
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => {
          const index = this.#waiting.indexOf(waiter);
          if (index >= 0) this.#waiting.splice(index, 1);
          try {
            throwIfAborted(signal);
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        const waiter: Waiter = {
          grant: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        this.#waiting.push(waiter);
        signal?.addEventListener('abort', abort, { once: true });
      });
    }
    this.#taken = true;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      // The turn goes straight to the next one, so that nobody can slip in between.
      if (next === undefined) this.#taken = false;
      else next.grant();
    };
  }
}
