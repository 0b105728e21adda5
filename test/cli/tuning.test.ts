import { Command } from 'commander';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addTuningCommand, tuningRecords } from '../../src/cli/tuning.js';
import { TuningMemory, type TuningStore } from '../../src/engine/tuning-memory.js';
import { VERSION } from '../../src/engine/version.js';
import { temporaryFolder } from '../support/cli.js';
import { expectCode } from '../support/expect-code.js';

const temporary = temporaryFolder();
const folder = join(temporary.path, 'tuning');
afterAll(() => {
  temporary.remove();
});

async function run(...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  const program = new Command().exitOverride();
  addTuningCommand(program, { folder, print: (line) => lines.push(line) });
  await program.parseAsync(['tuning', ...args], { from: 'user' });
  return lines;
}

/** The store that the page reaches through the server. */
function folderStore(): TuningStore {
  const records = tuningRecords(folder);
  return {
    read: async (name) => (await records.load(name))?.toString('utf8'),
    write: (name, text) => records.save(name, new TextEncoder().encode(text)),
    remove: (name) => records.remove(name),
  };
}

const adapter = (device: string): { vendor: string; architecture: string; device: string; description: string } => ({
  vendor: 'acme',
  architecture: 'old',
  device,
  description: '',
});
const KEY = 'gram(positions 4, channels 8)';

describe('gramarye tuning', () => {
  it('lists, exports, imports and forgets what runs remember', async () => {
    expect(await run('list')).toEqual([]);
    await expectCode('bad-option', () => run('export'));
    const [one, two] = ['One', 'Two'].map((device) => new TuningMemory(folderStore(), adapter(device)));
    await one?.remember({ [KEY]: 'shared-memory' });
    const out = join(temporary.path, 'map.json');
    expect(await run('export', '--out', out)).toEqual([out]);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ version: 1, adapter: adapter('One'), gramarye: VERSION, variants: { [KEY]: 'shared-memory' } });

    await two?.remember({ [KEY]: 'other', second: 'x' });
    const name = `${VERSION.replace(/\W+/g, '-')}-acme-old-one`;
    expect(await run('list')).toEqual([`${name}: One, Gramarye ${VERSION}, 1 shapes of kernels`, expect.stringContaining('2 shapes of kernels')]);
    await expectCode('bad-option', () => run('export', '--out', out));
    await expectCode('bad-option', () => run('reset', 'three'));
    expect(await run('reset', name)).toEqual([`Forgot ${name}.`]);
    expect(await one?.load()).toEqual({});
    expect(await run('import', out)).toEqual([name]);
    expect(await one?.load()).toEqual({ [KEY]: 'shared-memory' });
    expect((await run('reset')).length).toBe(2);
    expect(await two?.load()).toEqual({});
    expect(await run('list')).toEqual([]);
  });

  it('refuses to import what is no tuning, and shows what is damaged', async () => {
    const trace = join(temporary.path, 'trace.json');
    writeFileSync(trace, JSON.stringify({ version: VERSION, adapter: adapter('One'), variants: { block1_conv1: 'direct' } }));
    await expectCode('bad-option', () => run('import', trace));
    await expectCode('file-missing', () => run('import', join(temporary.path, 'none.json')));
    await new TuningMemory(folderStore(), adapter('One')).remember({ [KEY]: 'x' });
    const [name = ''] = await run('list');
    const path = join(folder, `tuning-${name.split(':')[0] ?? ''}.json`);
    expect(existsSync(path)).toBe(true);
    writeFileSync(path, '{');
    expect(await run('list')).toEqual([expect.stringContaining('damaged')]);
    await expectCode('bad-option', () => run('export'));
  });
});
