/**
 * A leaded window.
 *
 * Panes are the cells of a Voronoi diagram whose sites stand in rings about a sun and in rows under water; it
 * is measured in a space bent by noise, so that the leads curve. Each pane takes one colour of glass; within a pane the light falls off towards the lead and the glass carries streaks, seeds and ripples.
 * The cames are half-round, lit as a relief, and soldered where three of them meet.
 */
import { clamp, createRamp, fromHex, mix, shift, smoothstep } from '../colour.mjs';
import { createFractal, createNoise } from '../noise.mjs';
import { createRandom } from '../random.mjs';
import { createRaster, lightRelief } from '../raster.mjs';

const sun = { x: 0.63, y: 0.36 };
const sky = createRamp(['#1a1f8f', '#1f4fc4', '#2b86d8', '#5a48b8', '#8a2f9a', '#22309c']);
const fire = createRamp(['#fff0b0', '#ffd23c', '#ff9c1a', '#f0561c', '#c81e2c', '#8e1440']);
const water = createRamp(['#0a6b5c', '#12a06a', '#6cc04a', '#0f8f9c', '#0c5f96', '#14407c']);

/**
 * A leaded window with sun and water.
 *
 * @param {number} size side in pixels
 * @returns {import('../raster.mjs').Raster}
 */
export function paintStainedGlass(size) {
  const fractal = createFractal(createNoise(21));
  const random = createRandom(22);
  const unit = size / 512;
  const sites = scatter(random);
  const panes = sites.map((site) => ({
    ...site,
    colour: paneColour(site, fractal, random),
    grain: random.next() * 6.3,
  }));
  const grid = buildGrid(panes);

  const raster = createRaster(size);
  const height = new Float32Array(size * size);
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const x = px / size;
      const y = py / size;
      const [bentX, bentY] = bend(x, y, fractal);
      const { pane, edge, corner, other } = locate(grid, bentX, bentY);
      const edgePx = edge * 512;
      // Where the design changes colour the window carries a heavier came.
      const border = pane.part === other.part ? 1.6 : 2.8;
      const came = border + 1.1 * smoothstep(7, 2, corner * 512);
      const at = py * size + px;
      const lead = smoothstep(came + 0.5, came - 0.5, edgePx);

      const along = x * Math.cos(pane.grain) + y * Math.sin(pane.grain);
      const across = y * Math.cos(pane.grain) - x * Math.sin(pane.grain);
      const streak = fractal(along * 9 + pane.grain * 9, across * 42, 3);
      const ripple = fractal(x * 26, y * 26, 3);
      const seed = smoothstep(0.46, 0.6, fractal(x * 95 + 3, y * 95, 1));
      const depth = smoothstep(-2, 15, edgePx - came);
      const day = 0.1 * Math.cos((x - sun.x) * 3) * Math.cos((y - sun.y) * 2.4);
      const light = -0.24 + 0.25 * depth + 0.085 * streak + 0.045 * ripple + 0.06 * seed + day;
      const glass = shift(pane.colour, light, 1.12 - 0.5 * Math.max(0, light));
      const metal = mix(fromHex('#17171c'), fromHex('#34333a'), clamp(0.5 + fractal(x * 60, y * 60, 2)));
      for (let c = 0; c < 3; c++) raster.rgb[at * 3 + c] = glass[c] + (metal[c] - glass[c]) * lead;

      const round = Math.sqrt(Math.max(0, 1 - (edgePx / came) ** 2));
      height[at] = lead > 0 ? unit * (3.2 * round + 0.2 * ripple) : unit * (0.9 * ripple + 0.5 * streak);
    }
  }
  lightRelief(raster, height, { diffuse: 0.32, specular: 0.6, shininess: 14 });
  return raster;
}

/**
 * Sites in rings about the sun, twice as many further out, so that cells line up into rays;
 * and in loose rows below the shore. Places are in bent space (see `bend`).
 */
function scatter(random) {
  const sites = [];
  const rings = [0, 0.075, 0.15, 0.23, 0.315, 0.4, 0.485, 0.57, 0.67, 0.79, 0.93];
  const counts = [1, 9, 18, 18, 36, 36, 36, 36, 72, 72, 72];
  rings.forEach((radius, ring) => {
    for (let k = 0; k < counts[ring]; k++) {
      const turn = (2 * Math.PI * (k + 0.22 * random.normal() + (ring === 2 ? 0.5 : 0))) / counts[ring];
      const reach = radius + (radius > 0.2 ? 0.016 : 0.007) * random.normal();
      const site = { x: sun.x + reach * Math.cos(turn), y: sun.y + reach * Math.sin(turn) };
      if (site.y < shore(site.x) - 0.015) sites.push({ ...site, ring, ray: Math.floor((18 * k) / counts[ring]) });
    }
  });
  let row = 0;
  for (let depth = 0.03; depth < 0.95; depth += 0.085, row++) {
    for (let x = -0.1; x < 1.1; x += random.between(0.055, 0.135)) {
      sites.push({ x: x + 0.03 * (row % 2), y: shore(x) + depth + 0.014 * random.normal(), row });
    }
  }
  return sites;
}

function shore(x) {
  return 0.66 + 0.06 * Math.sin(x * 7 + 0.6) + 0.022 * Math.sin(x * 15);
}

/** Noise makes the leads curve; water is stretched downwards here, so that its panes come out long and flat. */
function bend(x, y, fractal) {
  const bentX = x + 0.016 * fractal(x * 3.2, y * 3.2, 2);
  const bentY = y + 0.016 * fractal(x * 3.2 + 40, y * 3.2 + 7, 2);
  return [bentX, Math.max(bentY, shore(bentX) + (bentY - shore(bentX)) * 2.1)];
}

function paneColour({ x, y, ring, ray, row }, fractal, random) {
  const jitter = random.normal() * 0.07;
  const brightness = random.normal() * 0.05;
  const fromSun = Math.hypot(x - sun.x, y - sun.y);
  if (row !== undefined) {
    if (random.next() < 0.07) return shift(fire(random.between(0.12, 0.4)), brightness);
    const swell = 0.5 + 0.5 * Math.sin(row * 1.35 + x * 5 + fractal(x * 3, row * 0.7, 2));
    return shift(water(swell + jitter), brightness + 0.02);
  }
  if (ring <= 2) return shift(fire(fromSun * 2 + jitter), 0.03 + brightness);
  if (ray % 2 === 0 && ring < 9) return shift(fire(0.34 + fromSun * 0.85 + jitter), brightness);
  if (random.next() < 0.05) return shift(fire(random.between(0.75, 1)), brightness);
  return shift(sky(fromSun * 1.15 + 0.2 * fractal(x * 3, y * 3, 2) + jitter), brightness + 0.03);
}

/** Sun, water, or the ray that a pane belongs to. */
function part({ ring, ray, row }) {
  if (row !== undefined) return 'water';
  return ring <= 2 ? 'sun' : `ray ${ray}`;
}

/** Panes by square of a lattice, each square listing all that could be nearest or second nearest within it. */
function buildGrid(panes) {
  const side = 24;
  for (const pane of panes) pane.part = part(pane);
  const cells = [];
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const x = (i + 0.5) / side;
      const y = ((j + 0.5) / side) * 1.7 - 0.1;
      const byDistance = panes.map((pane) => ({ pane, d: Math.hypot(pane.x - x, pane.y - y) })).sort((a, b) => a.d - b.d);
      cells.push(byDistance.slice(0, 24).map(({ pane }) => pane));
    }
  }
  return { side, cells };
}

/** The pane at a point, the distance to its nearest edge, who lies beyond it, and the distance to the next edge. */
function locate({ side, cells }, x, y) {
  const i = clamp(Math.floor(x * side), 0, side - 1);
  const j = clamp(Math.floor(((y + 0.1) / 1.7) * side), 0, side - 1);
  const near = cells[j * side + i];
  let pane = near[0];
  let best = Infinity;
  for (const candidate of near) {
    const d = (candidate.x - x) ** 2 + (candidate.y - y) ** 2;
    if (d < best) [pane, best] = [candidate, d];
  }
  let edge = Infinity;
  let corner = Infinity;
  let other = pane;
  for (const candidate of near) {
    if (candidate === pane) continue;
    const dx = candidate.x - pane.x;
    const dy = candidate.y - pane.y;
    const d = ((pane.x + candidate.x) / 2 - x) * dx + ((pane.y + candidate.y) / 2 - y) * dy;
    const distance = d / Math.hypot(dx, dy);
    if (distance < edge) {
      corner = edge;
      edge = distance;
      other = candidate;
    } else if (distance < corner) corner = distance;
  }
  return { pane, edge, corner, other };
}
