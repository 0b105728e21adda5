import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkedNet, offerNet, parsePictureArgument } from '../../src/cli/input-files.js';
import { writeAll } from '../../src/cli/output-files.js';
import { RunnerServer } from '../../src/cli/server.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gramarye-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('writeAll', () => {
  it('writes all files and leaves nothing else', () => {
    writeAll([
      { path: join(folder, 'deep', 'a.png'), data: Uint8Array.of(1, 2) },
      { path: join(folder, 'b.json'), data: '{}' },
    ]);
    expect(readdirSync(folder).sort()).toEqual(['b.json', 'deep']);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['a.png']);
    expect(readFileSync(join(folder, 'b.json'), 'utf8')).toBe('{}');
  });

  it('writes none when one cannot be written, and keeps what was there', () => {
    writeFileSync(join(folder, 'a.png'), 'old');
    writeFileSync(join(folder, 'file'), '');
    expect(() => {
      writeAll([
        { path: join(folder, 'a.png'), data: 'new' },
        { path: join(folder, 'file', 'b.json'), data: '{}' },
      ]);
    }).toThrow(expect.objectContaining({ code: 'write-failed' }));
    expect(readFileSync(join(folder, 'a.png'), 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['a.png', 'file']);
  });
});

describe('input files', () => {
  it('splits the tensor from a safetensors file only', () => {
    expect(parsePictureArgument('a.png')).toEqual({ path: 'a.png' });
    expect(parsePictureArgument('a#b.png')).toEqual({ path: 'a#b.png' });
    expect(parsePictureArgument('a.safetensors')).toEqual({ path: 'a.safetensors', tensor: 'image' });
    expect(parsePictureArgument('a.safetensors#style0')).toEqual({ path: 'a.safetensors', tensor: 'style0' });
  });

  it('offers the shards of a model.json, but none outside its folder', async () => {
    const inside = join(folder, 'model');
    mkdirSync(join(inside, 'parts'), { recursive: true });
    for (const path of ['model/a.bin', 'model/parts/b.bin', 'outside.bin']) writeFileSync(join(folder, path), path);
    const paths = ['a.bin', 'parts/b.bin', '../outside.bin', join(folder, 'outside.bin'), 'absent.bin', 7];
    writeFileSync(join(inside, 'model.json'), JSON.stringify({ weightsManifest: [{ paths }, null, {}] }));
    const server = await RunnerServer.start(inside);
    const { siblings = {} } = offerNet(server, { name: join(inside, 'model.json'), isFile: true });
    expect(Object.keys(siblings).sort()).toEqual(['a.bin', 'parts/b.bin']);
    expect(await (await fetch(siblings['parts/b.bin'] ?? '')).text()).toBe('model/parts/b.bin');
    await server.close();
    expect(existsSync(join(folder, 'outside.bin'))).toBe(true);
  });

  it('takes the folder of a model.json for its file, and says what else may be given', () => {
    const path = join(folder, 'trained');
    mkdirSync(path);
    expect(() => checkedNet('--net', path)).toThrow(/--net .*trained is neither a weight file nor the name of a net\. Give .*a tfjs model\.json or its folder/);
    writeFileSync(join(path, 'model.json'), '{}');
    expect(checkedNet('--net', path)).toEqual({ name: join(path, 'model.json'), isFile: true });
  });
});
