/**
 * Seeded randomness: the same seed paints the same picture on every machine.
 */

/**
 * A stream of pseudo-random numbers (mulberry32, Tommy Ettinger, public domain).
 *
 * @param {number} seed any 32-bit integer
 */
export function createRandom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low, high) => low + (high - low) * next();
  return {
    /** Uniform in [0, 1). */
    next,
    /** Uniform in [low, high). */
    between,
    /** Near-normal with mean 0 and standard deviation 1 (sum of three uniforms, so never beyond 3). */
    normal: () => (next() + next() + next() - 1.5) * 2,
    /** One of the list's entries, each as likely. */
    pick: (list) => list[Math.floor(next() * list.length)],
    /** The list in another order (Fisher–Yates, in place). */
    shuffle: (list) => {
      for (let i = list.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1));
        [list[i], list[j]] = [list[j], list[i]];
      }
      return list;
    },
  };
}
