/**
 * A three-drum risograph print: yellow, fluorescent red and blue on uncoated paper.
 *
 * Three plates are drawn in grey with flat shapes, gradients and hand-cut lines, screened to halftone dots at
 * three angles and pitches, and printed one over another as translucent inks, each a little out of register
 * and uneven, as soy ink from a drum is.
 */
import { clamp, fromHex, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { createPlate, createRaster, readChannel } from '../raster.mjs';

const extent = 512;
const paper = fromHex('#f3ead8');

/** `pitch` in 512ths of the frame; `slip` is the misregistration, in the same unit, and turn in radians. */
const drums = [
  { ink: fromHex('#ffc42e'), angle: 0.1, pitch: 5.2, slip: [1.6, -1.1], turn: 0.002, draw: drawYellow },
  { ink: fromHex('#ff4a4f'), angle: 0.79, pitch: 5.6, slip: [-1.8, 1.2], turn: -0.003, draw: drawRed },
  { ink: fromHex('#1f5fae'), angle: 1.31, pitch: 4.8, slip: [0.6, 1.7], turn: 0.0015, draw: drawBlue },
];

/**
 * A sunrise printed in three screened inks.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintRisograph(size) {
  const fractal = createFractal(createNoise(61));
  const raster = createRaster(size, paper);
  const unit = size / extent;
  for (const { ink, angle, pitch, slip, turn, draw } of drums) {
    const { canvas, context } = createPlate(size, extent);
    context.fillStyle = '#000';
    context.fillRect(0, 0, extent, extent);
    // A bleed keeps the paper's edge from showing where the plate is turned and moved.
    context.translate(extent / 2 + slip[0], extent / 2 + slip[1]);
    context.rotate(turn);
    context.scale(1.02, 1.02);
    context.translate(-extent / 2, -extent / 2);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    draw(context, createRandom(62));
    const plate = readChannel(canvas, 0);
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    for (let py = 0; py < size; py++) {
      for (let px = 0; px < size; px++) {
        const at = py * size + px;
        const x = px / unit;
        const y = py / unit;
        const u = ((x * cos + y * sin) / pitch) * 2 * Math.PI;
        const v = ((y * cos - x * sin) / pitch) * 2 * Math.PI;
        const screen = 0.5 + 0.25 * (Math.cos(u) + Math.cos(v));
        const grain = fractal(x * 0.9 + angle * 70, y * 0.9, 2);
        const dot = plate[at] > 0.97 ? 1 : smoothstep(-0.13, 0.13, plate[at] * 1.08 - 0.04 - screen + 0.05 * grain);
        const roller = 0.9 + 0.09 * fractal(x * 0.012 + angle * 9, y * 0.05, 2);
        const speckle = 1 - 0.5 * smoothstep(0.42, 0.7, grain);
        const cover = plate[at] < 0.03 ? 0 : clamp(dot * roller * speckle);
        // Translucent ink filters what lies below it.
        for (let c = 0; c < 3; c++) raster.rgb[at * 3 + c] *= 1 - cover * (1 - ink[c]) * 0.96;
      }
    }
  }
  return raster;
}

const grey = (v) => `rgb(${Math.round(v * 255)} ${Math.round(v * 255)} ${Math.round(v * 255)})`;

function fade(context, [x0, y0, v0], [x1, y1, v1]) {
  const gradient = context.createLinearGradient(x0, y0, x1, y1);
  gradient.addColorStop(0, grey(v0));
  gradient.addColorStop(1, grey(v1));
  return gradient;
}

function disc(context, x, y, radius, fill) {
  context.fillStyle = fill;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** A range of hills: everything below a wavy line. */
function range(context, { y, swing, length, phase, fill }) {
  context.fillStyle = fill;
  context.beginPath();
  context.moveTo(-20, 540);
  for (let x = -20; x <= 532; x += 4) {
    context.lineTo(x, y + swing * Math.sin(x / length + phase) + swing * 0.4 * Math.sin((x / length) * 2.7 + phase * 3));
  }
  context.lineTo(532, 540);
  context.fill();
}

const far = { y: 262, swing: 30, length: 62, phase: 0.4 };
const middle = { y: 334, swing: 34, length: 84, phase: 2.4 };
const front = { y: 418, swing: 26, length: 70, phase: 4.2 };

/** A leaf with its midrib along `angle`; with `veins` its ribs are cut instead. */
function leaf(context, { x, y, length, angle, fill, veins }) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  const half = length * 0.23;
  if (veins === undefined) {
    context.fillStyle = fill;
    context.beginPath();
    context.moveTo(0, 0);
    context.bezierCurveTo(length * 0.25, -half * 1.5, length * 0.7, -half * 1.2, length, 0);
    context.bezierCurveTo(length * 0.7, half * 1.2, length * 0.25, half * 1.5, 0, 0);
    context.fill();
  } else {
    context.strokeStyle = fill;
    context.lineWidth = veins;
    context.beginPath();
    context.moveTo(0, 0);
    context.lineTo(length * 0.97, 0);
    for (let t = 0.12; t < 0.9; t += 0.075) {
      const reach = half * 1.05 * Math.sin(Math.PI * Math.min(1, t * 0.95 + 0.12)) * 0.92;
      for (const way of [-1, 1]) {
        context.moveTo(length * t, 0);
        context.quadraticCurveTo(length * (t + 0.05), way * reach * 0.6, length * (t + 0.12), way * reach);
      }
    }
    context.stroke();
  }
  context.restore();
}

/** Fronds of both lower corners and the upper left; the same for each plate, so that inks overlap. */
function fronds() {
  const list = [];
  const bush = (x, y, from, to, count, length) => {
    for (let i = 0; i < count; i++) {
      const t = i / (count - 1);
      list.push({ x, y, angle: from + (to - from) * t, length: length * (0.78 + 0.3 * Math.sin(i * 2.1 + x)) });
    }
  };
  bush(-6, 520, -1.6, -0.1, 7, 205);
  bush(518, 516, -3.05, -1.5, 7, 190);
  bush(-12, -10, 0.1, 1.5, 6, 165);
  bush(270, 536, -2.2, -0.95, 5, 120);
  return list;
}

/** Clouds as stacked bars with round ends. */
function clouds(context, tone) {
  context.strokeStyle = grey(tone);
  for (const [x, y, width, bars] of [
    [120, 66, 120, 4],
    [30, 168, 150, 5],
    [392, 96, 150, 4],
    [250, 214, 120, 3],
    [470, 206, 90, 4],
    [250, 18, 110, 3],
    [430, 20, 120, 3],
  ]) {
    for (let k = 0; k < bars; k++) {
      const reach = width * (0.55 + 0.45 * Math.sin(k * 2.4 + x));
      context.lineWidth = 5.2 - k * 0.5;
      context.beginPath();
      context.moveTo(x + 34 * Math.sin(k * 1.9 + y) - reach / 2, y + k * 9);
      context.lineTo(x + 34 * Math.sin(k * 1.9 + y) + reach / 2, y + k * 9);
      context.stroke();
    }
  }
}

function drawYellow(context) {
  context.fillStyle = fade(context, [0, 0, 0.12], [0, 330, 1]);
  context.fillRect(-20, -20, 560, 560);
  disc(context, 338, 152, 96, grey(1));
  range(context, { ...far, fill: fade(context, [0, 230, 0.9], [0, 380, 0.2]) });
  range(context, { ...middle, fill: fade(context, [0, 300, 0.15], [0, 430, 0.85]) });
  range(context, { ...front, fill: fade(context, [0, 390, 1], [0, 512, 0.5]) });
  fronds().forEach((f, i) => leaf(context, { ...f, fill: grey(i % 3 === 0 ? 1 : i % 3 === 1 ? 0.55 : 0.05) }));
}

function drawRed(context, random) {
  context.fillStyle = fade(context, [0, 10, 0.72], [120, 300, 0.08]);
  context.fillRect(-20, -20, 560, 560);
  disc(context, 338, 152, 96, fade(context, [338, 60, 0.35], [338, 248, 1]));
  context.fillStyle = fade(context, [338, 152, 0.9], [120, -40, 0.5]);
  for (let k = 0; k < 22; k++) {
    const turn = (k / 22) * 2 * Math.PI;
    context.beginPath();
    context.arc(338, 152, 132, turn, turn + 0.1);
    context.arc(338, 152, 620, turn + 0.115, turn - 0.015, true);
    context.fill();
  }
  for (let r = 110; r < 128; r += 9) {
    context.strokeStyle = grey(0.9);
    context.lineWidth = 3.4;
    context.beginPath();
    context.arc(338, 152, r, 0, 2 * Math.PI);
    context.stroke();
  }
  clouds(context, 0.01);
  range(context, { ...far, fill: fade(context, [0, 235, 1], [0, 360, 0.35]) });
  range(context, { ...middle, fill: fade(context, [0, 300, 0.12], [0, 440, 0.6]) });
  range(context, { ...front, fill: fade(context, [200, 390, 0.25], [300, 512, 1]) });
  for (let i = 0; i < 60; i++) {
    disc(context, random.between(0, 512), random.between(430, 512), random.between(1.2, 4), grey(1));
  }
  fronds().forEach((f, i) => leaf(context, { ...f, fill: grey(i % 3 === 2 ? 1 : i % 3 === 0 ? 0.02 : 0.3) }));
  fronds().forEach((f, i) => i % 3 === 0 && leaf(context, { ...f, fill: grey(0.9), veins: 1.8 }));
}

function drawBlue(context, random) {
  context.fillStyle = fade(context, [0, -10, 0.62], [60, 230, 0.02]);
  context.fillRect(-20, -20, 560, 560);
  disc(context, 338, 152, 96, grey(0));
  clouds(context, 0.92);
  range(context, { ...far, fill: fade(context, [0, 235, 0.1], [0, 350, 0.75]) });
  range(context, { ...middle, fill: fade(context, [0, 300, 1], [0, 420, 0.3]) });
  for (let k = 0; k < 14; k++) {
    context.strokeStyle = grey(k % 2 === 0 ? 0.02 : 0.85);
    context.lineWidth = 2.4;
    context.beginPath();
    for (let x = -20; x <= 532; x += 6) {
      const edge = middle.y + middle.swing * Math.sin(x / middle.length + middle.phase);
      context.lineTo(x, edge + 12 + k * 7 + 5 * Math.sin(x / 23 + k * 0.9));
    }
    context.stroke();
  }
  range(context, { ...front, fill: fade(context, [0, 400, 0.3], [260, 512, 1]) });
  for (let i = 0; i < 90; i++) {
    context.strokeStyle = grey(0.02);
    context.lineWidth = 2.1;
    const x = random.between(-5, 517);
    const y = random.between(424, 512);
    context.beginPath();
    context.moveTo(x, y);
    context.quadraticCurveTo(x + 2, y - 8, x + random.between(-6, 8), y - random.between(9, 17));
    context.stroke();
  }
  fronds().forEach((f, i) => leaf(context, { ...f, fill: grey(i % 3 === 1 ? 0.95 : i % 3 === 0 ? 0.3 : 0.12) }));
  fronds().forEach((f, i) => i % 3 === 1 && leaf(context, { ...f, fill: grey(0.03), veins: 2 }));
  fronds().forEach((f, i) => i % 3 === 2 && leaf(context, { ...f, fill: grey(0.9), veins: 1.7 }));
}
