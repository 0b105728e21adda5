/**
 * A woodcut: paper-white lines carved out of an inked block.
 *
 * The scene (sun, clouds of wind, mountain, hills, sea) gives every place a tone and a direction. Evenly spaced
 * streamlines follow the direction; each is cut as a row of gouges, tapered where the tool enters and leaves
 * the wood, as wide as the tone is light. What the gouges leave standing takes the ink, with the wood's grain
 * and a little salt showing. The sun's block is printed in vermilion.
 */
import { clamp, fromHex, mix, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { createPlate, createRaster, readChannel } from '../raster.mjs';
import { traceStreamlines } from '../streamlines.mjs';

const extent = 512;
const sun = { x: 352, y: 138, radius: 62 };
const regions = { sky: 0, sun: 1, mountain: 2, ridge: 3, hill: 4, sea: 5 };

/**
 * Mountains, hills and sea carved from a block.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintWoodcut(size) {
  const fractal = createFractal(createNoise(31));
  const random = createRandom(32);
  const scene = createScene(fractal);
  const lines = traceStreamlines({
    extent,
    margin: 12,
    seed: 33,
    angleAt: scene.angleAt,
    spacingAt: scene.spacingAt,
    regionAt: scene.regionAt,
  });

  const { canvas, context } = createPlate(size, extent);
  context.fillStyle = '#fff';
  for (const { points } of lines) carve(points);
  const carved = readChannel(canvas, 3);

  const raster = createRaster(size);
  const paper = fromHex('#efe3c8');
  const ink = fromHex('#14161c');
  const vermilion = fromHex('#c8371f');
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const at = py * size + px;
      const x = (px / size) * extent;
      const y = (py / size) * extent;
      const fibre = 0.5 * fractal(x * 0.5, y * 0.5, 2) + 0.5 * fractal(x * 0.06, y * 0.9, 2);
      const grain = fractal(x * 0.018 + 0.5 * fractal(x * 0.01, y * 0.01, 1), y * 0.42, 3);
      const salt = smoothstep(0.4, 0.75, fractal(x * 0.8, y * 0.8, 2) + 0.3 * grain);
      const cover = clamp((1 - carved[at]) * (1 - 0.75 * salt) * (0.97 - 0.1 * smoothstep(0.1, 0.6, grain)));
      const ground = mix(paper, fromHex('#d3bd92'), clamp(0.22 + 0.3 * fibre));
      const pigment = scene.regionAt(x, y) === regions.sun ? vermilion : ink;
      for (let c = 0; c < 3; c++) raster.rgb[at * 3 + c] = ground[c] + (pigment[c] - ground[c]) * cover;
    }
  }
  return raster;

  /** Cuts one streamline: gouge after gouge, with bridges of wood left between them where it is dark. */
  function carve(points) {
    let start = Math.floor(random.next() * 6);
    while (start < points.length - 4) {
      const [x, y] = points[start];
      const tone = scene.toneAt(x, y);
      const length = Math.round(random.between(18, 60) * (0.35 + 1.1 * tone));
      const end = Math.min(points.length - 1, start + length);
      if (tone > 0.06 && end - start > 3) gouge(points, start, end);
      start = end + Math.round(random.between(0.5, 2.5) + 7 * Math.max(0, 0.4 - tone));
    }
  }

  function gouge(points, start, end) {
    const left = [];
    const right = [];
    const phase = random.next() * 50;
    for (let i = start; i <= end; i++) {
      const [x, y] = points[i];
      const [ax, ay] = points[Math.max(0, i - 1)];
      const [bx, by] = points[Math.min(points.length - 1, i + 1)];
      const length = Math.hypot(bx - ax, by - ay) || 1;
      const t = (i - start) / (end - start);
      // A gouge enters steeply and runs out slowly.
      const taper = smoothstep(0, 0.14, t) * (1 - smoothstep(0.5, 1, t) ** 1.5);
      const wobble = 1 + 0.22 * fractal(i * 0.22 + phase, phase, 2);
      const half = 0.5 * scene.spacingAt(x, y) * (0.16 + 0.82 * scene.toneAt(x, y)) * taper * wobble;
      const nx = (-(by - ay) / length) * half;
      const ny = ((bx - ax) / length) * half;
      left.push([x + nx, y + ny]);
      right.push([x - nx, y - ny]);
    }
    context.beginPath();
    for (const [x, y] of left) context.lineTo(x, y);
    for (const [x, y] of right.reverse()) context.lineTo(x, y);
    context.closePath();
    context.fill();
  }
}

function createScene(fractal) {
  const peak = (x) => 120 + 0.85 * Math.abs(x - 150) ** 1.02 + 16 * fractal(x * 0.02, 3, 3);
  const ridge = (x) => 258 + 34 * Math.sin(x * 0.013 + 2.2) + 15 * fractal(x * 0.014, 9, 3);
  const hill = (x) => 330 + 40 * Math.sin(x * 0.0115 + 0.4) + 9 * fractal(x * 0.012, 21, 2);
  const shore = (x) => 400 + 18 * Math.sin(x * 0.017 + 1.2) + 6 * fractal(x * 0.02, 30, 2);

  const regionAt = (x, y) => {
    if (y > shore(x)) return regions.sea;
    if (y > hill(x)) return regions.hill;
    if (y > ridge(x)) return regions.ridge;
    if (y > peak(x)) return regions.mountain;
    return Math.hypot(x - sun.x, y - sun.y) < sun.radius ? regions.sun : regions.sky;
  };
  const potential = (x, y) => {
    switch (regionAt(x, y)) {
      case regions.sea:
        return y + 13 * Math.sin(x * 0.045 + y * 0.03 + 2.4 * fractal(x * 0.006, y * 0.012, 2)) + 60 * fractal(x * 0.005, y * 0.009, 2);
      case regions.hill:
        return 60 * Math.sin(x * 0.018 + 0.6) + 0.75 * x + 0.95 * (y - hill(x)) + 40 * fractal(x * 0.01, y * 0.01, 2);
      case regions.ridge:
        return y - 0.9 * ridge(x) + 36 * fractal(x * 0.012, y * 0.012 + 5, 2);
      case regions.mountain:
        return (x - 150) * 0.9 - 0.75 * (y - 120) * Math.tanh((x - 150) / 30) + 42 * fractal(x * 0.014, y * 0.01, 2);
      case regions.sun:
        return y + 8 * Math.sin(x * 0.04);
      default: {
        // Wind that parts around the sun.
        const dx = x - sun.x;
        const dy = y - sun.y;
        const parting = 1 - 0.92 * Math.exp(-((dx * dx + dy * dy) / 9000 - 0.43));
        return dy * parting * 1.2 + 95 * fractal(x * 0.0055 + 2, y * 0.0085, 2) + 10 * Math.sin(x * 0.02);
      }
    }
  };
  const angleAt = (x, y) => {
    const e = 0.7;
    // Differences across a region's border would mean nothing, so take them within it.
    const here = regionAt(x, y);
    const slope = (dx, dy) => {
      const ahead = regionAt(x + dx, y + dy) === here ? 1 : 0;
      const behind = regionAt(x - dx, y - dy) === here ? 1 : 0;
      if (ahead + behind === 0) return 0;
      return (potential(x + ahead * dx, y + ahead * dy) - potential(x - behind * dx, y - behind * dy)) / (ahead + behind);
    };
    return Math.atan2(-slope(e, 0), slope(0, e));
  };
  const toneAt = (x, y) => {
    const patch = 0.5 + 0.5 * fractal(x * 0.011 + 50, y * 0.016, 2);
    switch (regionAt(x, y)) {
      case regions.sea: {
        const swell = 0.5 + 0.5 * Math.sin(potential(x, y) * 0.16);
        const glitter = Math.exp(-(((x - sun.x) / 75) ** 2)) * 0.45;
        return clamp(0.1 + 0.62 * swell * swell + glitter);
      }
      case regions.hill:
        return Math.max(0.15 + 0.2 * patch, clamp(0.8 - (y - hill(x)) / 62 + 0.35 * (patch - 0.5)));
      case regions.ridge:
        return Math.max(0.12 + 0.2 * patch, clamp(0.92 - (y - ridge(x)) / 58 + 0.5 * (patch - 0.5)));
      case regions.mountain: {
        const lit = smoothstep(-34, 30, x - 150 + 26 * fractal(x * 0.02, y * 0.02, 2));
        const snow = smoothstep(95, 20, y - peak(x) + 40 * fractal(x * 0.03, y * 0.012, 2));
        return clamp(0.07 + 0.5 * lit + 0.55 * snow * (0.4 + 0.6 * lit));
      }
      case regions.sun:
        return clamp(0.1 + 0.55 * smoothstep(sun.y - 10, sun.y + sun.radius, y));
      default: {
        const fromSun = Math.hypot(x - sun.x, y - sun.y) - sun.radius;
        return clamp(0.95 * Math.exp(-fromSun / 75) + 0.14 + 0.62 * smoothstep(0.35, 0.85, patch));
      }
    }
  };
  const spacingAt = (x, y) => {
    switch (regionAt(x, y)) {
      case regions.sea:
        return 4.2 + (y - 400) * 0.02;
      case regions.sun:
        return 4.4;
      case regions.sky:
        return 4.6;
      case regions.hill:
        return 4.8;
      default:
        return 4.2;
    }
  };
  return { regionAt, angleAt, toneAt, spacingAt };
}
