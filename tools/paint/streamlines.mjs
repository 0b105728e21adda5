import { createRandom } from './random.mjs';

/**
 * Lines that follow a direction field and keep an even distance from each other
 * (after Jobard and Lefer, "Creating Evenly-Spaced Streamlines of Arbitrary Density", 1997).
 *
 * Places are in a square of side `extent`; lines begin and end up to `margin` outside it.
 *
 * @param {object} options
 * @param {number} options.extent
 * @param {number} options.margin
 * @param {number} options.seed
 * @param {(x: number, y: number) => number} options.angleAt direction of the field, radians
 * @param {(x: number, y: number) => number} options.spacingAt distance to keep between lines
 * @param {(x: number, y: number) => number} options.regionAt lines never cross from one region to another
 * @param {number} [options.step] distance between a line's points
 * @returns {{ points: number[][], region: number }[]} polylines of [x, y]
 */
export function traceStreamlines({ extent, margin, seed, angleAt, spacingAt, regionAt, step = 1 }) {
  const random = createRandom(seed);
  const cell = 4;
  const side = Math.ceil((extent + 2 * margin) / cell);
  const grid = Array.from({ length: side * side }, () => []);
  const inside = (x, y) => x > -margin && y > -margin && x < extent + margin && y < extent + margin;
  const cellOf = (v) => Math.min(side - 1, Math.max(0, Math.floor((v + margin) / cell)));

  const isFree = (x, y, distance, region) => {
    const reach = Math.ceil(distance / cell);
    const ci = cellOf(x);
    const cj = cellOf(y);
    for (let j = Math.max(0, cj - reach); j <= Math.min(side - 1, cj + reach); j++) {
      for (let i = Math.max(0, ci - reach); i <= Math.min(side - 1, ci + reach); i++) {
        for (const p of grid[j * side + i]) {
          if (p.region === region && (p.x - x) ** 2 + (p.y - y) ** 2 < distance * distance) return false;
        }
      }
    }
    return true;
  };

  const grow = (x0, y0, region) => {
    const halves = [-1, 1].map((way) => {
      const points = [];
      let x = x0;
      let y = y0;
      let heading = angleAt(x, y) + (way < 0 ? Math.PI : 0);
      for (let i = 0; i < 900; i++) {
        // The field may be one of axes rather than arrows: keep to the direction nearer the last heading.
        let angle = angleAt(x, y);
        if (Math.cos(angle - heading) < 0) angle += Math.PI;
        if (i > 0 && Math.cos(angle - heading) < 0.6) break;
        heading = angle;
        x += step * Math.cos(angle);
        y += step * Math.sin(angle);
        if (!inside(x, y) || regionAt(x, y) !== region) break;
        if (!isFree(x, y, spacingAt(x, y) * 0.55, region)) break;
        if (i > 12 && Math.hypot(x - x0, y - y0) < spacingAt(x, y) * 0.55) break;
        points.push([x, y]);
      }
      return points;
    });
    return [...halves[0].reverse(), [x0, y0], ...halves[1]];
  };

  const lines = [];
  const queue = [];
  const tryFrom = (x, y) => {
    if (!inside(x, y)) return;
    const region = regionAt(x, y);
    if (!isFree(x, y, spacingAt(x, y) * 0.98, region)) return;
    const points = grow(x, y, region);
    if (points.length * step < 5) return;
    for (const [px, py] of points) grid[cellOf(py) * side + cellOf(px)].push({ x: px, y: py, region });
    const line = { points, region };
    lines.push(line);
    queue.push(line);
  };

  // New lines start beside old ones; scattered starts find the regions not reached that way.
  for (let scattered = 0; scattered < 4000; scattered++) {
    tryFrom(random.between(-margin, extent + margin), random.between(-margin, extent + margin));
    while (queue.length > 0) {
      const { points } = queue.shift();
      for (let i = 0; i < points.length; i += 3) {
        const [x, y] = points[i];
        const angle = angleAt(x, y);
        const spacing = spacingAt(x, y);
        for (const way of [-1, 1]) tryFrom(x - way * spacing * Math.sin(angle), y + way * spacing * Math.cos(angle));
      }
    }
  }
  return lines;
}
