/** The curves of a training as SVG: loss on the left, accuracy on the right, training solid and validation dashed. */
import type { EpochFigures } from '../../tasks/fine-tuning/checkpoint.js';
import { drawing, label, short } from './svg.js';

const PANEL = { width: 330, height: 200, left: 56, top: 40, gap: 70 } as const;
const TICKS = 4;

interface Series {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

/** The next round number at or above a value: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10) * power;
}

function panel(left: number, title: string, series: readonly Series[], limit: number, format: (value: number) => string): string[] {
  const epochs = Math.max(...series.map(({ values }) => values.length));
  const x = (index: number): number => left + (epochs <= 1 ? PANEL.width / 2 : (index / (epochs - 1)) * PANEL.width);
  const y = (value: number): number => PANEL.top + PANEL.height * (1 - Math.min(1, value / limit));
  const parts = [label(left, PANEL.top - 16, title, 'font-weight="600"')];
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = (limit * tick) / TICKS;
    parts.push(`<line class="grid" x1="${short(left)}" x2="${short(left + PANEL.width)}" y1="${short(y(value))}" y2="${short(y(value))}"/>`);
    parts.push(label(left - 8, y(value) + 4, format(value), 'text-anchor="end"'));
  }
  const step = Math.max(1, Math.ceil(epochs / 10));
  for (let index = 0; index < epochs; index += step) parts.push(label(x(index), PANEL.top + PANEL.height + 18, String(index + 1), 'text-anchor="middle"'));
  parts.push(label(left + PANEL.width / 2, PANEL.top + PANEL.height + 36, 'epoch', 'text-anchor="middle"'));
  series.forEach(({ name, values }, number) => {
    const points = values.flatMap((value, index) => (value === undefined || !Number.isFinite(value) ? [] : [`${short(x(index))},${short(y(value))}`]));
    if (points.length === 0) return;
    const look = number === 0 ? 'one' : 'two dashed';
    // A single epoch is a point, which a line would not show.
    const [only = ''] = points;
    parts.push(
      points.length === 1
        ? `<circle class="${look} line" cx="${only.split(',')[0] ?? ''}" cy="${only.split(',')[1] ?? ''}" r="3"/>`
        : `<polyline class="${look} line" points="${points.join(' ')}"/>`,
    );
    const at = left + PANEL.width - 190 + number * 95;
    parts.push(`<line class="${look} line" x1="${short(at)}" x2="${short(at + 22)}" y1="${short(PANEL.top - 20)}" y2="${short(PANEL.top - 20)}"/>`);
    parts.push(label(at + 27, PANEL.top - 16, name));
  });
  return parts;
}

/** The drawing; empty panels where there are no epochs. */
export function curvesSvg(history: readonly EpochFigures[]): string {
  const series = (training: (figures: EpochFigures) => number, validation: (figures: EpochFigures) => number | undefined): Series[] => [
    { name: 'training', values: history.map(training) },
    ...(history.some((figures) => validation(figures) !== undefined) ? [{ name: 'validation', values: history.map(validation) }] : []),
  ];
  const losses = series(
    ({ loss }) => loss,
    ({ validationLoss }) => validationLoss,
  );
  const highest = losses.flatMap(({ values }) => values).reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const width = PANEL.left + 2 * PANEL.width + PANEL.gap + 24;
  return drawing(width, PANEL.top + PANEL.height + 52, 'Loss and accuracy by epoch', [
    ...panel(PANEL.left, 'Loss', losses, roundUp(highest), short),
    ...panel(
      PANEL.left + PANEL.width + PANEL.gap,
      'Accuracy',
      series(
        ({ accuracy }) => accuracy,
        ({ validationAccuracy }) => validationAccuracy,
      ),
      1,
      (value) => `${short(100 * value)}%`,
    ),
  ]);
}
