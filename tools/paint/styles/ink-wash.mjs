/**
 * Ink and water on absorbent paper: mountains in mist behind bamboo.
 *
 * Pigments are kept as absorbances and add up, so washes darken each other as glazes do (Beer and Lambert).
 * A wash is a region with a drying front: soft where the paper was wet, with a dark rim where it dried. The
 * paper's tooth catches pigment (granulation), and late drops of water push it back into blooms. The bamboo is
 * brushed on in two distances, with split hairs where the brush ran dry.
 */
import { clamp, fromHex, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { blur, createPlate, createRaster, readChannel } from '../raster.mjs';

const extent = 512;
const paper = fromHex('#f2ead9');
const absorbanceOf = (hex) => fromHex(hex).map((v) => -Math.log(Math.max(v, 0.02)));
const indigo = absorbanceOf('#4d6f92');
const ink = absorbanceOf('#2b2d33');
const sepia = absorbanceOf('#b58a5c');
const moss = absorbanceOf('#7d936f');
const vermilion = absorbanceOf('#d0432a');

/** From far to near: ridge line, how fast it fades downwards into mist, pigment, strength. */
const ranges = [
  { base: 128, rise: 62, scale: 0.011, fade: 110, pigment: indigo, strength: 0.5, seed: 1 },
  { base: 196, rise: 74, scale: 0.0105, fade: 120, pigment: indigo, strength: 0.85, seed: 2 },
  { base: 268, rise: 70, scale: 0.012, fade: 105, pigment: moss, strength: 1, seed: 3 },
  { base: 334, rise: 76, scale: 0.011, fade: 120, pigment: indigo, strength: 1.35, seed: 4 },
  { base: 424, rise: 60, scale: 0.013, fade: 130, pigment: ink, strength: 1.15, seed: 5 },
];

/**
 * Mountains in mist behind bamboo.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintInkWash(size) {
  const fractal = createFractal(createNoise(51));
  const random = createRandom(52);
  const unit = size / extent;
  const absorbance = new Float32Array(size * size * 3);
  const tooth = new Float32Array(size * size);
  const blooms = Array.from({ length: 26 }, () => ({
    x: random.between(0, extent),
    y: random.between(0, extent),
    radius: random.between(12, 46),
    depth: random.between(0.35, 0.8),
  }));

  eachPixel((at, x, y) => {
    tooth[at] = 0.6 * fractal(x * 0.55, y * 0.55, 3) + 0.4 * fractal(x * 0.16, y * 0.16, 2);
    // Water drops: pigment swept from the middle out to a ragged rim.
    let swept = 0;
    for (const bloom of blooms) {
      const dx = x - bloom.x;
      const dy = y - bloom.y;
      const d = Math.hypot(dx, dy);
      if (d > bloom.radius * 1.6) continue;
      const ragged = d / bloom.radius + 0.42 * fractal(x * 0.05, y * 0.05 + bloom.radius, 3);
      swept += bloom.depth * (0.75 * Math.exp(-(((ragged - 1) / 0.07) ** 2)) - 0.6 * smoothstep(1.0, 0.55, ragged));
    }
    const pool = Math.max(0.12, 1 + swept);

    const sky = 0.34 * smoothstep(-0.25, 0.8, fractal(x * 0.006 + 7, y * 0.011, 3)) * smoothstep(300, 20, y);
    lay(at, indigo, sky * pool);
    const sun = 0.5 * smoothstep(1.12, 0.92, Math.hypot(x - 356, y - 104) / 42 + 0.08 * fractal(x * 0.06, y * 0.06, 2));
    lay(at, vermilion, sun * (0.75 + 0.25 * pool));
    lay(at, sepia, 0.3 * smoothstep(-0.1, 0.75, fractal(x * 0.005 + 31, y * 0.008, 3)) * pool);

    for (const { base, rise, scale, fade, pigment, strength, seed } of ranges) {
      const ridge = base - rise * fractal(x * scale + seed * 13, seed * 7.7, 4) - 4 * fractal(x * 0.09, seed, 2);
      const below = y - ridge + 1.6 * fractal(x * 0.12, y * 0.12 + seed, 2);
      if (below < -3) continue;
      const wet = smoothstep(0.05, 0.5, fractal(x * 0.009 + seed * 5, 4.4, 2));
      const front = smoothstep(-0.4 - 14 * wet, 0.9 + 12 * wet, below);
      const rim = (1 - wet) * 0.5 * Math.exp(-((Math.max(0, below) / 2.2) ** 2));
      const mist = Math.exp(-Math.max(0, below) / (fade * (0.75 + 0.5 * fractal(x * 0.008, y * 0.012 + seed, 2))));
      // Texture strokes (cun) follow the fall of the slope.
      const slope = fractal(x * 0.045 + below * 0.02, below * 0.013 + seed * 3, 3);
      const strokes = 1.05 * smoothstep(0.05, 0.5, slope) * smoothstep(150, 8, below);
      lay(at, pigment, strength * front * (mist * (0.62 + strokes) + rim) * pool);
    }
  });

  const far = bamboo({ culms: 5, seed: 53, dark: 0.42 });
  const near = bamboo({ culms: 4, seed: 54, dark: 1 });
  brush(far, { pigment: indigo, strength: 1.25, bleed: 1.6 });
  brush(near, { pigment: ink, strength: 1.5, bleed: 0.7 });
  brush(splatter(), { pigment: ink, strength: 0.9, bleed: 0.5 });

  const raster = createRaster(size);
  eachPixel((at, x, y) => {
    const fibre = 0.016 * fractal(x * 0.05, y * 0.7, 2) + 0.02 * tooth[at];
    for (let c = 0; c < 3; c++) {
      raster.rgb[at * 3 + c] = clamp((paper[c] + fibre) * Math.exp(-absorbance[at * 3 + c]));
    }
  });
  return raster;

  function eachPixel(visit) {
    for (let py = 0; py < size; py++) {
      for (let px = 0; px < size; px++) visit(py * size + px, px / unit, py / unit);
    }
  }

  /** Adds pigment to a pixel; thin washes settle in the tooth of the paper, thick ones cover it. */
  function lay(at, pigment, amount) {
    if (amount <= 0) return;
    const settled = amount * (1 + 0.85 * tooth[at] * Math.exp(-amount * 0.5));
    for (let c = 0; c < 3; c++) absorbance[at * 3 + c] += pigment[c] * settled;
  }

  /** Lays a brushed plate down: bled a little into the paper, darker where its edge dried. */
  function brush(plate, { pigment, strength, bleed }) {
    const soft = blur(plate, size, bleed * unit);
    const wide = blur(plate, size, 3 * unit);
    for (let at = 0; at < soft.length; at++) {
      const rim = Math.max(0, soft[at] - wide[at]);
      lay(at, pigment, strength * soft[at] * (0.72 + 0.55 * rim));
    }
  }

  function splatter() {
    const { canvas, context } = createPlate(size, extent);
    for (let i = 0; i < 170; i++) {
      const radius = 0.5 + 2.6 * random.next() ** 4;
      context.globalAlpha = random.between(0.35, 1);
      context.beginPath();
      context.arc(random.between(0, extent), random.between(0, extent), radius, 0, 2 * Math.PI);
      context.fill();
    }
    return readChannel(canvas, 3);
  }

  /** Stalks with nodes and hanging bunches of leaves, as a plate of coverage. */
  function bamboo({ culms, seed, dark }) {
    const brushes = createRandom(seed);
    const { canvas, context } = createPlate(size, extent);
    context.lineCap = 'round';
    for (let i = 0; i < culms; i++) {
      const x0 = (extent * (i + brushes.between(0.1, 0.9))) / culms;
      const lean = brushes.between(-0.2, 0.2);
      const width = brushes.between(3.5, 8.5) * (0.6 + 0.4 * dark);
      let y = extent + 20;
      while (y > -40) {
        const joint = brushes.between(62, 104);
        const x = x0 + (extent - y) * lean;
        const x1 = x + joint * lean;
        context.globalAlpha = dark * brushes.between(0.45, 0.8);
        culm(context, brushes, { x, y: y - 2.5, x1, y1: y - joint + 2.5, width });
        context.globalAlpha = dark;
        context.lineWidth = 1.7;
        context.beginPath();
        context.moveTo(x1 - width * 0.75, y - joint + 1);
        context.quadraticCurveTo(x1, y - joint - 2, x1 + width * 0.75, y - joint + 1);
        context.stroke();
        if (brushes.next() < 0.75) branch(context, brushes, { x: x1, y: y - joint, dark });
        y -= joint;
      }
    }
    return readChannel(canvas, 3);
  }

  function culm(context, brushes, { x, y, x1, y1, width }) {
    for (let b = -width / 2; b < width / 2; b += 0.8) {
      // Dry hairs leave the middle of the stalk light.
      const edge = Math.abs(b) / (width / 2);
      context.lineWidth = brushes.between(0.5, 1.3) * (0.5 + 0.7 * edge);
      context.beginPath();
      context.moveTo(x + b, y - brushes.between(0, 4));
      context.lineTo(x1 + b, y1 + brushes.between(0, 7));
      context.stroke();
    }
  }

  function branch(context, brushes, { x, y, dark }) {
    const way = brushes.next() < 0.5 ? -1 : 1;
    const tipX = x + way * brushes.between(24, 62);
    const tipY = y - brushes.between(4, 34);
    context.globalAlpha = dark * 0.8;
    context.lineWidth = 1.3;
    context.beginPath();
    context.moveTo(x, y);
    context.quadraticCurveTo((x + tipX) / 2, y - 16, tipX, tipY);
    context.stroke();
    for (const [px, py] of [
      [tipX, tipY],
      [(x + tipX) / 2, (y + tipY) / 2 - 5],
    ]) {
      const count = 3 + Math.floor(brushes.next() * 4);
      for (let k = 0; k < count; k++) {
        const angle = Math.PI / 2 - way * (0.25 + (k - count / 2) * 0.42) + 0.16 * brushes.normal();
        context.globalAlpha = dark * brushes.between(0.62, 1);
        leaf(context, brushes, { x: px, y: py, angle, length: brushes.between(30, 68) });
      }
    }
  }

  function leaf(context, brushes, { x, y, angle, length }) {
    const half = length * brushes.between(0.065, 0.1);
    const droop = brushes.between(-5, 9);
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    context.beginPath();
    context.moveTo(0, 0);
    context.bezierCurveTo(length * 0.2, -half * 1.5, length * 0.55, -half, length, droop);
    context.bezierCurveTo(length * 0.6, half * 1.1, length * 0.22, half * 1.4, 0, 0);
    context.fill();
    // Split hairs: bare streaks from the middle to the tip.
    context.globalCompositeOperation = 'destination-out';
    for (let k = 0; k < 5; k++) {
      const from = length * brushes.between(0.3, 0.7);
      const offset = half * brushes.between(-0.7, 0.7);
      context.globalAlpha = brushes.between(0.15, 0.6);
      context.lineWidth = brushes.between(0.3, 0.8);
      context.beginPath();
      context.moveTo(from, offset);
      context.lineTo(length, droop + offset * 0.3);
      context.stroke();
    }
    context.restore();
  }
}
