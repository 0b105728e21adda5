/** The built command line in a browser: pictures in, bad input, cancel, the same bits twice. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { findBrowser } from '../../scripts/browser.mjs';
import { SafetensorsFile } from '../../src/models/safetensors.js';
import { writeSafetensors } from '../../src/models/safetensors-write.js';
import { recordIn } from '../../src/tasks/results/result-record.js';
import { PROGRAM, startCli, temporaryFolder, type CliResult } from '../support/cli.js';
import { fileSource } from '../support/shared-data.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
afterAll(() => {
  folder.remove();
});

const SMALL = ['--net', 'random-vgg19/16', '--adapter', 'software'];
const TIMEOUT_MS = 240_000;

/** A picture file painted pixel by pixel, RGBA. */
function paint(name: string, height: number, width: number, colour: (y: number, x: number) => readonly [number, number, number, number]): string {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) image.data.set(colour(y, x), (y * width + x) * 4);
  context.putImageData(image, 0, 0);
  const path = at(name);
  writeFileSync(
    path,
    name.endsWith('.png') ? canvas.toBuffer('image/png') : name.endsWith('.webp') ? canvas.toBuffer('image/webp', 100) : canvas.toBuffer('image/jpeg', 100),
  );
  return path;
}

const style = paint('style.png', 24, 24, (y, x) => [(y * 37) % 256, (x * 53) % 256, (x * y) % 256, 255]);

/** What the tasks see of a picture: no step is taken, so the raw result is the content itself. */
async function seen(path: string, size = 'as-is'): Promise<{ height: number; width: number; at(y: number, x: number): number[] }> {
  const raw = at('seen.safetensors');
  const args = ['stylize', '--content', path, '--style', style, '--size', size, '--style-size', 'as-is', '--steps', '0', ...SMALL];
  const { code, stderr } = await startCli([...args, '--out', at('seen.png'), '--raw', raw]);
  expect(code, stderr).toBe(0);
  const { shape, values } = await (await SafetensorsFile.open(await fileSource(raw))).readTensor('image');
  const [height = 0, width = 0] = shape;
  return { height, width, at: (y, x) => [...values.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)].map((value) => Math.round(value * 255)) };
}

function expectNear(got: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(Math.max(...got.map((value, index) => Math.abs(value - (wanted[index] ?? NaN)))), `got ${got.join()}, wanted ${wanted.join()}`).toBeLessThanOrEqual(
    tolerance,
  );
}

/** A JPEG with an EXIF orientation in front of its other segments. */
function withOrientation(path: string, orientation: number): void {
  const jpeg = readFileSync(path);
  const tiff = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const header = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
  writeFileSync(path, Buffer.concat([jpeg.subarray(0, 2), header, body, jpeg.subarray(2)]));
}

it('takes optimiser, scales, average, colours and masks together', { timeout: TIMEOUT_MS }, async () => {
  const content = paint('content.png', 40, 64, (y, x) => [y * 6, x * 4, 120, 255]);
  const masks = [true, false].map((isLeft) =>
    paint(`mask-${String(isLeft)}.png`, 16, 16, (_, x) => (x < 8 === isLeft ? [255, 255, 255, 255] : [0, 0, 0, 255])),
  );
  const args = ['stylize', '--content', content, '--style', style, '--style', style, '--size', 'as-is', '--style-size', '48', '--steps', '3'];
  const features = ['--optimizer', 'lbfgs', '--coarsest', '32', '--scale-factor', '2', '--scale-steps', '2', '--average', '0.5', '--colours', 'luminance'];
  const outputs = ['--out', at('features.png'), '--raw', at('features.safetensors'), '--trace', at('features.json')];
  const { code, stderr } = await startCli([...args, ...features, ...masks.flatMap((mask) => ['--mask', mask]), '--init', 'grey', ...SMALL, ...outputs]);
  expect(code, stderr).toBe(0);
  const { shape } = await (await SafetensorsFile.open(await fileSource(at('features.safetensors')))).readTensor('image');
  expect(shape).toEqual([40, 64, 3]);
  const trace = JSON.parse(readFileSync(at('features.json'), 'utf8')) as { settings: unknown; steps: unknown[]; variants: Record<string, string> };
  expect(trace.settings).toMatchObject({
    optimizer: 'lbfgs',
    scales: { coarsest: 32, factor: 2, steps: [2] },
    averageDecay: 0.5,
    colours: 'luminance',
    regions: 2,
  });
  expect(trace.steps).toHaveLength(4);
  expect(Object.keys(trace.variants)).toEqual(expect.arrayContaining(['lbfgsUpdate', 'block1_conv1@2.style', 'luminanceOnly']));
  // The result says how it was made, and from that it is made again.
  const png = readFileSync(at('features.png'));
  expect(recordIn(png)).toMatchObject({
    task: 'style-transfer',
    step: 3,
    settings: { net: 'random-vgg19/16', optimizer: 'lbfgs', scales: 'coarsest 32, factor 2, steps 2', average: 0.5, colours: 'luminance', startFrom: 'grey' },
    exact: { settings: trace.settings, styleSize: '48' },
    content: { name: 'content.png' },
    masks: [{ name: 'mask-true.png' }, { name: 'mask-false.png' }],
  });
  const pictures = ['--content', content, '--style', style, '--style', style, ...masks.flatMap((mask) => ['--mask', mask])];
  const again = await startCli(['stylize', '--settings', at('features.png'), ...pictures, '--adapter', 'software', '--out', at('again.png')]);
  expect(again.code, again.stderr).toBe(0);
  expect(readFileSync(at('again.png')).equals(png)).toBe(true);
});

describe('pictures', () => {
  it('PNG is read exactly, its alpha laid over white', { timeout: TIMEOUT_MS }, async () => {
    const picture = await seen(paint('alpha.png', 16, 20, (y, x) => (x < 10 ? [y * 10, 200, x, 255] : [100, 0, 255, y < 8 ? 0 : 128])));
    expect([picture.height, picture.width]).toEqual([16, 20]);
    expect(picture.at(7, 3)).toEqual([70, 200, 3]);
    expect(picture.at(2, 15)).toEqual([255, 255, 255]);
    // 128/255 of the colour and 127/255 of white; 8-bit premultiplication may cost one level, two on the way out.
    expectNear(picture.at(12, 15), [177, 127, 255], 2);
  });

  it('JPEG is turned as its EXIF orientation says', { timeout: TIMEOUT_MS }, async () => {
    const path = paint('turned.jpg', 32, 64, (_, x) => (x < 32 ? [255, 0, 0, 255] : [0, 0, 255, 255]));
    withOrientation(path, 6);
    const picture = await seen(path);
    expect([picture.height, picture.width]).toEqual([64, 32]);
    expectNear(picture.at(8, 16), [255, 0, 0], 4);
    expectNear(picture.at(56, 16), [0, 0, 255], 4);
  });

  it('WebP is read, and shrunk to the longer side', { timeout: TIMEOUT_MS }, async () => {
    const picture = await seen(
      paint('wide.webp', 60, 91, (y) => (y < 30 ? [20, 160, 40, 255] : [240, 240, 10, 255])),
      '45',
    );
    expect([picture.height, picture.width]).toEqual([29, 45]);
    expectNear(picture.at(4, 20), [20, 160, 40], 4);
    expectNear(picture.at(25, 20), [240, 240, 10], 4);
  });
});

describe('results', () => {
  it('are the same bits for the same seed, and others for another', { timeout: 3 * TIMEOUT_MS }, async () => {
    const images: Buffer[] = [];
    for (const seed of ['5', '5', '6']) {
      const raw = at(`seed-${String(images.length)}.safetensors`);
      const args = ['texture', '--style', style, '--size', '24x40', '--style-size', 'as-is', '--steps', '3', '--seed', seed, ...SMALL];
      const { code, stderr, stdout } = await startCli([...args, '--out', at('seed.png'), '--raw', raw]);
      expect(code, stderr).toBe(0);
      expect(stdout.trim().split('\n')).toEqual([at('seed.png'), raw]);
      images.push(readFileSync(raw));
    }
    expect(images[0]?.equals(images[1] ?? Buffer.alloc(0))).toBe(true);
    expect(images[0]?.equals(images[2] ?? Buffer.alloc(0))).toBe(false);
  });

  it('are not written after Ctrl-C: exit code 130', { timeout: TIMEOUT_MS }, async () => {
    let interrupted = false;
    const outputs = ['--out', at('cancel/out.png'), '--raw', at('cancel/out.safetensors'), '--trace', at('cancel/out.json')];
    const args = ['stylize', '--content', style, '--style', style, '--size', '64', '--steps', '100000', ...SMALL, ...outputs];
    const { code, stderr } = await startCli(args, {
      onStderr: (text, child) => {
        if (interrupted || !text.includes('/100000 steps')) return;
        interrupted = true;
        child.kill('SIGINT');
      },
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('Cancelled; nothing was written.');
    expect(existsSync(at('cancel'))).toBe(false);
  });
});

/** One line that names the thing, exit code 2, and nothing written. */
function expectRefusal({ code, stderr }: CliResult, ...named: (string | RegExp)[]): void {
  const errors = stderr.split('\n').filter((line) => line.startsWith('Error:'));
  expect(errors, stderr).toHaveLength(1);
  for (const name of named) expect(errors[0]).toMatch(name);
  expect(code, stderr).toBe(2);
  expect(readdirSync(folder.path).filter((name) => name.startsWith('refused'))).toEqual([]);
}

describe('bad input', () => {
  afterEach(() => {
    rmSync(at('refused.png'), { force: true });
  });
  const run = (changes: readonly string[], options: Parameters<typeof startCli>[1] = {}): Promise<CliResult> =>
    startCli(['stylize', '--content', style, '--style', style, '--steps', '1', ...SMALL, '--out', at('refused.png'), ...changes], options);
  const zeros = (...shape: number[]): { shape: number[]; dtype: 'F32'; values: Float32Array } => ({
    shape,
    dtype: 'F32',
    values: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });

  it('an unknown flag', { timeout: TIMEOUT_MS }, async () => {
    expectRefusal(await run(['--colour', 'red']), '--colour');
  });

  it('a missing file', { timeout: TIMEOUT_MS }, async () => {
    expectRefusal(await run(['--content', at('absent.png')]), '--content', 'absent.png does not exist');
  });

  it('an undecodable picture', { timeout: TIMEOUT_MS }, async () => {
    writeFileSync(at('broken.jpg'), 'no picture at all');
    expectRefusal(await run(['--content', at('broken.jpg')]), 'broken.jpg cannot be decoded', 'PNG, JPEG or WebP');
  });

  it('a picture whose shorter side would be under 16 px', { timeout: TIMEOUT_MS }, async () => {
    expectRefusal(await run(['--content', paint('long.png', 4, 100, () => [9, 9, 9, 255])]), 'long.png would be', '16 px');
  });

  it('a tensor of another size', { timeout: TIMEOUT_MS }, async () => {
    writeFileSync(at('tensor.safetensors'), writeSafetensors({ image: zeros(20, 20, 3) }));
    expectRefusal(await run(['--content', at('tensor.safetensors'), '--size', '32']), 'tensor.safetensors#image is 20x20', 'as-is');
  });

  it('a net that lacks a wanted layer', { timeout: TIMEOUT_MS }, async () => {
    writeFileSync(at('short.safetensors'), writeSafetensors({ 'features.0.weight': zeros(8, 3, 3, 3), 'features.0.bias': zeros(8) }));
    expectRefusal(await run(['--net', at('short.safetensors')]), 'short.safetensors', /block\d_conv\d/);
  });

  it('a weight of the wrong shape', { timeout: TIMEOUT_MS }, async () => {
    writeFileSync(at('wrong.safetensors'), writeSafetensors({ 'features.0.weight': zeros(8, 3, 5, 5), 'features.0.bias': zeros(8) }));
    const layers = ['--style-layers', 'block1_conv1', '--content-layers', 'block1_conv1'];
    expectRefusal(await run(['--net', at('wrong.safetensors'), ...layers]), 'wrong.safetensors', /5/);
  });

  it('a browser that is not there, or does not start', { timeout: TIMEOUT_MS }, async () => {
    expectRefusal(await run([], { env: { CHROME_PATH: at('no-browser') } }), 'CHROME_PATH', 'no-browser');
    expectRefusal(await run([], { env: { CHROME_PATH: process.execPath } }), process.execPath, 'does not start');
  });

  it('a browser without the wanted adapter', { timeout: TIMEOUT_MS }, async () => {
    const wrapper = at('old-browser');
    const dropFlag = 'for flag; do shift; case "$flag" in --enable-unsafe-webgpu) ;; *) set -- "$@" "$flag";; esac; done';
    writeFileSync(wrapper, `#!/bin/sh\n${dropFlag}\nexec '${findBrowser() ?? ''}' "$@"\n`);
    chmodSync(wrapper, 0o755);
    expectRefusal(await run([], { env: { CHROME_PATH: wrapper } }), 'No software adapter was offered');
  });

  it('a missing build of the page', { timeout: TIMEOUT_MS }, async () => {
    const copy = at('unbuilt');
    mkdirSync(copy);
    cpSync(dirname(PROGRAM), join(copy, 'cli'), { recursive: true });
    symlinkSync(join(dirname(PROGRAM), '../../node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
    expectRefusal(await run([], { program: join(copy, 'cli/gramarye.js') }), 'runner page', 'npm run build');
  });
});
