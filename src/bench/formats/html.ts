/** The results as one HTML file that needs nothing else: no script, no request, a policy that forbids both. */
import type { BenchFile, BenchRun } from '../result.js';
import { deviceLabel } from '../result.js';
import { escapeMarkup } from './markup.js';
import { bestCase, cells, HEADINGS, runHeading, shownRows, TEXT_COLUMNS } from './rows.js';
import { isaTable, isIsaText } from './text.js';
import { groupSentence, verdictLines } from './verdict.js';
import { bars, layerStrips, roofline, speedBySize } from './svg.js';

/** Paper, ink and vermilion, as everything of ours; the other colours can be told apart by those who do not see all. */
const STYLE = `
:root{color-scheme:light dark;--ink:#1f1b16;--muted:#61584b;--paper:#f6f1e7;--raised:#fdfaf3;--faint:#d8cdb9;--best:#b8321a;--a:#857b6b;--peer:#0f5fa8;--b:#0f5fa8;--c:#00705a;--d:#8a6500;--e:#b8321a;--f:#61584b}
@media (prefers-color-scheme:dark){:root{--ink:#efe8da;--muted:#aca293;--paper:#141210;--raised:#1e1b18;--faint:#38322b;--best:#ff7050;--a:#7d7365;--peer:#6db3f2;--b:#6db3f2;--c:#4cc9a4;--d:#e2b84c;--e:#ff7050;--f:#aca293}}
body{font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto 4rem;padding:0 1rem}
h1,h2,h3{font-family:Georgia,'Times New Roman',serif;font-weight:400;line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}h1{font-size:2.25rem}h2{font-size:1.6rem;margin:2.5rem 0 .75rem}h3{font-size:1.2rem;margin:2rem 0 .25rem}
p{margin:.25rem 0}ul{margin:1rem 0;padding:0;list-style:none}.answer li{padding:.25rem 0;border-bottom:1px solid var(--faint)}.facts{color:var(--muted);font-size:.875rem;overflow-wrap:anywhere}
table{border-collapse:collapse;font-size:.8125rem;width:100%}th,td{padding:.25rem .6rem;border-bottom:1px solid var(--faint);text-align:right;vertical-align:top;white-space:nowrap}th{font-weight:600}
th.text,td.text{text-align:left}td:last-child{white-space:normal;min-width:12rem}.scroll{overflow-x:auto}.best{font-weight:700}.plot{overflow-x:auto}svg{display:block;width:100%;min-width:38rem;height:auto;margin:.5rem 0}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg text.best{font-weight:700}svg text.inside{fill:var(--paper)}.grid{stroke:var(--faint)}.whisker{stroke:var(--ink);stroke-width:1.5}.roof{stroke:var(--ink);stroke-width:2}.software{border-left:3px solid var(--best);background:var(--raised);padding:.6rem .9rem}
:focus-visible{outline:2px solid var(--best);outline-offset:2px}
${['a', 'b', 'c', 'd', 'e', 'f', 'best', 'peer'].map((name) => `.fill-${name}{fill:var(--${name})}.line-${name}{stroke:var(--${name});fill:none;stroke-width:2}`).join('')}
@media print{body{max-width:none}.scroll,.plot{overflow:visible}svg{min-width:0}}
`;

/** Base64 of the SHA-256 of a text, for the policy. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes));
}

/** What may be wider than the window: it scrolls by itself, by keyboard too. */
function scrolling(label: string, kind: 'scroll' | 'plot', content: string): string {
  return `<div class="${kind}" tabindex="0" role="region" aria-label="${escapeMarkup(label)}">${content}</div>`;
}

/** A table without the columns that are empty throughout. */
function table(
  label: string,
  headings: readonly string[],
  rows: readonly { readonly isBest?: boolean; readonly texts: readonly string[] }[],
  isText: (column: number) => boolean,
): string {
  const columns = headings.map((_, column) => column).filter((column) => rows.some(({ texts }) => (texts[column] ?? '') !== ''));
  const cell = (start: string, end: string, text: string, column: number): string =>
    `<${start}${isText(column) ? ' class="text"' : ''}>${escapeMarkup(text)}</${end}>`;
  const head = columns.map((column) => cell('th scope="col"', 'th', headings[column] ?? '', column)).join('');
  const body = rows.map(
    ({ isBest = false, texts }) =>
      `<tr${isBest ? ' class="best"' : ''}>${columns.map((column) => cell('td', 'td', texts[column] ?? '', column)).join('')}</tr>`,
  );
  return scrolling(label, 'scroll', `<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`);
}

/** Every case, where something ran. */
function casesSection(run: BenchRun): string {
  if (run.groups.every(({ cases: all }) => all.every(({ status }) => status === 'compiled'))) return '';
  const best = new Set(run.groups.map(bestCase));
  const rows = shownRows([run], true).map((row) => ({ isBest: best.has(row.case), texts: cells(row, false) }));
  return `<h3>All cases</h3>${table('All cases', HEADINGS, rows, (column) => TEXT_COLUMNS.has(column))}`;
}

/** A plot under its heading and a sentence of what it says; nothing where there is no plot. */
function section(title: string, plot: string, sentence = ''): string {
  if (plot === '') return '';
  return `<h3>${escapeMarkup(title)}</h3>${sentence === '' ? '' : `<p>${escapeMarkup(sentence)}</p>`}${scrolling(title, 'plot', plot)}`;
}

function isaSection(run: BenchRun): string {
  const [headings = [], ...rows] = isaTable(run);
  const title = 'What a GPU’s compiler made of it';
  return rows.length === 0
    ? ''
    : `<h3>${title}</h3>${table(
        title,
        headings,
        rows.map((texts) => ({ texts })),
        isIsaText,
      )}`;
}

function list(kind: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<ul class="${kind}">${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;
}

function runSection(run: BenchRun): string {
  const ops = [...new Set(run.groups.map(({ op }) => op))];
  // Device and software adapter are said larger.
  const facts = runHeading(run).slice(run.device.isSoftware ? 2 : 1);
  const [, ...answer] = verdictLines(run);
  return [
    `<h2>${escapeMarkup(deviceLabel(run.device))}</h2>`,
    ...(run.device.isSoftware ? ['<p class="software">Software adapter: it computes on the CPU. These times say nothing about a GPU.</p>'] : []),
    list('answer', answer),
    list('facts', [...(run.device.description === '' ? [] : [run.device.description]), ...facts]),
    section('Roofline', roofline(run)),
    ...ops.map((op) => section(`Layers: ${op}`, layerStrips(run, op))),
    ...ops.map((op) => section(`Speed against size: ${op}`, speedBySize(run, op))),
    isaSection(run),
    ...run.groups.map((group) => section(`${group.op} ${group.shape}`, bars(group), groupSentence(group))),
    casesSection(run),
  ].join('\n');
}

/** One self-contained page. */
export async function formatHtml({ runs }: BenchFile): Promise<string> {
  const policy = `default-src 'none'; style-src 'sha256-${await digest(STYLE)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>Gramarye benchmark</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Gramarye benchmark</h1>
<p>Medians with 95% intervals by order statistics. Every variant was held against its reference before it was timed. Outliers are marked and kept. The fastest of each group is bold.</p>
${runs.map(runSection).join('\n')}
</main>
</body>
</html>
`;
}
