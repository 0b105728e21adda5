/** Every reference case through the built command line in a browser. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SafetensorsFile } from '../../src/models/safetensors.js';
import { startCli, temporaryFolder } from '../support/cli.js';
import { imageError, readGoldenCase, type CaseLosses } from '../support/golden.js';
import { describeWithShared, fileSource, sharedPath, shippedPath } from '../support/shared-data.js';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

interface Trace {
  readonly version: string;
  readonly adapter: { readonly vendor: string };
  readonly flags: { readonly out: string };
  readonly settings: { readonly height: number; readonly width: number };
  readonly steps: readonly (CaseLosses & { readonly step: number; readonly ms: number })[];
}

function expectLoss(name: keyof CaseLosses, step: number, got: CaseLosses, wanted: CaseLosses): void {
  const allowed = wanted[name] === 0 ? 1e-6 * Math.abs(wanted.total) : (step === 0 ? 1e-5 : 1e-3) * Math.abs(wanted[name]);
  expect(Math.abs(got[name] - wanted[name]), `${name} of step ${String(step)}: got ${String(got[name])}, wanted ${String(wanted[name])}`).toBeLessThanOrEqual(
    allowed,
  );
}

async function checkCase(caseFolder: string, netFile?: string): Promise<void> {
  const { config, settings, trace: wanted, tensors, styles } = await readGoldenCase(caseFolder);
  const shipped = shippedPath(`nets/${config.net}`);
  const candidates = [shipped, sharedPath(`nets/${config.net}`), sharedPath(`nets/vgg19-blocks1-3/${config.net}`)];
  const net = netFile ?? candidates.find((path) => existsSync(path)) ?? shipped;
  const file = join(caseFolder, 'tensors.safetensors');
  const [out, raw, trace] = ['png', 'safetensors', 'json'].map((extension) => join(folder.path, `${config.net}.${extension}`)) as [string, string, string];
  const isTexture = settings.contentLayers.length === 0;
  const content = ['--content', `${file}#content`, '--content-layers', settings.contentLayers.join(), '--content-weight', String(settings.contentWeight)];
  const { code, stderr } = await startCli([
    ...(isTexture ? ['texture'] : ['stylize', ...content, '--content-loss', settings.contentLoss, '--content-normalize', settings.contentNormalize]),
    ...styles.flatMap((_, index) => ['--style', `${file}#style${String(index)}`]),
    ...(settings.styleBlend.length === 0 ? [] : ['--style-blend', settings.styleBlend.join()]),
    ...['--init', `${file}#init`, '--size', 'as-is', '--style-size', 'as-is', '--net', net, '--steps', String(config.steps)],
    ...['--style-layers', config.style_layers, '--style-weight', String(settings.styleWeight), '--tv-weight', String(settings.tvWeight)],
    ...['--style-normalize', settings.styleNormalize, '--pooling', settings.pooling, '--learning-rate', String(settings.learningRate)],
    ...['--beta1', String(settings.beta1), '--beta2', String(settings.beta2), '--epsilon', String(settings.epsilon)],
    ...['--adapter', 'software', '--out', out, '--raw', raw, '--trace', trace],
  ]);
  expect(code, stderr).toBe(0);
  expect([...readFileSync(out).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);

  const written = JSON.parse(readFileSync(trace, 'utf8')) as Trace;
  expect(written).toMatchObject({ flags: { out }, settings: { height: config.height, width: config.width } });
  expect(written.steps.map(({ step }) => step)).toEqual(wanted.map((_, step) => step));
  written.steps.forEach((got, step) => {
    const reference = wanted[step];
    if (reference === undefined) throw new Error('The trace is longer than the reference.');
    for (const name of ['style', 'content', 'tv', 'total'] as const) expectLoss(name, step, got, reference);
  });

  const image = await (await SafetensorsFile.open(await fileSource(raw))).readTensor('image');
  expect(image).toMatchObject({ dtype: 'F32', shape: [config.height, config.width, 3] });
  const error = imageError(image.values, tensors.get(`image.step${String(config.steps)}`)?.values ?? []);
  expect(error.rms, 'image after the last step').toBeLessThanOrEqual(5e-4);
  expect(error.shareBeyond, 'share of values beyond 2e-3').toBeLessThanOrEqual(1e-3);
}

describe('reference cases that ship, through the command line', () => {
  it.each(['tiny-nst-normalized', 'tiny-texture'])('%s', (name) => checkCase(shippedPath(`golden/${name}`)), 300_000);
});

const SHARED = ['tiny-nst-chapter', 'tiny-nst-mse', 'tiny-nst-noise-two-content', 'tiny-nst-two-styles-avgpool'];
describeWithShared('reference cases beside the project, through the command line', 'golden', () => {
  it.each(SHARED)('%s', (name) => checkCase(sharedPath(join('golden', name))), 600_000);

  // The same weights three ways.
  it.each(['vgg19-blocks1-3.torchvision.safetensors', 'vgg19-blocks1-3.keras.h5', 'model.json'])(
    'vgg19-blocks1-3-nst with %s',
    (file) => checkCase(sharedPath('golden/vgg19-blocks1-3-nst'), sharedPath(`nets/vgg19-blocks1-3/${file}`)),
    600_000,
  );
});
