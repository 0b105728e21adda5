import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addWeightsCommand } from '../../src/cli/weights.js';
import { FolderStore, weightsFolder } from '../../src/cli/weights-store.js';
import { loadVgg } from '../../src/models/load.js';
import { fetchWeights, verifyWeights, type TransferProgress } from '../../src/models/sources/fetch-weights.js';
import { openerOf } from '../../src/models/sources/open-named.js';
import { WEIGHTS_SOURCES, type WeightsSource } from '../../src/models/sources/registry.js';
import { expectCode } from '../support/expect-code.js';
import { countingFile, HostileServer, sparseSafetensors, type VirtualFile } from '../support/hostile-server.js';
import { shippedPath } from '../support/shared-data.js';

const FAST = { stallMs: 3_000, retryDelayMs: 5, retries: 1 };
const FILE = countingFile(700_000);
const MD5 = createHash('md5').update(FILE.read(0, FILE.sizeBytes)).digest('hex');

let server: HostileServer;
let folder: string;
let store: FolderStore;
beforeEach(async () => {
  server = await HostileServer.start(FILE);
  folder = await mkdtemp(join(tmpdir(), 'gramarye-store-'));
  store = new FolderStore(join(folder, 'weights'));
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function source(change: Partial<WeightsSource> = {}): WeightsSource {
  const [first] = WEIGHTS_SOURCES;
  if (first === undefined) throw new Error('no sources');
  return { ...first, name: 'test-net', url: server.url(), sizeBytes: FILE.sizeBytes, checksum: { algorithm: 'md5', hex: MD5 }, ...change };
}

const left = async (): Promise<string[]> => (existsSync(store.place) ? (await readdir(store.place)).sort() : []);

describe('the published sources', () => {
  test('name what a user must know', () => {
    expect(WEIGHTS_SOURCES.map(({ name }) => name)).toEqual(['vgg19', 'vgg19-timm', 'mobilenet-v2']);
    for (const { url, licence, attribution } of WEIGHTS_SOURCES) {
      expect(url).toMatch(/^https:\/\//);
      expect(licence.length * attribution.length).toBeGreaterThan(0);
    }
  });
});

describe('fetching', () => {
  test('progress in bytes, checksum, and no network the second time', async () => {
    const seen: TransferProgress[] = [];
    const record = await fetchWeights(source(), store, { ...FAST, onProgress: (progress) => seen.push(progress) });
    expect(record).toMatchObject({ name: 'test-net', sizeBytes: FILE.sizeBytes, checksum: { algorithm: 'md5', hex: MD5 }, preprocess: 'caffe' });
    expect(seen.filter(({ stage }) => stage === 'fetch').at(-1)).toMatchObject({ doneBytes: FILE.sizeBytes, totalBytes: FILE.sizeBytes });
    expect(seen.at(-1)?.stage).toBe('check');
    expect(await left()).toEqual(['test-net.bin', 'test-net.json']);
    const known = source();
    await server.stop();
    expect(await fetchWeights(known, store, FAST)).toEqual(record);
    const opened = await store.open('test-net');
    expect(opened?.preprocess).toBe('caffe');
    expect(Buffer.from((await opened?.read(0, FILE.sizeBytes)) ?? []).equals(Buffer.from(FILE.read(0, FILE.sizeBytes)))).toBe(true);
    server = await HostileServer.start(FILE);
  });

  test('what arrived before a failure is kept, and the next call goes on from there', async () => {
    server.behave({ cutAfter: { bytes: 131_072, times: 1 } });
    const first = new AbortController();
    await expectCode('aborted', () =>
      fetchWeights(source(), store, {
        ...FAST,
        signal: first.signal,
        onProgress: ({ doneBytes }) => {
          if (doneBytes > 100_000) first.abort();
        },
      }),
    );
    expect(await left()).toContain('test-net.part');
    server.behave({});
    await fetchWeights(source(), store, FAST);
    expect(Number(/\d+/.exec(server.requests[0]?.range ?? '')?.[0])).toBeGreaterThan(100_000);
    expect(server.sentBytes).toBeLessThan(FILE.sizeBytes - 100_000);
    expect(await left()).toEqual(['test-net.bin', 'test-net.json']);
  });

  test('a server that ignores ranges only costs more', async () => {
    server.behave({ ignoresRanges: true, cutAfter: { bytes: 200_000, times: 1 } });
    expect((await fetchWeights(source(), store, FAST)).checksum.hex).toBe(MD5);
  });

  test('a changed file is fetched from the start', async () => {
    const partial = await store.begin('test-net');
    await partial.restart('"an older version"');
    await partial.append(new Uint8Array(50_000));
    await partial.close();
    expect((await fetchWeights(source({ checksum: undefined }), store, FAST)).sizeBytes).toBe(FILE.sizeBytes);
    expect((await verifyWeights(store, (await store.list())[0] ?? (await fetchWeights(source(), store)))).isGood).toBe(true);
    const bytes = await readFile(join(store.place, 'test-net.bin'));
    expect(createHash('md5').update(bytes).digest('hex')).toBe(MD5);
  });

  test('wrong old bytes are found by the checksum and fetched anew, once', async () => {
    const partial = await store.begin('test-net');
    await partial.append(new Uint8Array(50_000));
    await partial.close();
    expect((await fetchWeights(source(), store, FAST)).checksum.hex).toBe(MD5);
  });

  test('a corrupt transfer is refused and nothing of it kept', async () => {
    server.behave({ corruptAt: { position: 300_000 } });
    await expectCode('bad-weights', () => fetchWeights(source(), store, FAST), server.url(), MD5);
    expect(await left()).toEqual([]);
  });

  test('another size than the published one', async () => {
    await expectCode('fetch-failed', () => fetchWeights(source({ sizeBytes: 5 }), store, FAST), '700000', '5');
    expect(await left()).toEqual([]);
  });

  test.each([404, 500])('status %d', async (code) => {
    server.behave({ status: { code } });
    await expectCode('fetch-failed', () => fetchWeights(source(), store, FAST), server.url(), String(code));
    expect(await left()).toEqual([]);
  });

  test('two at once: the second is told', async () => {
    server.behave({ slowMs: 20 });
    const first = fetchWeights(source(), store, FAST);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await expectCode('write-failed', () => fetchWeights(source(), store, FAST), 'test-net');
    await first;
  });

  test('of a large safetensors only the convolutions', async () => {
    const file: VirtualFile = sparseSafetensors({
      'classifier.weight': [4096, 4096],
      'features.0.bias': [4],
      'features.0.weight': [4, 3, 3, 3],
      'zzz.weight': [4096, 1024],
    });
    server.file = file;
    const record = await fetchWeights(
      source({ take: 'convolutions', preprocess: 'torch', sizeBytes: undefined, checksum: undefined, fileName: 'c.safetensors' }),
      store,
      FAST,
    );
    expect(record.sizeBytes).toBeLessThan(2_000);
    expect(server.sentBytes).toBeLessThan(300_000);
    const net = await loadVgg('test-net', { open: openerOf(store) });
    expect(net.preprocess.name).toBe('torch');
    expect(net.layers.length).toBe(1);
  });
});

describe('the folder', () => {
  test('follows XDG and GRAMARYE_CACHE', () => {
    expect(weightsFolder({ XDG_CACHE_HOME: '/x' })).toBe(process.platform === 'win32' ? weightsFolder({}) : '/x/gramarye/weights');
    expect(weightsFolder({ GRAMARYE_CACHE: '/y', XDG_CACHE_HOME: '/x' })).toBe('/y/weights');
  });

  test('a damaged record counts as none, a damaged file is found', async () => {
    const record = await fetchWeights(source(), store, FAST);
    expect((await verifyWeights(store, record)).isGood).toBe(true);
    await appendFile(join(store.place, 'test-net.bin'), 'x');
    expect((await verifyWeights(store, record)).problem).toContain('700001');
    await writeFile(join(store.place, 'test-net.json'), '{"name": 3');
    expect(await store.list()).toEqual([]);
  });

  test('a lock of a dead process is taken over', async () => {
    await (await store.begin('test-net')).close();
    await writeFile(join(store.place, 'test-net.lock'), '999999999');
    await fetchWeights(source(), store, FAST);
  });

  test('names that leave the folder are refused', async () => {
    await expectCode('bad-option', () => store.begin('../x'), '../x');
    expect(await store.remove('../x')).toBe(false);
    expect(await store.find('..')).toBeUndefined();
  });

  test('opening a known source that is not here says how to fetch it', async () => {
    await expectCode('file-missing', () => openerOf(store)('vgg19'), 'gramarye weights fetch vgg19');
    await expectCode('bad-option', () => openerOf(store)('vgg20'), 'vgg20');
  });
});

describe('gramarye weights', () => {
  let lines: string[];
  const run = async (...words: string[]): Promise<string> => {
    lines = [];
    const program = new Command().exitOverride();
    addWeightsCommand(program, { store, sources: [source()], print: (line) => lines.push(line), remark: () => undefined, retryDelayMs: 5, stallMs: 3_000 });
    await program.parseAsync(['weights', ...words], { from: 'user' });
    return lines.join('\n');
  };

  test('list, fetch, verify, remove', async () => {
    expect(await run('list')).toContain('test-net (not fetched, 700 kB; CC BY 4.0)');
    expect(await run('fetch', 'test-net')).toContain(MD5);
    expect(await run('fetch', 'test-net')).toContain('here already');
    expect(await run('list')).toContain('test-net (kept, 700 kB');
    expect(await run('verify')).toContain('test-net: good');
    expect(await run('remove', 'test-net')).toContain('removed');
    await expectCode('file-missing', () => run('remove', 'test-net'), 'test-net');
    await expectCode('file-missing', () => run('verify', 'test-net'), 'test-net');
    await expectCode('bad-option', () => run('fetch', 'other'), 'other', 'test-net');
  });

  test('import checks the file; convert writes half the bytes', async () => {
    const tiny = shippedPath('nets/tiny-vgg19.safetensors');
    expect(await run('import', tiny)).toContain('tiny-vgg19: vgg19, 1.3 MB');
    expect(await run('import', shippedPath('h5/plain.h5'), '--name', 'plain', '--preprocess', 'torch')).toContain('plain: vgg19');
    expect((await loadVgg('plain', { open: openerOf(store) })).preprocess.name).toBe('torch');
    const out = join(folder, 'out.safetensors');
    expect(await run('convert', 'tiny-vgg19', out)).toContain('vgg19, 630 kB');
    const { sourceFromBytes } = await import('../../src/models/byte-source.js');
    const [half, whole] = await Promise.all([loadVgg(sourceFromBytes('out', await readFile(out))), loadVgg('tiny-vgg19', { open: openerOf(store) })]);
    for (const [index, { weights }] of half.layers.entries()) {
      const exact = whole.layers[index]?.weights ?? [];
      expect(weights.every((value, at) => Math.abs(value - (exact[at] ?? NaN)) <= Math.abs(exact[at] ?? 0) * 2 ** -11 + 2 ** -25)).toBe(true);
    }
    await expectCode('bad-weights', () => run('import', shippedPath('h5/not-keras.h5')), 'not-keras.h5');
    await expectCode('file-missing', () => run('import', join(folder, 'nothing.h5')), 'nothing.h5');
    await expectCode('file-missing', () => run('convert', 'nothing', out), 'nothing');
    await expectCode('bad-option', () => run('convert', 'plain', join(folder, 'x.txt')), 'x.txt');
  });

  test('the embedded backbone converts', async () => {
    const out = join(folder, 'out.safetensors');
    expect(await run('convert', 'mobilenet-v2-oid', out)).toContain('mobilenet-v2, 4.4 MB');
  });
});
