/**
 * Marbled paper, computed in closed form (after Lu, Jaffer and others, "Mathematical Marbling", 2012).
 *
 * Drops of ink fall into a bath, each pushing all before it outwards; then combs are drawn through and whorls
 * stirred. Every one of these moves has an exact inverse, so each pixel is walked back through all moves
 * to find the drop it came from: edges stay sharp however far the ink was pulled.
 */
import { createRamp, fromHex, mix, shift, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { createRaster } from '../raster.mjs';

const extent = 512;
const inks = ['#14213f', '#14213f', '#c23b22', '#e0a33a', '#f1e6cf', '#f1e6cf', '#2f7d8c', '#7fb3a6', '#7a1f33'].map(fromHex);
const bath = fromHex('#1d2f57');
const paperTone = createRamp(['#f6ecd6', '#e6d5b2']);

/**
 * Marbled paper, combed and stirred.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintMarbling(size) {
  const random = createRandom(71);
  const fractal = createFractal(createNoise(72));
  const moves = [...dropInks(random), ...rake(random)].reverse();
  const raster = createRaster(size);
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const at = (py * size + px) * 3;
      const { ink, inside } = trace(moves, (px / size) * extent, (py / size) * extent);
      const x = (px / size) * extent;
      const y = (py / size) * extent;
      const fibre = fractal(x * 0.35, y * 0.35, 3);
      // Ink thins towards a drop's rim and lies a little unevenly on the size.
      const body = 0.05 * (inside - 0.5) + 0.022 * fibre + 0.03 * fractal(x * 0.02, y * 0.02, 2);
      const wet = shift(ink, body, 1.02);
      const bare = smoothstep(0.5, 0.85, fractal(x * 0.75 + 9, y * 0.75, 2)) * 0.35;
      const colour = bare > 0 ? mix(wet, paperTone(0.5 + fibre), bare) : wet;
      for (let c = 0; c < 3; c++) raster.rgb[at + c] = colour[c];
    }
  }
  return raster;
}

/** Some large drops, then ever smaller ones into them: rings within rings, and fine stones at last. */
function dropInks(random) {
  const moves = [];
  const drop = (x, y, radius, ink) => moves.push({ kind: 'drop', x, y, radius, ink });
  for (let i = 0; i < 46; i++) {
    const x = random.between(-60, extent + 60);
    const y = random.between(-60, extent + 60);
    let radius = random.between(26, 62);
    const rings = 2 + Math.floor(random.next() * 4);
    for (let k = 0; k < rings; k++) {
      drop(x + random.normal() * 3, y + random.normal() * 3, radius, random.pick(inks));
      radius *= random.between(0.6, 0.9);
    }
  }
  for (let i = 0; i < 150; i++) {
    drop(random.between(-30, extent + 30), random.between(-30, extent + 30), random.between(3, 13), random.pick(inks));
  }
  return moves;
}

/** A wide comb across, a finer one down, a wavy pass, and a few whorls stirred with a stylus. */
function rake(random) {
  const moves = [
    { kind: 'comb', angle: 0.06, pitch: 92, offset: 20, pull: 120, sharpness: 26 },
    { kind: 'wave', angle: Math.PI / 2, length: 210, depth: 26, phase: 0.8 },
    { kind: 'comb', angle: Math.PI / 2 + 0.05, pitch: 52, offset: 8, pull: 64, sharpness: 13 },
    { kind: 'wave', angle: 0.1, length: 150, depth: 17, phase: 2.2 },
  ];
  const whorls = [
    [128, 150, 56],
    [378, 108, 66],
    [262, 318, 72],
    [436, 398, 50],
    [84, 430, 58],
  ];
  for (const [x, y, radius] of whorls) {
    moves.push({ kind: 'whorl', x, y, radius, turn: (random.next() < 0.5 ? -1 : 1) * random.between(2.6, 3.8) });
  }
  for (let i = 0; i < 26; i++) {
    moves.push({
      kind: 'drop',
      x: random.between(0, extent),
      y: random.between(0, extent),
      radius: random.between(1.5, 6),
      ink: random.pick(inks),
    });
  }
  return moves;
}

/** Undoes the moves from the last to the first, until the point lies in a drop. */
function trace(moves, x, y) {
  for (const move of moves) {
    switch (move.kind) {
      case 'drop': {
        const dx = x - move.x;
        const dy = y - move.y;
        const d2 = dx * dx + dy * dy;
        const r2 = move.radius * move.radius;
        if (d2 <= r2) return { ink: move.ink, inside: 1 - Math.sqrt(d2 / r2) };
        const back = Math.sqrt(1 - r2 / d2);
        x = move.x + dx * back;
        y = move.y + dy * back;
        break;
      }
      case 'comb': {
        const cos = Math.cos(move.angle);
        const sin = Math.sin(move.angle);
        const across = y * cos - x * sin - move.offset;
        const toTooth = Math.abs(across - move.pitch * Math.round(across / move.pitch));
        const tooth = Math.round(across / move.pitch) % 2 === 0 ? 1 : -1;
        const pull = (tooth * move.pull * move.sharpness) / (toTooth + move.sharpness);
        x -= pull * cos;
        y -= pull * sin;
        break;
      }
      case 'wave': {
        const cos = Math.cos(move.angle);
        const sin = Math.sin(move.angle);
        const along = (y * cos - x * sin) * ((2 * Math.PI) / move.length) + move.phase;
        x -= move.depth * Math.sin(along) * cos;
        y -= move.depth * Math.sin(along) * sin;
        break;
      }
      case 'whorl': {
        const dx = x - move.x;
        const dy = y - move.y;
        const angle = -move.turn * Math.exp(-((Math.hypot(dx, dy) / move.radius) ** 2));
        x = move.x + dx * Math.cos(angle) - dy * Math.sin(angle);
        y = move.y + dx * Math.sin(angle) + dy * Math.cos(angle);
        break;
      }
    }
  }
  return { ink: bath, inside: 0.5 };
}
