/** Static plots as SVG text: no script, no style attribute, so that a strict policy and an offline reader show them. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { apart, besidePoints, textWidth } from './labels.js';
import { escapeMarkup } from './markup.js';
import { bestCase, caseName, figure } from './rows.js';
import type { BenchGroup, BenchRun } from '../result.js';

const WIDTH = 760;
const BAR = 22;
const COLOURS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start', kind = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${kind === '' ? '' : ` class="${kind}"`}>${escapeMarkup(text)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${kind}"/>`;
}

/** A number of an axis, without the last digits of binary fractions. */
function tickText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${String(WIDTH)} ${height.toFixed(0)}" role="img" aria-label="${escapeMarkup(title)}"><title>${escapeMarkup(title)}</title>${parts.join('')}</svg>`;
}

/** Bars of the medians of one group with their intervals, the fastest marked. */
export function bars(group: BenchGroup): string {
  const measured = group.cases.filter((one) => one.summary !== undefined).sort((a, b) => (a.summary?.medianMs ?? 0) - (b.summary?.medianMs ?? 0));
  if (measured.length === 0) return '';
  const left = Math.min(340, Math.max(120, ...measured.map((one) => 16 + textWidth(caseName(one)))));
  const x = scaleLinear([0, Math.max(...measured.map(({ summary }) => summary?.intervalMs[1] ?? 0))], [left, WIDTH - 90]).nice();
  const best = bestCase(group);
  const height = measured.length * BAR + 30;
  const parts = [
    label(left - 8, height - 8, 'ms', 'end'),
    ...x.ticks(6).flatMap((tick) => [line(x(tick), 6, x(tick), height - 22, 'grid'), label(x(tick), height - 8, tickText(tick), 'middle')]),
    ...measured.flatMap((one, index) => {
      const y = index * BAR + 8;
      const { medianMs = 0, intervalMs: [low, high] = [0, 0] } = one.summary ?? {};
      return [
        label(left - 8, y + 12, caseName(one), 'end', one === best ? 'best' : ''),
        `<rect x="${left.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(0.5, x(medianMs) - left).toFixed(1)}" height="${String(BAR - 8)}" class="${one === best ? 'fill-best' : one.engine === 'gramarye' ? 'fill-a' : 'fill-peer'}"/>`,
        line(x(low), y + 7, x(high), y + 7, 'whisker'),
        line(x(low), y + 3, x(low), y + 11, 'whisker'),
        line(x(high), y + 3, x(high), y + 11, 'whisker'),
        label(x(high) + 6, y + 12, `${figure(medianMs)} ms`),
      ];
    }),
  ];
  return svg(height, `${group.op} ${group.shape}: median milliseconds with 95% intervals`, parts);
}

/** Ticks of a logarithmic axis that leave room for their labels: 1, 2 and 5 of each power of ten. */
function logTicks(ticks: readonly number[]): number[] {
  return ticks.filter((tick) => ['1', '2', '5'].includes(tick.toExponential(0).charAt(0)));
}

/** The roofline of a run with the fastest case of every group, both axes logarithmic. */
export function roofline({ ceilings, groups }: BenchRun): string {
  const points = groups.flatMap((group) => {
    const best = bestCase(group);
    if (best?.figures === undefined || group.flops === 0 || group.bytes === 0) return [];
    return [{ name: `${group.op} ${group.shape}`, intensity: group.flops / group.bytes, gflops: best.figures.actualGflops ?? best.figures.effectiveGflops }];
  });
  if (ceilings === undefined || points.length === 0) return '';
  const height = 360;
  const ridge = ceilings.gflops / ceilings.gigabytesPerSecond;
  const intensities = [...points.map(({ intensity }) => intensity), ridge];
  const speeds = [...points.map(({ gflops }) => gflops), ceilings.gflops];
  const x = scaleLog([Math.min(...intensities) / 2, Math.max(...intensities) * 2], [60, WIDTH - 20]);
  const y = scaleLog([Math.min(...speeds) / 2, Math.max(...speeds) * 1.5], [height - 40, 10]);
  const [left = 1, right = 1] = x.domain();
  const floor = y.domain()[0] ?? 1;
  const start = Math.max(left, floor / ceilings.gigabytesPerSecond);
  const named = points.map(({ name, intensity, gflops }) => ({ text: name, x: x(intensity), y: y(gflops) }));
  const places = besidePoints(named, { left: 60, right: WIDTH - 10, top: 28, bottom: height - 40 });
  return svg(height, 'Roofline: operations per byte against speed', [
    ...logTicks(x.ticks()).flatMap((tick) => [line(x(tick), 10, x(tick), height - 40, 'grid'), label(x(tick), height - 24, tickText(tick), 'middle')]),
    ...logTicks(y.ticks()).flatMap((tick) => [line(60, y(tick), WIDTH - 20, y(tick), 'grid'), label(54, y(tick) + 4, tickText(tick), 'end')]),
    line(x(start), y(start * ceilings.gigabytesPerSecond), x(ridge), y(ceilings.gflops), 'roof'),
    line(x(ridge), y(ceilings.gflops), x(right), y(ceilings.gflops), 'roof'),
    ...points.map(
      ({ name, intensity, gflops }) =>
        `<circle cx="${x(intensity).toFixed(1)}" cy="${y(gflops).toFixed(1)}" r="4" class="fill-a"><title>${escapeMarkup(`${name}: ${figure(gflops)} GFLOP/s at ${figure(intensity)} operations a byte`)}</title></circle>`,
    ),
    ...named.flatMap(({ text }, index) => {
      const place = places[index];
      return place === undefined ? [] : [label(place.x, place.y, text)];
    }),
    label(WIDTH / 2, height - 6, 'operations a byte', 'middle'),
    label(64, 22, 'GFLOP/s (Winograd: products only)'),
  ]);
}

/** Groups of one op whose shapes are called `layer@size`. */
function sizedGroups(run: BenchRun, op: string): { layer: string; size: number; group: BenchGroup }[] {
  return run.groups.flatMap((group) => {
    const [, layer = '', size = ''] = /^(.+)@(\d+)$/.exec(group.shape) ?? [];
    return group.op === op && size !== '' ? [{ layer, size: Number(size), group }] : [];
  });
}

/** The strip of layers: the share of each layer in the time of all, by the fastest variant, one strip an image size. */
export function layerStrips(run: BenchRun, op: string): string {
  const all = sizedGroups(run, op).flatMap(({ layer, size, group }) => {
    const ms = bestCase(group)?.summary?.medianMs;
    return ms === undefined ? [] : [{ layer, size, ms }];
  });
  const sizes = [...new Set(all.map(({ size }) => size))].sort((a, b) => a - b);
  const parts = sizes.flatMap((size, row) => {
    const layers = all.filter((entry) => entry.size === size);
    const total = layers.reduce((sum, { ms }) => sum + ms, 0);
    const x = scaleLinear([0, total], [80, WIDTH - 110]);
    let before = 0;
    const y = row * 44 + 6;
    return [
      label(72, y + 19, `${String(size)} px`, 'end'),
      ...layers.flatMap(({ layer, ms }, index) => {
        const [from, to] = [x(before), x(before + ms)];
        before += ms;
        return [
          `<rect x="${from.toFixed(1)}" y="${String(y)}" width="${Math.max(0.5, to - from - 1).toFixed(1)}" height="30" class="fill-${COLOURS[index % COLOURS.length] ?? 'a'}"><title>${escapeMarkup(`${layer}: ${figure(ms)} ms`)}</title></rect>`,
          ...(to - from > 46 ? [label((from + to) / 2, y + 19, layer, 'middle', 'inside')] : []),
        ];
      }),
      label(WIDTH - 102, y + 19, `${figure(total)} ms`),
    ];
  });
  return all.length < 2 ? '' : svg(sizes.length * 44 + 4, `${op}: share of each layer by its fastest variant`, parts);
}

/** Speed against image size, one line a variant, summed over the layers of the op that every size has. */
export function speedBySize(run: BenchRun, op: string): string {
  const all = sizedGroups(run, op);
  const sizes = [...new Set(all.map(({ size }) => size))].sort((a, b) => a - b);
  if (sizes.length < 2) return '';
  const layers = [...new Set(all.map(({ layer }) => layer))].filter((layer) =>
    sizes.every((size) => all.some((entry) => entry.layer === layer && entry.size === size)),
  );
  const names = [...new Set(all.flatMap(({ group }) => group.cases.map(caseName)))];
  const series = names.flatMap((name) => {
    const points = sizes.flatMap((size) => {
      const used = all.filter((entry) => entry.size === size && layers.includes(entry.layer));
      const times = used.map(({ group }) => group.cases.find((one) => caseName(one) === name)?.summary?.medianMs);
      if (used.length === 0 || times.some((ms) => ms === undefined)) return [];
      const flops = used.reduce((sum, { group }) => sum + (group.flops || group.bytes), 0);
      return [{ size, speed: (flops * 1e-6) / times.reduce<number>((sum, ms) => sum + (ms ?? 0), 0) }];
    });
    return points.length < 2 ? [] : [{ name, points }];
  });
  if (series.length === 0) return '';
  const height = 320;
  const unit = all.some(({ group }) => group.flops > 0) ? 'GFLOP/s of the definition' : '10⁹ bytes a second';
  const right = WIDTH - Math.min(340, Math.max(...series.map(({ name }) => 30 + textWidth(name))));
  const x = scaleLog([sizes[0] ?? 1, sizes.at(-1) ?? 2], [60, right]);
  const y = scaleLinear([0, Math.max(...series.flatMap(({ points }) => points.map(({ speed }) => speed)))], [height - 40, 34]).nice();
  const ends = apart(
    series.map(({ points }) => y(points.at(-1)?.speed ?? 0) + 4),
    height - 36,
  );
  return svg(height, `${op}: speed against image size`, [
    ...sizes.map((size) => label(x(size), height - 22, String(size), 'middle')),
    ...y.ticks(5).flatMap((tick) => [line(60, y(tick), right, y(tick), 'grid'), label(54, y(tick) + 4, tickText(tick), 'end')]),
    ...series.flatMap(({ name, points }, index) => {
      const kind = COLOURS[index % COLOURS.length] ?? 'a';
      const last = points.at(-1);
      return [
        `<polyline points="${points.map(({ size, speed }) => `${x(size).toFixed(1)},${y(speed).toFixed(1)}`).join(' ')}" class="line-${kind}"/>`,
        ...points.map(
          ({ size, speed }) =>
            `<circle cx="${x(size).toFixed(1)}" cy="${y(speed).toFixed(1)}" r="4" class="fill-${kind}"><title>${escapeMarkup(`${name} at ${String(size)} px: ${figure(speed)}`)}</title></circle>`,
        ),
        ...(last === undefined
          ? []
          : [line(x(last.size), y(last.speed), x(last.size) + 14, (ends[index] ?? 0) - 4, `line-${kind}`), label(x(last.size) + 18, ends[index] ?? 0, name)]),
      ];
    }),
    label(8, 16, unit),
    label((60 + right) / 2, height - 4, 'image side, px', 'middle'),
  ]);
}
