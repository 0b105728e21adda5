/**
 * Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). The n-th number depends on the seed and n alone, so noise is the same on every machine and in every order.
 */
const ROUND_A = 0xd2511f53;
const ROUND_B = 0xcd9e8d57;
const KEY_A = 0x9e3779b9;
const KEY_B = 0xbb67ae85;

/** The 64-bit product of two 32-bit words, by 16-bit halves. */
function multiply32(a: number, b: number): [high: number, low: number] {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const lowLow = aLow * bLow;
  const middle = aHigh * bLow + (lowLow >>> 16);
  const middle2 = aLow * bHigh + (middle & 0xffff);
  const high = aHigh * bHigh + Math.floor(middle / 65_536) + Math.floor(middle2 / 65_536);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

/** One Philox4x32-10 block: four 32-bit words for a counter and a key. */
export function philox4x32(counter: readonly [number, number, number, number], key: readonly [number, number]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [highA, lowA] = multiply32(ROUND_A, c0);
    const [highB, lowB] = multiply32(ROUND_B, c2);
    [c0, c1, c2, c3] = [(highB ^ c1 ^ k0) >>> 0, lowB, (highA ^ c3 ^ k1) >>> 0, lowA];
    k0 = (k0 + KEY_A) >>> 0;
    k1 = (k1 + KEY_B) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A stream of Philox numbers. `stream` separates uses of one seed (noise, weights of layer 3, …). */
export class Philox {
  readonly #key: [number, number];
  readonly #stream: number;
  #block = 0;
  #words: number[] = [];

  constructor(seed: number, stream = 0) {
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
    this.#stream = stream >>> 0;
  }

  /** The next 32-bit word. */
  nextUint32(): number {
    if (this.#words.length === 0) {
      this.#words = philox4x32([this.#block >>> 0, Math.floor(this.#block / 2 ** 32) >>> 0, this.#stream, 0], this.#key).reverse();
      this.#block++;
    }
    return this.#words.pop() ?? 0;
  }

  /** Uniform in [0, 1) with 24 bits, so that it is exact in f32. */
  nextUniform(): number {
    return (this.nextUint32() >>> 8) / 2 ** 24;
  }

  /** Standard normal by Box and Muller (1958), in float64. */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextUniform()));
    return radius * Math.cos(2 * Math.PI * this.nextUniform());
  }
}

/**
 * Fills `words` with the same numbers that a fresh `new Philox(seed, stream)` gives by `nextUint32`, several times faster:
 * for weights by the million.
 */
export function fillPhilox(words: Uint32Array, seed: number, stream = 0): void {
  const keyA = seed >>> 0;
  const keyB = Math.floor(seed / 2 ** 32) >>> 0;
  for (let start = 0, block = 0; start < words.length; start += 4, block++) {
    let c0 = block >>> 0;
    let c1 = Math.floor(block / 2 ** 32) >>> 0;
    let c2 = stream >>> 0;
    let c3 = 0;
    let k0 = keyA;
    let k1 = keyB;
    for (let round = 0; round < 10; round++) {
      const highA = highProduct(ROUND_A, c0);
      const highB = highProduct(ROUND_B, c2);
      const lowA = Math.imul(ROUND_A, c0);
      const lowB = Math.imul(ROUND_B, c2);
      c0 = highB ^ c1 ^ k0;
      c1 = lowB;
      c2 = highA ^ c3 ^ k1;
      c3 = lowA;
      k0 = (k0 + KEY_A) | 0;
      k1 = (k1 + KEY_B) | 0;
    }
    words[start] = c0;
    if (start + 1 < words.length) words[start + 1] = c1;
    if (start + 2 < words.length) words[start + 2] = c2;
    if (start + 3 < words.length) words[start + 3] = c3;
  }
}

/** The high word of a 64-bit product of two 32-bit words, in 32-bit integer arithmetic throughout. */
function highProduct(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const middle2 = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  // Both sums stay below 2^32, so their words are exact.
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (middle2 >>> 16)) | 0;
}

/** Length of the block that {@link drawValues} repeats: a prime, so that it never lines up with rows or workgroups. */
const DRAWN_BLOCK = 10_007;

/** `count` numbers of `draw` for tests: at most a block of a prime length is drawn and then repeated, so that large shapes stay quick. */
export function drawValues(count: number, draw: () => number): Float64Array {
  const block = Float64Array.from({ length: Math.min(count, DRAWN_BLOCK) }, draw);
  if (count <= DRAWN_BLOCK) return block;
  const values = new Float64Array(count);
  for (let at = 0; at < count; at += DRAWN_BLOCK) values.set(block.subarray(0, Math.min(DRAWN_BLOCK, count - at)), at);
  return values;
}
