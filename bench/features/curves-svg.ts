import type { Curve } from './curves.js';
import { drawing, label, short } from '../../src/cli/charts/svg.js';

const PLOT = { left: 62, top: 44, width: 560, height: 300 } as const;
/** Lines are told apart by dashes as well as by colour. */
const LOOKS = ['one', 'one dashed', 'two', 'two dashed'];

/** Loss (logarithmic) against processor time. */
export function curvesSvg(title: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const seconds = Math.max(...points.map(({ processorMs }) => processorMs)) / 1_000;
  const [low, high] = [Math.min(...points.map(({ loss }) => loss)), Math.max(...points.map(({ loss }) => loss))].map(Math.log10);
  const [bottom, top] = [low ?? 0, high ?? 1];
  const x = (value: number): number => PLOT.left + (value / seconds) * PLOT.width;
  const y = (loss: number): number => PLOT.top + PLOT.height * (1 - (Math.log10(loss) - bottom) / (top - bottom));
  const parts = [label(PLOT.left, 20, title, 'font-weight="600"')];
  for (let tick = 0; tick <= 5; tick++) {
    const loss = 10 ** (bottom + ((top - bottom) * tick) / 5);
    parts.push(`<line class="grid" x1="${short(PLOT.left)}" x2="${short(PLOT.left + PLOT.width)}" y1="${short(y(loss))}" y2="${short(y(loss))}"/>`);
    parts.push(label(PLOT.left - 8, y(loss) + 4, loss.toPrecision(3), 'text-anchor="end"'));
    const time = (seconds * tick) / 5;
    parts.push(label(x(time), PLOT.top + PLOT.height + 18, time.toFixed(0), 'text-anchor="middle"'));
  }
  parts.push(label(PLOT.left + PLOT.width / 2, PLOT.top + PLOT.height + 36, 'processor time of the steps, seconds', 'text-anchor="middle"'));
  parts.push(label(PLOT.left, PLOT.top - 8, 'loss at the size of the result'));
  curves.forEach(({ name, points: own }, index) => {
    const look = LOOKS[index] ?? 'one';
    parts.push(
      `<polyline class="${look} line" points="${own.map(({ processorMs, loss }) => `${short(x(processorMs / 1_000))},${short(y(loss))}`).join(' ')}"/>`,
    );
    const at = PLOT.top + 16 + 20 * index;
    const left = PLOT.left + PLOT.width - 190;
    parts.push(`<line class="${look} line" x1="${short(left)}" x2="${short(left + 30)}" y1="${short(at)}" y2="${short(at)}"/>`);
    parts.push(label(left + 38, at + 4, name));
  });
  return drawing(PLOT.left + PLOT.width + 24, PLOT.top + PLOT.height + 52, title, parts);
}
