/** The results as one HTML file that needs nothing else: no script, no request, a policy that forbids both. */
import type { BenchFile, BenchRun } from '../result.js';
import { deviceLabel } from '../result.js';
import { escapeMarkup } from './markup.js';
import { bestCase, cells, HEADINGS, runHeading, shownRows, TEXT_COLUMNS } from './rows.js';
import { groupSentence, verdictLines } from './verdict.js';
import { bars, layerStrips, roofline, speedBySize } from './svg.js';

const STYLE = `
:root{color-scheme:light dark;--ink:#1d1b18;--paper:#faf7f0;--faint:#d8d0c0;--a:#8a5a2b;--best:#2f6f4f;--peer:#7a6f8f;--b:#b0894f;--c:#5b7d8c;--d:#93553f;--e:#6c7f4b;--f:#7b5d86}
@media (prefers-color-scheme:dark){:root{--ink:#ece5d8;--paper:#191714;--faint:#3b362e;--a:#c08a4f;--best:#63b58b;--peer:#a69bbd;--b:#d1ae78;--c:#86acbd;--d:#c98468;--e:#a0b67a;--f:#b294c0}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}
h1,h2,h3{line-height:1.2}table{border-collapse:collapse;font-size:.8rem;width:100%}th,td{padding:.2rem .5rem;border-bottom:1px solid var(--faint);text-align:right;vertical-align:top}
.text{text-align:left}.scroll{overflow-x:auto}.best{font-weight:700}svg{width:100%;height:auto;margin:.5rem 0}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg text.inside{fill:var(--paper)}.grid{stroke:var(--faint)}.whisker{stroke:var(--ink);stroke-width:1.5}.roof{stroke:var(--ink);stroke-width:2}.software{border:2px solid var(--d);padding:.5rem 1rem}
${['a', 'b', 'c', 'd', 'e', 'f', 'best', 'peer'].map((name) => `.fill-${name}{fill:var(--${name})}.line-${name}{stroke:var(--${name});fill:none;stroke-width:2}`).join('')}
`;

/** Base64 of the SHA-256 of a text, for the policy. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes));
}

function tableOf(run: BenchRun): string {
  const best = new Set(run.groups.map(bestCase));
  const rows = shownRows([run], true).map((row) => ({ isBest: best.has(row.case), texts: cells(row, false) }));
  const cell = (tag: string, text: string, column: number): string =>
    `<${tag}${TEXT_COLUMNS.has(column) ? ' class="text"' : ''}>${escapeMarkup(text)}</${tag}>`;
  return `<div class="scroll"><table><thead><tr>${HEADINGS.map((text, column) => cell('th', text, column)).join('')}</tr></thead><tbody>${rows
    .map(({ isBest, texts }) => `<tr${isBest ? ' class="best"' : ''}>${texts.map((text, column) => cell('td', text, column)).join('')}</tr>`)
    .join('')}</tbody></table></div>`;
}

/** A plot under its heading and a sentence of what it says; nothing where there is no plot. */
function section(title: string, plot: string, sentence = ''): string {
  if (plot === '') return '';
  return `<h3>${escapeMarkup(title)}</h3>${sentence === '' ? '' : `<p>${escapeMarkup(sentence)}</p>`}${plot}`;
}

function isaSection(run: BenchRun): string {
  const rows = run.groups.flatMap((group) => group.cases.flatMap((one) => (one.isa ?? []).map((isa) => ({ group, one, isa }))));
  if (rows.length === 0) return '';
  return `<h3>What a GPU’s compiler made of it</h3><div class="scroll"><table><thead><tr>${['GPU', 'op', 'shape', 'variant', 'pass', 'registers', 'waves per SIMD', 'spills', 'workgroup bytes', 'multiply-add share'].map((text) => `<th class="text">${text}</th>`).join('')}</tr></thead><tbody>${rows
    .map(
      ({ group, one, isa }) =>
        `<tr>${[isa.gpu, group.op, group.shape, one.variant, isa.pass, isa.registers, isa.wavesPerSimd, isa.spilledRegisters, isa.workgroupBytes, isa.multiplyAddShare.toFixed(2)].map((value) => `<td class="text">${escapeMarkup(String(value))}</td>`).join('')}</tr>`,
    )
    .join('')}</tbody></table></div>`;
}

function runSection(run: BenchRun): string {
  const ops = [...new Set(run.groups.map(({ op }) => op))];
  const [, ...facts] = runHeading(run);
  return [
    `<h2>${escapeMarkup(deviceLabel(run.device))}</h2>`,
    ...(run.device.isSoftware ? ['<p class="software">Software adapter: it computes on the CPU. These times say nothing about a GPU.</p>'] : []),
    ...verdictLines(run).map((line) => `<p>${escapeMarkup(line)}</p>`),
    `<ul>${facts.map((fact) => `<li>${escapeMarkup(fact)}</li>`).join('')}</ul>`,
    section('Roofline', roofline(run)),
    ...ops.map((op) => section(`Layers: ${op}`, layerStrips(run, op))),
    ...ops.map((op) => section(`Speed against size: ${op}`, speedBySize(run, op))),
    isaSection(run),
    ...run.groups.map((group) => section(`${group.op} ${group.shape}`, bars(group), groupSentence(group))),
    `<h3>All cases</h3>${tableOf(run)}`,
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
<h1>Gramarye benchmark</h1>
<p>Medians with 95% intervals by order statistics. Every variant was held against its reference before it was timed. Outliers are marked and kept. The fastest of each group is bold.</p>
${runs.map(runSection).join('\n')}
</body>
</html>
`;
}
