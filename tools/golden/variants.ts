/**
 * Every reference case with every variant of every kernel forced, one at a time, on this machine's adapter:
 * `node bench/run-node.mjs tools/golden/variants.ts --data FOLDER [--cases a,b] --out FILE.json`. FOLDER holds `golden/` and `nets/`.
 * `--kernels a,b` and `--variants a,b` narrow it; rows of FILE.json that are not measured again stay. `--table FILE.md FILE.json…` writes the table of several results instead.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeEngine } from '../../bench/node-gpu.js';
import { adapterName } from '../../src/engine/variant-map.js';
import { loadVgg } from '../../src/models/load.js';
import { readGoldenCase } from '../../test/support/golden.js';
import { errorsOf, forcedVariants, type CaseErrors } from '../../test/support/golden-variants.js';
import { fileSource } from '../../test/support/shared-data.js';

interface Row {
  readonly kernel: string;
  readonly variant: string;
  readonly case: string;
  /** Calls that took the variant, of how many of the kernel. */
  readonly taken: number;
  readonly calls: number;
  /** Each divided by what is allowed; absent where no call takes the variant. */
  readonly errors?: CaseErrors;
  readonly ms?: number;
}

interface Result {
  readonly adapter: string;
  readonly rows: readonly Row[];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const worst = (errors: CaseErrors): number => Math.max(...Object.values(errors).map((error: number) => (Number.isNaN(error) ? Infinity : error)));

/** What is measured, and what is known from before. */
interface Selection {
  readonly cases: readonly string[];
  readonly wants: (kernel: string, variant: string) => boolean;
  readonly known: readonly Row[];
}

async function measure(data: string, { cases: names, wants, known }: Selection, keep: (result: Result) => void): Promise<Result> {
  const engine = await nodeEngine();
  let rows = [...known];
  for (const name of names) {
    const golden = await readGoldenCase(join(data, 'golden', name));
    const file = ['', 'vgg19-blocks1-3'].map((folder) => join(data, 'nets', folder, golden.config.net)).find((path) => existsSync(path));
    if (file === undefined) throw new Error(`The net ${golden.config.net} of ${name} is not below ${data}/nets.`);
    const net = await loadVgg(await fileSource(file));
    for (const { kernel, variant, pins, taken, calls } of await forcedVariants(engine, golden, net)) {
      if (!wants(kernel, variant)) continue;
      const start = performance.now();
      const errors = taken === 0 ? undefined : await errorsOf(engine, golden, net, pins);
      const row = { kernel, variant, case: name, taken, calls, ...(errors === undefined ? {} : { errors, ms: Math.round(performance.now() - start) }) };
      rows = [...rows.filter((other) => other.case !== name || other.kernel !== kernel || other.variant !== variant), row];
      keep({ adapter: adapterName(engine.traits), rows });
      print(
        `${name} ${kernel} ${variant} ${String(taken)}/${String(calls)} ${errors === undefined ? 'not taken' : worst(errors).toPrecision(2)} ${String(row.ms ?? '')}`,
      );
    }
  }
  engine.destroy();
  return { adapter: adapterName(engine.traits), rows };
}

/** One row a line. */
function resultText({ adapter, rows }: Result): string {
  return `{ "adapter": ${JSON.stringify(adapter)}, "rows": [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n] }\n`;
}

function table(results: readonly Result[]): string {
  const keys = [...new Set(results.flatMap(({ rows }) => rows.map(({ kernel, variant }) => `${kernel} ${variant}`)))];
  const cell = ({ rows }: Result, key: string): string => {
    const own = rows.filter(({ kernel, variant }) => `${kernel} ${variant}` === key);
    if (own.length === 0) return 'not run';
    const held = own.filter(({ errors }) => errors !== undefined && worst(errors) <= 1).length;
    const run = own.filter(({ errors }) => errors !== undefined).length;
    if (run === 0) return 'taken by no call';
    const largest = Math.max(...own.flatMap(({ errors }) => (errors === undefined ? [] : [worst(errors)])));
    return `${String(held)} of ${String(run)}; ${largest.toPrecision(2)}`;
  };
  const lines = keys.map((key) => {
    const [kernel = '', variant = ''] = key.split(' ');
    return `| ${kernel} | ${variant} | ${results.map((result) => cell(result, key)).join(' | ')} |`;
  });
  const cases = [...new Set(results.flatMap(({ rows }) => rows.map((row) => row.case)))];
  return [
    `# Reference cases, every variant forced`,
    '',
    'Each variant was pinned for every call that takes it, those of the targets as well, all others as by default; then a reference case',
    'ran from start to end. A cell says how many cases held of those in which some call took the variant, and the largest error of any measure',
    '(Gram matrices, gradient, losses at the start and later, image) divided by what is allowed, so at most 1 when all hold.',
    '',
    `Cases: ${cases.join(', ')}. Made by \`tools/golden/variants.ts\`.`,
    '',
    `| kernel | variant | ${results.map(({ adapter }) => adapter).join(' | ')} |`,
    `|---|---|${results.map(() => '---|').join('')}`,
    ...lines,
    '',
  ].join('\n');
}

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      cases: { type: 'string' },
      kernels: { type: 'string' },
      variants: { type: 'string' },
      out: { type: 'string' },
      table: { type: 'string' },
    },
  });
  if (values.table !== undefined) {
    writeFileSync(values.table, table(positionals.map((path) => JSON.parse(readFileSync(path, 'utf8')) as Result)));
    return 0;
  }
  if (values.data === undefined) throw new Error('Name the folder that holds golden/ and nets/ with --data.');
  const known = values.out !== undefined && existsSync(values.out) ? (JSON.parse(readFileSync(values.out, 'utf8')) as Result).rows : [];
  const kernels = values.kernels?.split(',');
  const variants = values.variants?.split(',');
  const selection: Selection = {
    cases: values.cases?.split(',') ?? readdirSync(join(values.data, 'golden')),
    wants: (kernel, variant) => (kernels?.includes(kernel) ?? true) && (variants?.includes(variant) ?? true),
    known,
  };
  const result = await measure(values.data, selection, (current) => {
    if (values.out !== undefined) writeFileSync(values.out, resultText(current));
  });
  return result.rows.every(({ errors }) => errors === undefined || worst(errors) <= 1) ? 0 : 1;
}
