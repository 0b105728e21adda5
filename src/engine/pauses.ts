/** Long work on a page's thread in pieces, so that the page can answer its visitor in between. */

/** How long the thread may be held at a time, in ms: well below the 50 ms from which a visitor feels it. */
const PIECE_MS = 12;

/** Gives way to all else that waits for this thread, and resolves when it is this work's turn again. */
export async function giveWay(): Promise<void> {
  // Browsers that have it let work that gives way come back before work that begins.
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (scheduler?.yield !== undefined) return scheduler.yield();
  await new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** Pauses of one piece of work. Await `take()` where it can be interrupted: most calls return at once. */
export class Pauses {
  #since = performance.now();

  /** Gives way where the thread was held for long enough. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < PIECE_MS) return;
    await giveWay();
    this.#since = performance.now();
  }
}
