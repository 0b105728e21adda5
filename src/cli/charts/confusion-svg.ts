/** A confusion matrix as SVG: rows are true classes, columns what they were taken for. */
import { escapeMarkup } from '../../bench/formats/markup.js';
import { drawing, label, short } from './svg.js';

/** Beyond this the counts cannot be read, only seen. */
const LABELLED_CLASSES = 60;
const MAX_SIDE_PX = 900;

/** The drawing. `note` stands below it. */
export function confusionSvg(matrix: readonly (readonly number[])[], classes: readonly string[], note = ''): string {
  const count = Math.max(1, classes.length);
  const isLabelled = count <= LABELLED_CLASSES;
  const cell = Math.max(2, Math.min(34, MAX_SIDE_PX / count));
  const margin = isLabelled ? Math.min(170, 14 + 6.4 * Math.max(4, ...classes.map(({ length }) => length))) : 24;
  const top = 28 + margin;
  const parts: string[] = [label(12, 20, 'True classes down, predicted across; shade: share of the row', 'font-weight="600"')];
  matrix.forEach((row, from) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    row.forEach((value, to) => {
      if (value === 0) return;
      const share = value / total;
      const [x, y] = [margin + to * cell, top + from * cell];
      const colour = from === to ? 'var(--one)' : 'var(--two)';
      const title = escapeMarkup(`${classes[from] ?? ''} as ${classes[to] ?? ''}: ${String(value)}`);
      parts.push(
        `<rect x="${short(x)}" y="${short(y)}" width="${short(cell - 1)}" height="${short(cell - 1)}" style="fill:${colour}" fill-opacity="${short(0.15 + 0.75 * share)}"><title>${title}</title></rect>`,
      );
      if (cell >= 16) parts.push(label(x + cell / 2, y + cell / 2 + 4, String(value), 'text-anchor="middle"'));
    });
  });
  if (isLabelled) {
    classes.forEach((name, index) => {
      const middle = index * cell + cell / 2;
      parts.push(label(margin - 6, top + middle + 4, clipped(name), 'text-anchor="end"'));
      parts.push(label(0, 0, clipped(name), `transform="translate(${short(margin + middle + 4)} ${short(top - 6)}) rotate(-60)"`));
    });
  }
  const side = count * cell;
  if (note !== '') parts.push(label(12, top + side + 22, note));
  return drawing(margin + side + (isLabelled ? 70 : 24), top + side + (note === '' ? 16 : 36), 'Confusion matrix', parts);
}

function clipped(name: string): string {
  return name.length <= 24 ? name : `${name.slice(0, 23)}…`;
}
