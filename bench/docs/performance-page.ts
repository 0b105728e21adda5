/** docs/performance.md: tables from the results files of runs, and an index of the notes on what was predicted and measured. */
import { formatMarkdown } from '../../src/bench/formats/text.js';
import { figure } from '../../src/bench/formats/rows.js';
import { parseBenchFile, SCHEMA_NAME } from '../../src/bench/result.js';
import * as v from 'valibot';

/** A file by its name within its folder. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

const stepFile = v.object({
  date: v.string(),
  machine: v.string(),
  adapter: v.object({ description: v.string() }),
  results: v.array(
    v.object({
      engine: v.string(),
      size: v.number(),
      medianMs: v.number(),
      samplesMs: v.array(v.number()),
      ratio: v.number(),
      ratioInterval: v.tuple([v.number(), v.number()]),
    }),
  ),
});

const plantedFile = v.object({
  kind: v.literal('planted'),
  date: v.string(),
  device: v.string(),
  clock: v.string(),
  trials: v.number(),
  found: v.number(),
  quiet: v.number(),
});

/** The anchor that Markdown viewers give a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/gu, '-');
}

/** Headings of a Markdown text outside of code, with their levels. */
export function headingsOf(text: string): { readonly level: number; readonly title: string }[] {
  let isCode = false;
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('```')) isCode = !isCode;
    const [, marks = '', title = ''] = /^(#{1,6}) (.+)$/.exec(line) ?? [];
    return isCode || title === '' ? [] : [{ level: marks.length, title: title.trim() }];
  });
}

function stepTable({ date, machine, adapter, results }: v.InferOutput<typeof stepFile>): string {
  return [
    `### One step of style transfer: ${adapter.description}`,
    '',
    `${machine}, ${date}. Engines in turns, after their losses and gradients had agreed.`,
    '',
    '| image | engine | median ms | samples | its time over Gramarye’s, 95% interval |',
    '|---:|---|---:|---:|---:|',
    ...results.map(
      ({ engine, size, medianMs, samplesMs, ratio, ratioInterval: [low, high] }) =>
        `| ${String(size)}² | ${engine} | ${figure(medianMs)} | ${String(samplesMs.length)} | ${engine === 'gramarye' ? '1' : `${ratio.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`} |`,
    ),
  ].join('\n');
}

function plantedText({ date, device, clock, trials, found, quiet }: v.InferOutput<typeof plantedFile>): string {
  return [
    `### Can a comparison be believed? ${device}`,
    '',
    `${date}, clock: ${clock}. A planted slow-down of 10% in one variant was found in ${String(found)} of ${String(trials)} comparisons; two runs of the same code showed no regression in ${String(quiet)} of ${String(trials)}.`,
  ].join('\n');
}

/** A results file as Markdown; undefined for files of other kinds. Throws `bad-option` for a broken file of the suites. */
function resultSection({ name, text }: NamedText): string | undefined {
  const value: unknown = JSON.parse(text);
  if ((value as { schema?: unknown } | null)?.schema === SCHEMA_NAME) return formatMarkdown(parseBenchFile(text, name)).trimEnd().replace(/^## /gm, '### ');
  const step = v.safeParse(stepFile, value);
  if (step.success) return stepTable(step.output);
  const planted = v.safeParse(plantedFile, value);
  return planted.success ? plantedText(planted.output) : undefined;
}

/** The page. `results` are the files of bench/results, `topics` those of docs/performance. */
export function performancePage(results: readonly NamedText[], topics: readonly NamedText[]): string {
  const sections = results.map(({ name, text }) => ({ name, section: resultSection({ name, text }) }));
  const others = sections.filter(({ section }) => section === undefined).map(({ name }) => `[${name}](../bench/results/${name})`);
  return `${[
    '# Performance',
    '',
    '<!-- Generated from bench/results and docs/performance by scripts/docs-performance.mjs; do not edit. -->',
    '',
    'Tables from runs of the suites, then notes on what was predicted and what was measured. A run of your own: [Benchmarks](benchmarks.md).',
    'Times of software adapters say nothing about a GPU.',
    '',
    '## Notes',
    '',
    ...topics.flatMap(({ name, text }) => {
      const [title, ...rest] = headingsOf(text);
      return [
        `- [${title?.title ?? name}](performance/${name})`,
        ...rest.filter(({ level }) => level === 2).map((heading) => `  - [${heading.title}](performance/${name}#${anchorOf(heading.title)})`),
      ];
    }),
    '',
    '## Measured',
    '',
    ...sections.flatMap(({ name, section }) => (section === undefined ? [] : [section, '', `Samples: [${name}](../bench/results/${name}).`, ''])),
    ...(others.length === 0 ? [] : [`More in ${others.join(', ')}.`, '']),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** What is wrong with a page, and what it does not have yet. */
export interface PageReview {
  readonly problems: readonly string[];
  /** Files that came after the page was generated. */
  readonly unmentioned: readonly string[];
}

/**
 * Holds a page against the files it was generated from: what it shows of a run must be what the run's file says, and its links must lead
 * somewhere. Files that it does not mention yet are no mistake of it.
 */
export function reviewPage(page: string, results: readonly NamedText[], topics: readonly NamedText[]): PageReview {
  const shown = new Set([...page.matchAll(/\]\(\.\.\/bench\/results\/([^)]+)\)/g)].map(([, name = '']) => name));
  const links = [...page.matchAll(/\]\(performance\/([^)#]+)(?:#([^)]+))?\)/g)].map(([, name = '', anchor]) => ({ name, anchor }));
  const missing = [...shown].filter((name) => !results.some((file) => file.name === name)).map((name) => `it shows ${name}, which is gone`);
  const stale = results
    .filter(({ name }) => shown.has(name))
    .filter((file) => !page.includes(resultSection(file) ?? ''))
    .map(({ name }) => `it does not show what ${name} says`);
  const broken = links.flatMap(({ name, anchor }) => {
    const topic = topics.find((file) => file.name === name);
    if (topic === undefined) return [`it links to ${name}, which is gone`];
    const isThere = anchor === undefined || headingsOf(topic.text).some(({ title }) => anchorOf(title) === anchor);
    return isThere ? [] : [`it links to "${anchor}" in ${name}, which is gone`];
  });
  return {
    problems: [...missing, ...stale, ...broken],
    unmentioned: [
      ...results.filter(({ name }) => !shown.has(name)).map(({ name }) => name),
      ...topics.filter(({ name }) => !links.some((link) => link.name === name)).map(({ name }) => name),
    ],
  };
}
