import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadVgg } from '../../src/models/load.js';
import { sourceFromUrl } from '../../src/models/sources/http-source.js';
import { VGG19_LAYERS, VGG19_WIDTHS } from '../../src/models/vgg19.js';
import { expectCode } from '../support/expect-code.js';
import { byteAt, countingFile, HostileServer, sparseSafetensors } from '../support/hostile-server.js';

const SIZE = 500_000;
const FAST = { stallMs: 1_500, retryDelayMs: 5, retries: 2 };

let server: HostileServer;
beforeEach(async () => {
  server = await HostileServer.start(countingFile(SIZE));
});
afterEach(() => server.stop());

/** Reads a range and compares every byte. */
async function expectRange(start: number, end: number): Promise<void> {
  const bytes = await sourceFromUrl(server.url(), FAST).read(start, end);
  expect(bytes.byteLength).toBe(Math.min(end, SIZE) - start);
  expect(bytes.findIndex((byte, index) => byte !== byteAt(start + index))).toBe(-1);
}

describe('a server as a byte source', () => {
  test('size, head and ranges by few requests', async () => {
    const source = sourceFromUrl(server.url('folder/net.safetensors?x=1'), FAST);
    expect(source.name).toBe('net.safetensors');
    expect(await source.size()).toBe(SIZE);
    await source.read(0, 8);
    await source.read(8, 60_000);
    expect(server.requests.length).toBe(1);
    expect((await source.read(400_000, 400_010))[3]).toBe(byteAt(400_003));
    expect(server.requests.length).toBe(2);
    expect(server.sentBytes).toBeLessThan(70_000);
  });

  test('a read beyond the end gives what there is', () => expectRange(SIZE - 5, SIZE + 100));

  test('ranges that are ignored: the whole is fetched once', async () => {
    server.behave({ ignoresRanges: true });
    const source = sourceFromUrl(server.url(), FAST);
    expect(await source.size()).toBe(SIZE);
    const requests = server.requests.length;
    expect((await source.read(300_000, 300_001))[0]).toBe(byteAt(300_000));
    expect((await source.read(3, 4))[0]).toBe(byteAt(3));
    expect(server.requests.length).toBe(requests);
    expect(requests).toBeLessThanOrEqual(2);
  });

  test('a hidden Content-Range likewise', async () => {
    server.behave({ hidesContentRange: true });
    await expectRange(250_000, 260_000);
  });

  test.each([
    ['stalls', { stallAfter: { bytes: 70_000, times: 1 } }],
    ['is cut', { cutAfter: { bytes: 70_000, times: 3 } }],
    ['meets an error of the server', { status: { code: 500, times: 2 } }],
  ])('a transfer that %s goes on', async (_, faults) => {
    server.behave(faults);
    await expectRange(100_000, 400_000);
  });

  test('a break goes on where it stopped', async () => {
    const source = sourceFromUrl(server.url(), FAST);
    await source.size();
    server.behave({ cutAfter: { bytes: 131_072, times: 1 } });
    expect((await source.read(100_000, 400_000)).byteLength).toBe(300_000);
    expect(server.requests[0]?.range).toBe('bytes=100000-399999');
    expect(Number(/\d+/.exec(server.requests[1]?.range ?? '')?.[0])).toBeGreaterThan(100_000);
  });

  test.each([
    ['404', { status: { code: 404 } }, '404'],
    ['403', { status: { code: 403 } }, '403'],
    ['500 for ever', { status: { code: 500 } }, '500'],
    ['a stall for ever', { stallAfter: { bytes: 0 } }, 'no byte'],
    ['bytes from elsewhere', { wrongRange: true }, 'when asked for'],
  ])('%s', async (_, faults, part) => {
    const source = sourceFromUrl(server.url(), FAST);
    if ('wrongRange' in faults) await source.size();
    server.behave(faults);
    await expectCode('fetch-failed', () => source.read(100_000, 200_000), server.url(), part);
  });

  test('a file that changes in the middle', async () => {
    const source = sourceFromUrl(server.url(), FAST);
    await source.size();
    server.behave({ changes: true, cutAfter: { bytes: 65_536, times: 1 } });
    await expectCode('fetch-failed', () => source.read(0, 300_000), 'changed');
  });

  test('no server', async () => {
    await expectCode('fetch-failed', () => sourceFromUrl('http://127.0.0.1:9/x', FAST).size(), 'http://127.0.0.1:9/x');
  });

  test('cancelling stops at once and leaves the source usable', async () => {
    server.behave({ stallAfter: { bytes: 1_000, times: 1 } });
    const source = sourceFromUrl(server.url(), { ...FAST, stallMs: 60_000 });
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 50);
    await expectCode('aborted', () => source.size({ signal: abort.signal }));
    expect(await source.size()).toBe(SIZE);
  });
});

describe('a large file of which little is wanted', () => {
  // As timm publishes VGG19: names in alphabetical order, 143,667,240 parameters in F32.
  const shapes: Record<string, readonly number[]> = {};
  for (const [index, { torchvisionIndex }] of VGG19_LAYERS.entries()) {
    const [outputs, inputs] = [VGG19_WIDTHS[index] ?? 0, VGG19_WIDTHS[index - 1] ?? 3];
    shapes[`features.${String(torchvisionIndex)}.bias`] = [outputs];
    shapes[`features.${String(torchvisionIndex)}.weight`] = [outputs, inputs, 3, 3];
  }
  Object.assign(shapes, {
    'head.fc.bias': [1000],
    'head.fc.weight': [1000, 4096],
    'pre_logits.fc1.bias': [4096],
    'pre_logits.fc1.weight': [4096, 512, 7, 7],
    'pre_logits.fc2.bias': [4096],
    'pre_logits.fc2.weight': [4096, 4096, 1, 1],
  });
  const sorted = Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => a.localeCompare(b)));

  test('the convolutions of a 575 MB file cost less than 90 MB and few requests', async () => {
    server.file = sparseSafetensors(sorted);
    expect(server.file.sizeBytes).toBeGreaterThan(574_600_000);
    const net = await loadVgg(sourceFromUrl(server.url(), FAST), { preprocess: 'torch' });
    expect(net.layers.length).toBe(16);
    expect(server.sentBytes).toBeLessThan(90_000_000);
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });

  test('the first layers cost next to nothing', async () => {
    server.file = sparseSafetensors(sorted);
    await loadVgg(sourceFromUrl(server.url(), FAST), { preprocess: 'torch', taps: ['block1_conv2'] });
    expect(server.sentBytes).toBeLessThan(400_000);
  });
});
