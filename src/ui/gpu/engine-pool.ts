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
let current: { readonly engine: Promise<Engine>; readonly turns: Turns; users: number } | undefined;
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

/**
 * The page's one engine: made when it is first wanted, given back when the last element has released it, made anew after
 * its device was lost. Throws what {@link Engine.create} throws.
 *
 * @throws {GramaryeError} `webgpu-missing` or `adapter-missing`.
 */
export async function leaseEngine(): Promise<EngineLease> {
  clearTimeout(closing);
  const shared = (current ??= { engine: makeEngine(), turns: new Turns(), users: 0 });
  shared.users++;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    shared.users--;
    if (shared.users === 0 && current === shared) scheduleClose();
  };
  try {
    const engine = await shared.engine;
    bindingBytes = engine.traits.limits.maxStorageBufferBindingSize;
    void engine.lost.then(() => {
      // Leases of a lost engine stay valid for freeing, but nobody gets it any more.
      if (current === shared) current = undefined;
    });
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
