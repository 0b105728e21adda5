import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure } from '../../src/cli/exit.js';
import { planStylize, type StylizeFlags } from '../../src/cli/stylize.js';

let folder = '';
let flags: StylizeFlags;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gramarye-'));
  const picture = join(folder, 'picture.png');
  writeFileSync(picture, 'x');
  writeFileSync(join(folder, 'net.safetensors'), 'x');
  flags = { content: picture, style: [picture], net: 'random-vgg19', preset: 'default', adapter: 'auto', out: join(folder, 'new', 'out.png') };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a plan', () => {
  it('takes the settings of the preset, and the flags over them', () => {
    const plan = planStylize('style-transfer', { ...flags, preset: 'chapter-transfer', steps: 3, tvWeight: 0 });
    expect(plan).toMatchObject({
      size: '512',
      styleSize: '224x224',
      settings: { steps: 3, tvWeight: 0, contentWeight: 10_000, contentLoss: 'squared-mean', init: 'content' },
    });
    expect(planStylize('style-transfer', { ...flags, size: '64' })).toMatchObject({ size: '64' });
  });

  it('takes optimiser and start by name', () => {
    const plan = planStylize('style-transfer', { ...flags, optimizer: 'lbfgs', history: 5, init: 'grey' });
    expect(plan.settings).toMatchObject({ optimizer: 'lbfgs', history: 5, init: 'grey' });
    expect(plan.init).toBeUndefined();
    expect(plan.settings.scales).toBeUndefined();
  });

  it('goes from coarse to fine where any flag about scales is given, and keeps colours', () => {
    expect(planStylize('style-transfer', { ...flags, multiScale: true }).settings.scales).toEqual({});
    const { settings } = planStylize('style-transfer', { ...flags, scaleSteps: [30, 20], styleFixed: true, average: 0.9, colours: 'histogram' });
    expect(settings).toMatchObject({ scales: { steps: [30, 20], styleAlong: false }, averageDecay: 0.9, colours: 'histogram' });
    expect(() => planStylize('style-transfer', { ...flags, scaleFactor: 1 })).toThrow(/factor between scales/);
  });

  it('starts from a file where --init names one', () => {
    const file = join(folder, 'net.safetensors');
    expect(planStylize('style-transfer', { ...flags, init: `${file}#start` })).toMatchObject({
      settings: { init: 'picture' },
      init: { path: file, tensor: 'start' },
    });
  });

  it('needs no content for a texture', () => {
    const { content, ...rest } = flags;
    expect(content).toBeDefined();
    expect(planStylize('texture-synthesis', { ...rest, preset: 'default-texture' })).toMatchObject({ settings: { init: 'noise', contentLayers: [] } });
  });

  const bad: [string, Partial<StylizeFlags>, string][] = [
    ['a missing content file', { content: '/no/such.jpg' }, '--content /no/such.jpg does not exist'],
    ['a missing style file', { style: ['/no/such.jpg'] }, '--style /no/such.jpg does not exist'],
    ['a folder as a picture', { content: tmpdir() }, 'is no file'],
    ['no style', { style: [] }, '--style FILE'],
    ['an unknown preset', { preset: 'monet' }, 'monet'],
    ['a preset of the other task', { preset: 'chapter-texture' }, '--preset chapter-texture is for "gramarye texture"'],
    ['masks without their styles', { mask: ['/no/such.png', '/no/such.png'] }, 'There are 2 masks for 1 style'],
    ['a missing mask', { mask: ['/no/such.png'] }, '--mask /no/such.png does not exist'],
    ['a style scale of another number', { styleScale: [1, 2] }, '2 style scales for 1'],
    ['a history too long', { history: 40 }, 'history is 40'],
    ['a missing start file', { init: '/no/such.png' }, '--init /no/such.png does not exist'],
    ['a missing net', { net: '/no/such.safetensors' }, '--net /no/such.safetensors does not exist'],
    ['a net of unknown kind', { net: 'vgg16' }, '--net vgg16'],
    ['a random net with a bad divisor', { net: 'random-vgg19/3' }, 'random-vgg19/3'],
    ['an unknown style layer', { styleLayers: [{ layer: 'conv9', weight: 1 }] }, 'conv9'],
    ['an unknown content layer', { contentLayers: ['conv9'] }, 'conv9'],
    ['a blend of another length', { styleBlend: [1, 2] }, 'blend weights'],
    ['an out of range beta', { beta1: 1 }, 'beta1'],
    ['a negative weight', { styleWeight: -1 }, 'style weight'],
    ['an output that is no PNG', { out: 'x.jpg' }, '--out x.jpg'],
    ['an output that is a folder', { out: `${tmpdir()}/..png/../` }, '--out'],
    ['an output below a file', { out: '/dev/null/x.png' }, '--out /dev/null/x.png'],
    ['a raw output of another kind', { raw: 'x.npy' }, '--raw x.npy'],
    ['a trace of another kind', { trace: 'x.txt' }, '--trace x.txt'],
  ];
  it.each(bad)('refuses %s', (_, changes, named) => {
    let failure = { code: 0, line: '' };
    try {
      planStylize('style-transfer', { ...flags, ...changes });
    } catch (error) {
      failure = describeFailure(error);
    }
    expect(failure.line).toContain(named);
    expect(failure.line).not.toContain('\n');
    expect(failure.code).toBe(2);
  });
});
