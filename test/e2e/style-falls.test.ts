/** The main job at a small size: the style loss falls to a fifth of its start or less. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startCli, temporaryFolder } from '../support/cli.js';
import { describeWithShared, sharedPath } from '../support/shared-data.js';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const PICTURES = ['--content', 'assets/photographs/chelsea.jpg', '--style', 'assets/styles/flow-field.jpg', '--size', '64', '--style-size', '64'];

async function styleRatio(...args: string[]): Promise<number> {
  const trace = join(folder.path, 'trace.json');
  const { code, stderr } = await startCli(['stylize', ...PICTURES, '--adapter', 'software', '--out', join(folder.path, 'out.png'), '--trace', trace, ...args]);
  expect(code, stderr).toBe(0);
  const { steps } = JSON.parse(readFileSync(trace, 'utf8')) as { steps: { style: number }[] };
  return (steps.at(-1)?.style ?? NaN) / (steps[0]?.style ?? NaN);
}

describe('style loss of the default preset', () => {
  it('falls under the net that comes with the package', async () => {
    expect(await styleRatio('--steps', '30')).toBeLessThanOrEqual(0.2);
  }, 300_000);
  it('falls under random weights', async () => {
    expect(await styleRatio('--steps', '30', '--net', 'random-vgg19/4')).toBeLessThanOrEqual(0.2);
  }, 300_000);
});

describeWithShared('style loss under blocks 1 to 3 of VGG19', 'nets/vgg19-blocks1-3', () => {
  it('falls', async () => {
    const layers = ['--style-layers', 'block1_conv1,block2_conv1,block3_conv1', '--content-layers', 'block3_conv2'];
    const net = sharedPath('nets/vgg19-blocks1-3/vgg19-blocks1-3.torchvision.safetensors');
    expect(await styleRatio('--steps', '25', '--net', net, ...layers)).toBeLessThanOrEqual(0.2);
  }, 600_000);
});
