/** `gramarye tuning`: what `--tune` found on this machine's adapters, to look at, to take along and to forget. */
import type { Command } from 'commander';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GramaryeError } from '../engine/errors.js';
import { tuningName } from '../engine/tuning-memory.js';
import { adapterName, parseVariantMap, type VariantMap } from '../engine/variant-map.js';
import { FolderRecords } from './folder-records.js';
import { checkOutputPath, writeAll } from './output-files.js';
import { readVariantMap } from './variant-file.js';
import { weightsFolder } from './weights-store.js';

const SUFFIX = '.json';

/** What the command works with; tests give their own. */
export interface TuningSetting {
  readonly folder?: string;
  /** A line of the result, to standard output. */
  readonly print?: (line: string) => void;
}

/** The folder of remembered tunings, beside that of the weights. */
export function tuningFolder(): string {
  return join(dirname(weightsFolder()), 'tuning');
}

/** Remembered tunings as records: one for each adapter and version. */
export function tuningRecords(folder = tuningFolder()): FolderRecords {
  return new FolderRecords(folder, { suffix: SUFFIX, durable: false });
}

interface Remembered {
  readonly name: string;
  readonly path: string;
  /** Absent where the file is damaged. */
  readonly map?: VariantMap;
}

function remembered(folder: string): Remembered[] {
  let files: string[] = [];
  try {
    files = readdirSync(folder);
  } catch {
    // Nothing was remembered yet.
  }
  return files
    .filter((file) => file.startsWith('tuning-') && file.endsWith(SUFFIX))
    .sort()
    .map((file) => {
      const entry = { name: file.slice('tuning-'.length, -SUFFIX.length), path: join(folder, file) };
      try {
        return { ...entry, map: parseVariantMap(JSON.parse(readFileSync(entry.path, 'utf8')), entry.path) };
      } catch {
        return entry;
      }
    });
}

/** The one that is meant: the only one without a name. Throws `bad-option` naming those there are. */
function chosen(all: readonly Remembered[], name: string | undefined): Remembered {
  const found = name === undefined ? all : all.filter((entry) => entry.name === name);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = all.map((entry) => entry.name).join(', ');
  const problem = all.length === 0 ? 'Nothing is remembered' : name === undefined ? 'Several tunings are remembered' : `No tuning "${name}" is remembered`;
  throw new GramaryeError('bad-option', `${problem}.`, { remedy: all.length === 0 ? 'Run "gramarye stylize" with --tune first.' : `Name one of: ${names}.` });
}

/** Adds the command `tuning` with its own commands to the program. */
export function addTuningCommand(program: Command, { folder = tuningFolder(), print = console.log }: TuningSetting = {}): Command {
  const command = program
    .command('tuning')
    .description(`Kernel variants that --tune found to be the fastest, by adapter and version. They are kept in ${folder}.`);

  command
    .command('list')
    .description('What is remembered.')
    .action(() => {
      for (const { name, map } of remembered(folder)) {
        if (map === undefined) print(`${name}: damaged; it counts as none`);
        else print(`${name}: ${adapterName(map.adapter)}, Gramarye ${map.gramarye}, ${String(Object.keys(map.variants).length)} shapes of kernels`);
      }
    });

  command
    .command('export')
    .description('Write a tuning as a variant map, to pin it with --variants, to keep it or to import it elsewhere.')
    .argument('[name]', 'as "gramarye tuning list" shows it; not needed where there is only one')
    .option('--out <file>', 'the map', 'tuning.json')
    .action((name: string | undefined, { out }: { out: string }) => {
      checkOutputPath('--out', out, SUFFIX);
      const { map, path } = chosen(remembered(folder), name);
      if (map === undefined) throw new GramaryeError('bad-option', `${path} is damaged.`, { remedy: 'Remove it with "gramarye tuning reset".' });
      writeAll([{ path: out, data: `${JSON.stringify(map, undefined, 1)}\n` }]);
      print(out);
    });

  command
    .command('import')
    .description('Remember an exported tuning for the adapter and version it is of; it takes the place of what is remembered for them.')
    .argument('<file>', 'an exported map')
    .action(async (file: string) => {
      const map = readVariantMap('The tuning', file);
      const shapes = Object.keys(map.variants).filter((key) => /^\w+\(.*\)$/.test(key));
      if (shapes.length === 0) {
        throw new GramaryeError('bad-option', `${file} names no shapes of kernels: it is the trace of a run.`, {
          remedy: 'Give a map that "gramarye tuning export" wrote; a trace goes with --variants.',
        });
      }
      const variants = Object.fromEntries(shapes.map((key) => [key, map.variants[key]]));
      const name = tuningName(map.adapter, map.gramarye);
      await tuningRecords(folder).save(name, new TextEncoder().encode(JSON.stringify({ ...map, variants })));
      print(name.slice('tuning-'.length));
    });

  command
    .command('reset')
    .description('Forget one tuning, or all.')
    .argument('[name]', 'as "gramarye tuning list" shows it; all without')
    .action((name: string | undefined) => {
      const all = remembered(folder);
      for (const { path, name: gone } of name === undefined ? all : [chosen(all, name)]) {
        rmSync(path, { force: true });
        print(`Forgot ${gone}.`);
      }
    });
  return command;
}
