import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { comparisonRows } from '../../bench/compare/format.js';
import type { Comparison } from '../../bench/compare/compare.js';
import { bestCase, cells, HEADINGS, runHeading, TEXT_COLUMNS } from '../../bench/formats/rows.js';
import { bars, layerStrips, roofline, speedBySize } from '../../bench/formats/svg.js';
import type { BenchGroup, BenchRun } from '../../bench/result.js';

/** A table that scrolls by itself and can be reached by keyboard. */
function scrolling(label: string, content: TemplateResult, kind = ''): TemplateResult {
  return html`<div class="scroll ${kind}" tabindex="0" role="region" aria-label=${label}>${content}</div>`;
}

/** One plot. The text comes from the project's own plots, which escape whatever a file brings. */
export function plot(label: string, markup: string): TemplateResult | typeof nothing {
  return markup === '' ? nothing : scrolling(label, html`${unsafeHTML(markup)}`, 'plot');
}

/** A plot under its heading. */
function titled(title: string, markup: string): TemplateResult | typeof nothing {
  return markup === ''
    ? nothing
    : html`<section class="group">
        <h2>${title}</h2>
        ${plot(title, markup)}
      </section>`;
}

/** A plot of the medians of one group, drawn anew only when the group has changed: while one is sampled, many others rest. */
export function groupPlot(label: string, group: BenchGroup): unknown {
  return guard([label, group], () => plot(`${label}: ${group.op} ${group.shape}`, bars(group)));
}

/** Plots of a whole run, as far as it has what they show. */
export function runPlots(run: BenchRun, titles: { readonly roofline: string; readonly layers: string; readonly speed: string }): unknown {
  return guard([run, ...Object.values(titles)], () => {
    const ops = [...new Set(run.groups.map(({ op }) => op))];
    return html`${titled(titles.roofline, run.groups.length > 1 ? roofline(run) : '')}
    ${ops.map((op) => html`${titled(`${titles.layers}: ${op}`, layerStrips(run, op))}${titled(`${titles.speed}: ${op}`, speedBySize(run, op))}`)}`;
  });
}

/** What is said of device, browser, clock and ceilings. */
export function about(run: BenchRun): TemplateResult {
  const [title = '', ...lines] = runHeading(run);
  return html`<ul class="about" part="about">
    <li><strong>${title}</strong></li>
    ${lines.map((line) => html`<li class=${run.device.isSoftware && line.startsWith('A software adapter') ? 'software' : ''}>${line}</li>`)}
  </ul>`;
}

function tableOf(
  headings: readonly string[],
  isText: (column: number) => boolean,
  rows: readonly { readonly kind: string; readonly cells: readonly string[] }[],
): TemplateResult {
  const shown = headings.map((_, column) => rows.some((row) => (row.cells[column] ?? '') !== ''));
  const last = headings.length - 1;
  const kind = (column: number): string => `${isText(column) ? 'text' : ''} ${column === last ? 'last' : ''}`;
  return html`<table>
    <thead>
      <tr>
        ${headings.map((heading, column) => (shown[column] === true ? html`<th scope="col" class=${kind(column)}>${heading}</th>` : nothing))}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr class=${row.kind}>
            ${row.cells.map((cell, column) => (shown[column] === true ? html`<td class=${kind(column)}>${cell}</td>` : nothing))}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Every figure of groups, complete or still being sampled. */
export function figuresTable(label: string, groups: readonly BenchGroup[]): TemplateResult {
  const rows = groups.flatMap((group) => {
    const best = bestCase(group);
    return group.cases.map((one) => ({ kind: one === best ? 'best' : '', cells: cells({ group, case: one }, one === best) }));
  });
  return scrolling(
    label,
    tableOf(HEADINGS, (column) => TEXT_COLUMNS.has(column), rows),
  );
}

/** A comparison of two runs; `names` head their times. */
export function comparisonTable(label: string, comparison: Comparison, names: [string, string]): TemplateResult {
  const [headings = [], ...rows] = comparisonRows(comparison, names);
  return html`${
    comparison.notices.length === 0
      ? nothing
      : html`<ul class="about">
          ${comparison.notices.map((notice) => html`<li>${notice}</li>`)}
        </ul>`
  }
  ${scrolling(
    label,
    tableOf(
      headings,
      (column) => column < 3 || column === headings.length - 1,
      rows.map((row) => ({ kind: row.at(-1) ?? '', cells: row })),
    ),
  )}`;
}
