/**
 * A glass and stone mosaic with andamento: rows of tesserae that flow around the figures.
 *
 * The tiles are a centroidal Voronoi diagram whose distance is a square turned with a direction field
 * (Alejo Hausner, "Simulating Decorative Mosaics", 2001); the field follows the contours of the design.
 * Where a pixel's two nearest tiles are about as far, there is grout. Every tessera has its own shade, is set
 * at its own slight tilt and is lit as relief; the gold ones glint.
 */
import { clamp, createRamp, fromHex, mix, shift, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { createRaster, lightRelief } from '../raster.mjs';

const extent = 512;
const spacing = 10.6;
const deep = createRamp(['#10264f', '#174a86', '#1f7fa6', '#39aaa9', '#8fd0bd', '#e9ead2']);
const warm = createRamp(['#5d1a1c', '#a3301f', '#d3622a', '#e6a23e', '#f2d58a', '#f5ecd0']);
const gold = fromHex('#e3ae3b');

/** Whorls of the design: centre and turn of each spiral. */
const whorls = [
  { x: 168, y: 176, arms: 1, warm: true },
  { x: 392, y: 352, arms: -1, warm: true },
  { x: 420, y: 84, arms: -1, warm: false },
  { x: 96, y: 428, arms: 1, warm: false },
];

/**
 * Whorls of glass and stone tesserae.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintMosaic(size) {
  const fractal = createFractal(createNoise(41));
  const random = createRandom(42);
  const unit = size / extent;

  const field = createField(fractal);
  const tiles = settle(scatter(random, field), field, 14);
  for (const tile of tiles) {
    tile.gold = false;
    tile.colour = tileColour(tile, field.designAt(tile.x, tile.y), random);
    tile.tiltX = random.normal() * 0.1;
    tile.tiltY = random.normal() * 0.1;
    tile.rise = random.between(0, 0.8);
    tile.vein = random.next() * 100;
  }

  const raster = createRaster(size);
  const height = new Float32Array(size * size);
  const grid = buildGrid(tiles);
  const grout = fromHex('#4c4640');
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const at = py * size + px;
      const x = px / unit;
      const y = py / unit;
      // Hand-nibbled edges are never straight.
      const nx = x + 0.55 * fractal(x * 0.24, y * 0.24, 2);
      const ny = y + 0.55 * fractal(x * 0.24 + 30, y * 0.24, 2);
      const { tile, first, second } = nearestTwo(grid, nx, ny);
      const gap = second - first;
      const face = smoothstep(0.95, 1.75, gap);
      const sand = fractal(x * 0.9, y * 0.9, 3);
      const vein = fractal(x * 0.16 + tile.vein, y * 0.3, 3);
      const stone = shift(tile.colour, 0.035 * vein + 0.018 * sand - 0.06 * smoothstep(3.2, 1.4, gap), 1);
      for (let c = 0; c < 3; c++) {
        const mortar = grout[c] * (0.86 + 0.28 * sand);
        raster.rgb[at * 3 + c] = mortar + (stone[c] - mortar) * face;
      }
      const dome = 1.5 * Math.sqrt(smoothstep(0.9, 4.2, gap));
      const tilt = (x - tile.x) * tile.tiltX + (y - tile.y) * tile.tiltY;
      const rough = tile.gold ? 0.55 * vein : 0.22 * sand;
      height[at] = unit * (face * (1.1 + dome + tilt + tile.rise + rough) + (1 - face) * 0.28 * sand);
    }
  }
  lightRelief(raster, height, { diffuse: 0.5, specular: 0.5, shininess: 30 });
  return raster;
}

/** The design as one scalar: rows of tiles run along its contours, its bands take the colours. */
function createField(fractal) {
  const potential = (x, y) => {
    let sum = 0.55 * y + 0.2 * x + 46 * fractal(x * 0.0065 + 3, y * 0.0065, 2);
    let weight = 1;
    for (const w of whorls) {
      const dx = x - w.x;
      const dy = y - w.y;
      const r = Math.hypot(dx, dy);
      const near = 4.5 * Math.exp(-((r / 88) ** 4));
      sum += near * (r + (w.arms * 30 * Math.atan2(dy, dx)) / (2 * Math.PI));
      weight += near;
    }
    return sum / weight;
  };
  const angleAt = (x, y) => {
    const e = 1;
    const gx = wrap(potential(x + e, y) - potential(x - e, y));
    const gy = wrap(potential(x, y + e) - potential(x, y - e));
    return Math.atan2(gy, gx);
  };
  const designAt = (x, y) => {
    let whorl;
    for (const w of whorls) if (Math.hypot(x - w.x, y - w.y) < 84) whorl = w;
    if (whorl !== undefined) {
      const dx = x - whorl.x;
      const dy = y - whorl.y;
      const r = Math.hypot(dx, dy);
      const turn = Math.atan2(dy, dx) / (2 * Math.PI);
      return { whorl, r, band: (((r / 42 + whorl.arms * turn) % 1) + 1) % 1 };
    }
    const bands = potential(x, y) / 62 + 0.12 * fractal(x * 0.02, y * 0.02, 2);
    return { band: ((bands % 1) + 1) % 1, r: 0 };
  };
  // Tabulated on whole units: the relaxation asks for it millions of times.
  const side = extent + 40;
  const table = Float32Array.from({ length: side * side }, (_, i) => angleAt((i % side) - 20, Math.floor(i / side) - 20));
  return {
    designAt,
    angleAt: (x, y) => table[clamp(Math.round(y + 20), 0, side - 1) * side + clamp(Math.round(x + 20), 0, side - 1)],
  };
}

/** A spiral's potential jumps where the angle closes; such a jump is no slope. */
function wrap(difference) {
  return Math.abs(difference) > 10 ? 0 : difference;
}

function tileColour(tile, { whorl, r, band }, random) {
  const shade = random.normal() * 0.04;
  const chance = random.next();
  if (whorl !== undefined) {
    if (r > 74) return shift(fromHex('#f0e6cb'), shade - 0.02);
    if (r > 64) return shift(fromHex('#1a1d2e'), shade + 0.04);
    if (band < 0.2) {
      tile.gold = true;
      return shift(gold, shade * 1.6);
    }
    const ramp = whorl.warm ? warm : deep;
    return shift(ramp((band - 0.2) / 0.8 + random.normal() * 0.05), shade);
  }
  if (chance < 0.022) {
    tile.gold = true;
    return shift(gold, shade * 1.6);
  }
  if (chance < 0.04) return shift(warm(0.35), shade);
  const step = band < 0.09 ? 0 : band;
  const colour = deep(Math.floor(step * 6.5) / 6 + random.normal() * 0.045);
  return shift(band > 0.8 ? mix(colour, warm(0.75), 0.55) : colour, shade);
}

function scatter(random) {
  const tiles = [];
  const half = spacing / 2;
  for (let y = -16; y < extent + 16; y += spacing) {
    for (let x = -16; x < extent + 16; x += spacing) {
      tiles.push({ x: x + half + random.normal() * 2, y: y + half + random.normal() * 2, angle: 0 });
    }
  }
  return tiles;
}

/** Lloyd's algorithm with the turned square distance. */
function settle(tiles, field, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (const tile of tiles) {
      const angle = field.angleAt(tile.x, tile.y);
      tile.cos = Math.cos(angle);
      tile.sin = Math.sin(angle);
      tile.sumX = 0;
      tile.sumY = 0;
      tile.count = 0;
    }
    if (round === rounds - 1) return tiles;
    const grid = buildGrid(tiles);
    for (let y = -20; y < extent + 20; y += 1.25) {
      for (let x = -20; x < extent + 20; x += 1.25) {
        const { tile } = nearestTwo(grid, x, y);
        tile.sumX += x;
        tile.sumY += y;
        tile.count += 1;
      }
    }
    for (const tile of tiles) {
      if (tile.count === 0) continue;
      tile.x = tile.sumX / tile.count;
      tile.y = tile.sumY / tile.count;
    }
  }
  return tiles;
}

const cell = 12;
const origin = -36;
const side = Math.ceil((extent + 72) / cell);

function buildGrid(tiles) {
  const grid = Array.from({ length: side * side }, () => []);
  for (const tile of tiles) {
    const i = Math.floor((tile.x - origin) / cell);
    const j = Math.floor((tile.y - origin) / cell);
    if (i >= 0 && j >= 0 && i < side && j < side) grid[j * side + i].push(tile);
  }
  return grid;
}

/** The two nearest tiles by max(|u|, |v|) in each tile's own turned frame. */
function nearestTwo(grid, x, y) {
  const ci = Math.floor((x - origin) / cell);
  const cj = Math.floor((y - origin) / cell);
  let tile;
  let first = Infinity;
  let second = Infinity;
  for (let j = Math.max(0, cj - 1); j <= Math.min(side - 1, cj + 1); j++) {
    for (let i = Math.max(0, ci - 1); i <= Math.min(side - 1, ci + 1); i++) {
      for (const candidate of grid[j * side + i]) {
        const dx = x - candidate.x;
        const dy = y - candidate.y;
        const u = Math.abs(dx * candidate.cos + dy * candidate.sin);
        const v = Math.abs(dy * candidate.cos - dx * candidate.sin);
        const d = u > v ? u : v;
        if (d < first) {
          second = first;
          first = d;
          tile = candidate;
        } else if (d < second) second = d;
      }
    }
  }
  return { tile, first, second };
}
