import { createRandom } from './random.mjs';

/**
 * Two-dimensional gradient noise with Perlin's quintic fade ("Improving Noise", 2002).
 *
 * @param {number} seed
 * @returns {(x: number, y: number) => number} about -0.7 to 0.7, one feature per unit square
 */
export function createNoise(seed) {
  const random = createRandom(seed);
  const order = random.shuffle(Array.from({ length: 256 }, (_, i) => i));
  const table = Uint8Array.from({ length: 512 }, (_, i) => order[i & 255]);
  const gradX = new Float64Array(256);
  const gradY = new Float64Array(256);
  for (let i = 0; i < 256; i++) {
    const angle = random.next() * 2 * Math.PI;
    gradX[i] = Math.cos(angle);
    gradY[i] = Math.sin(angle);
  }
  return (x, y) => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
    const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
    const left = table[x0 & 255];
    const right = table[(x0 + 1) & 255];
    const a = table[left + (y0 & 255)];
    const b = table[right + (y0 & 255)];
    const c = table[left + ((y0 + 1) & 255)];
    const d = table[right + ((y0 + 1) & 255)];
    const top = gradX[a] * fx + gradY[a] * fy;
    const topRight = gradX[b] * (fx - 1) + gradY[b] * fy;
    const bottom = gradX[c] * fx + gradY[c] * (fy - 1);
    const bottomRight = gradX[d] * (fx - 1) + gradY[d] * (fy - 1);
    const upper = top + (topRight - top) * u;
    const lower = bottom + (bottomRight - bottom) * u;
    return upper + (lower - upper) * v;
  };
}

/**
 * Fractal sum of octaves, each twice as fine and half as strong as the one before.
 *
 * @param {(x: number, y: number) => number} noise
 * @returns {(x: number, y: number, octaves: number) => number} about -1 to 1
 */
export function createFractal(noise) {
  return (x, y, octaves) => {
    let sum = 0;
    let strength = 1;
    let scale = 1;
    for (let i = 0; i < octaves; i++) {
      sum += strength * noise(x * scale + i * 17.3, y * scale - i * 9.1);
      strength *= 0.5;
      scale *= 2;
    }
    return sum;
  };
}
