import type { Engine } from '../../engine/engine.js';
import { Turns } from './turns.js';

/** The right to use the page's engine until it is released. */
export interface EngineLease {
  readonly engine: Engine;
  /** Elements that compute take turns with these. */
  readonly turns: Turns;
  release(): void;
}

/** How long an unused engine is kept: an element that is moved in the page is disconnected for a moment. */
const GRACE_MS = 500;

let makeEngine = async (): Promise<Engine> => {
  const { Engine } = await import('../../engine/engine.js');
  return Engine.create({ tfjs: false });
};
interface Shared {
  readonly engine: Promise<Engine>;
  readonly turns: Turns;
  /** Told when the device is lost. */
  readonly losers: Set<() => void>;
  users: number;
}

let current: Shared | undefined;
let bindingBytes: number | undefined;
let closing: ReturnType<typeof setTimeout> | undefined;

/**
 * Replaces how the page's engine is made, for a page that has a device of its own already. Takes effect when the next
 * engine is made.
 */
export function setEngineFactory(factory: () => Promise<Engine>): void {
  makeEngine = factory;
}

/** What the device of the last engine binds at once, in bytes; undefined before the first. */
export function knownBindingBytes(): number | undefined {
  return bindingBytes;
}

function share(): Shared {
  const shared: Shared = { engine: makeEngine(), turns: new Turns(), losers: new Set(), users: 0 };
  void (async () => {
    try {
      await (
        await shared.engine
      ).lost;
    } catch {
      return; // An engine that is not to be had: whoever asked for it is told.
    }
    // Leases of a lost engine stay valid for freeing, but nobody gets it any more.
    if (current === shared) current = undefined;
    for (const tell of [...shared.losers]) tell();
  })();
  return shared;
}

/**
 * The page's one engine: made when it is first wanted, given back when the last element has released it, made anew after
 * its device was lost. `onLost` is called when that happens before the release. Throws what {@link Engine.create} throws.
 *
 * @throws {GramaryeError} `webgpu-missing` or `adapter-missing`.
 */
export async function leaseEngine(onLost?: () => void): Promise<EngineLease> {
  clearTimeout(closing);
  const shared = (current ??= share());
  shared.users++;
  // Of its own for every lease, whoever listens.
  const tell = (): void => onLost?.();
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    shared.losers.delete(tell);
    shared.users--;
    if (shared.users === 0 && current === shared) scheduleClose();
  };
  try {
    const engine = await shared.engine;
    bindingBytes = engine.traits.limits.maxStorageBufferBindingSize;
    shared.losers.add(tell);
    return { engine, turns: shared.turns, release };
  } catch (error) {
    if (current === shared) current = undefined;
    throw error;
  }
}

function scheduleClose(): void {
  clearTimeout(closing);
  closing = setTimeout(() => {
    const unused = current;
    if (unused === undefined || unused.users > 0) return;
    current = undefined;
    void unused.engine.then((engine) => {
      engine.destroy();
    });
  }, GRACE_MS);
}
