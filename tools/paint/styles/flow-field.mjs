/**
 * Thick oil paint laid along a flow field.
 *
 * A stream function ψ (drifting noise plus a few vortices) gives both things at once: strokes run along its
 * level lines, and its value picks the colour, so bands of colour and strokes swirl together. Every stroke is
 * a comb of bristles, each with its own load of paint and its own shade; the paint's thickness is kept as a
 * height map and lit at the end, which gives the ridges of impasto. Large strokes first, small ones on top.
 */
import { clamp, createRamp, fromHex, mix, shift, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { blur, createRaster, lightRelief } from '../raster.mjs';

/** Lights in the picture, in a frame of 0..1: where, how far they reach, which way and how hard they turn. */
const vortices = [
  { x: 0.26, y: 0.27, reach: 0.2, turn: 1 },
  { x: 0.72, y: 0.4, reach: 0.24, turn: -1.15 },
  { x: 0.34, y: 0.73, reach: 0.18, turn: -1.25 },
  { x: 0.9, y: 0.86, reach: 0.15, turn: 0.9 },
  { x: 0.93, y: 0.08, reach: 0.13, turn: 0.8 },
  { x: 0.03, y: 0.95, reach: 0.12, turn: 0.7 },
];

const night = createRamp(['#0b1233', '#14266b', '#1d4aa0', '#2f78b8', '#6fb3c4', '#cfdcae', '#3c86b4', '#1a3f92', '#101c52']);
const lamp = createRamp(['#fff3c0', '#f8cf52', '#e9a021', '#c9741c', '#8a8a4a', '#3f7f96']);

/**
 * Thick oil strokes along a flow field.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintFlowField(size) {
  const fractal = createFractal(createNoise(11));
  const random = createRandom(12);
  const raster = createRaster(size, fromHex('#14205a'));
  const height = new Float32Array(size * size);
  const unit = size / 512;

  const stream = (x, y) => {
    let sum = 0.34 * fractal(x * 2.1 + 5, y * 2.6 + 1, 2) + 0.5 * y - 0.12 * x;
    for (const v of vortices) {
      const r2 = ((x - v.x) ** 2 + (y - v.y) ** 2) / (v.reach * v.reach);
      sum += 2.1 * v.turn * v.reach * Math.exp(-r2 * 1.5);
    }
    return sum;
  };
  const flow = (x, y) => {
    const e = 0.002;
    return Math.atan2(-(stream(x + e, y) - stream(x - e, y)), stream(x, y + e) - stream(x, y - e));
  };
  const colourAt = (x, y) => {
    const bands = stream(x, y) * 2.1 + 0.25 * fractal(x * 7, y * 7, 2);
    let colour = night(Math.abs(((bands % 1) + 1) % 1));
    for (const v of vortices) {
      const r = Math.hypot(x - v.x, y - v.y) / v.reach;
      // Rings of light thin out as they leave the lamp.
      const ring = 0.5 + 0.5 * Math.cos(r * 13);
      const glow = smoothstep(1, 0.2, r) * (0.45 + 0.55 * ring);
      colour = mix(colour, lamp(r * 1.15), clamp(glow * 1.25));
    }
    return colour;
  };

  const layers = [
    { spacing: 11, width: 26, length: 90, load: 1.2 },
    { spacing: 7, width: 15, length: 66, load: 2 },
    { spacing: 6.2, width: 9.5, length: 52, load: 2.8 },
    { spacing: 11, width: 5.2, length: 40, load: 3.4 },
  ];
  layers.forEach((layer, depth) => {
    const starts = [];
    for (let y = -8; y < 520; y += layer.spacing) {
      for (let x = -8; x < 520; x += layer.spacing) {
        starts.push([x + random.normal() * layer.spacing, y + random.normal() * layer.spacing]);
      }
    }
    for (const [x, y] of random.shuffle(starts)) {
      let colour = colourAt(x / 512, y / 512);
      const accent = random.next();
      if (depth > 0 && accent < 0.05) colour = mix(colour, fromHex('#e8e2c0'), 0.6);
      else if (depth > 0 && accent < 0.09) colour = mix(colour, fromHex('#d9601f'), 0.55);
      else if (depth > 0 && accent < 0.2) colour = shift(colour, -0.12);
      colour = shift(colour, random.normal() * 0.045, 1.08);
      stroke({ x, y, colour, layer });
    }
  });

  // Oil flows a little before it sets, which rounds the ridges.
  lightRelief(raster, blur(height, size, unit * 0.5), { diffuse: 0.95, specular: 0.5, shininess: 18 });
  return raster;

  /** One brush stroke, centred on (x, y) in 512ths of the frame. */
  function stroke({ x, y, colour, layer }) {
    const length = layer.length * random.between(0.6, 1.25);
    const width = layer.width * random.between(0.7, 1.2);
    const step = 0.8 / unit;
    const path = trace(x, y, length, step);
    const bristles = Math.ceil((width * unit) / 0.8);
    const shades = new Float32Array(bristles);
    const loads = new Float32Array(bristles);
    const startsAt = new Float32Array(bristles);
    let drift = 0;
    for (let b = 0; b < bristles; b++) {
      drift = drift * 0.82 + random.normal() * 0.5;
      shades[b] = 1 + drift * 0.075;
      loads[b] = 1 + drift * 0.4;
      startsAt[b] = random.next() * 0.16;
    }
    const tint = random.between(-0.02, 0.02);
    for (let i = 0; i < path.length; i += 3) {
      const t = i / path.length;
      const angle = path[i + 2];
      const taper = Math.sqrt(Math.sin(Math.PI * clamp(t * 0.94 + 0.05)));
      for (let b = 0; b < bristles; b++) {
        if (t < startsAt[b] * 0.6 || t > 1 - startsAt[b]) continue;
        const across = (b / Math.max(1, bristles - 1) - 0.5) * 2;
        const offset = across * 0.5 * width * taper;
        const px = Math.round((path[i] - Math.sin(angle) * offset) * unit);
        const py = Math.round((path[i + 1] + Math.cos(angle) * offset) * unit);
        if (px < 0 || py < 0 || px >= size || py >= size) continue;
        const at = py * size + px;
        const cover = clamp(loads[b] * (1.15 - 0.55 * t));
        for (let c = 0; c < 3; c++) {
          const paint = clamp(colour[c] * shades[b] + tint);
          raster.rgb[at * 3 + c] += (paint - raster.rgb[at * 3 + c]) * cover;
        }
        // The brush pushes paint to its sides and leaves a ridge where it lifts.
        const ridge = layer.load * unit * (0.35 * loads[b] + 0.5 * across ** 4 + 0.4 * t ** 6);
        height[at] += (ridge + height[at] * 0.35 - height[at]) * cover;
      }
    }
  }

  /** Points (x, y, angle) along the flow through (x, y), walked both ways from the middle. */
  function trace(x, y, length, step) {
    const half = Math.floor(length / step / 2);
    const points = new Float32Array((2 * half + 1) * 3);
    for (const way of [-1, 1]) {
      let px = x;
      let py = y;
      let angle = 0;
      for (let i = 0; i <= half; i++) {
        if (i % 6 === 0) angle = flow(px / 512, py / 512);
        points.set([px, py, angle], (half + way * i) * 3);
        px += way * step * Math.cos(angle);
        py += way * step * Math.sin(angle);
      }
    }
    return points;
  }
}
