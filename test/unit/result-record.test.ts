/** Settings inside results: what is chosen becomes a run and comes back; every picture of the gallery can be made again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planStylize, type StylizeFlags } from '../../src/cli/stylize.js';
import { pictureSizeText } from '../../src/tasks/pictures/picture-size.js';
import { presetByName } from '../../src/tasks/presets.js';
import { chosenFrom, lostInChoice, runOf, type StudioSettings } from '../../src/tasks/results/chosen-settings.js';
import { recordIn, withRecord } from '../../src/tasks/results/result-record.js';
import { checkSettings, type StyleTransferSettings } from '../../src/tasks/settings.js';
import { EXHIBITS } from '../../tools/gallery/list.js';

const GALLERY = 'docs/gallery';

const CHOSEN: StudioSettings = {
  preset: 'default',
  net: 'vgg-lite',
  size: 200,
  styleSize: 100,
  steps: 7,
  styleStrength: 2,
  contentStrength: 0.5,
  smoothness: 0.25,
  learningRate: 0.02,
  startFrom: 'grey',
  seed: 3,
  pooling: 'avg',
  optimizer: 'lbfgs',
  multiScale: true,
  scales: 'coarsest 48, steps 3 2',
  colours: 'luminance',
  statistic: 'wasserstein',
  tile: '320',
  styleScale: '0.5',
  styleLayers: 'block1_conv1:0.5, block2_conv1',
  contentLayers: 'block4_conv2, block5_conv1',
  average: 0.9,
  precision: 'f32',
  memoryBudget: 64,
  seamless: false,
};
const PRESET: StudioSettings = {
  ...{ preset: 'default-texture', net: 'vgg-lite', size: 256, styleSize: 256, steps: null, styleStrength: 1, contentStrength: 1, smoothness: null },
  ...{
    learningRate: null,
    startFrom: null,
    seed: 0,
    pooling: null,
    optimizer: null,
    multiScale: false,
    scales: null,
    colours: null,
    statistic: null,
    tile: null,
  },
  ...{ styleScale: null, styleLayers: null, contentLayers: null, average: null, precision: null, memoryBudget: null, seamless: true },
};

describe('what is chosen', () => {
  it.each([CHOSEN, PRESET, { ...CHOSEN, preset: 'chapter-transfer', styleSize: null, styleScale: '0.5, 2', scales: 'factor 2, style fixed, carry moments' }])(
    'comes back from the run that it makes',
    (chosen) => {
      const { settings, styleSize } = runOf(chosen, 2, [2, 1]);
      const run: StyleTransferSettings = { ...settings, height: chosen.size ?? 0, width: 100 };
      const { preset, net, memoryBudget } = chosen;
      const back = chosenFrom(run, { preset, net, styleSize: pictureSizeText(styleSize), ...(memoryBudget === null ? {} : { memoryBudget }) });
      expect(back).toEqual(chosen);
      expect(lostInChoice(run, back, 2)).toEqual([]);
    },
  );

  it('says what it has no room for', () => {
    const run: StyleTransferSettings = {
      ...presetByName('default').settings,
      ...{ height: 64, width: 64, beta1: 0.5, epsilon: 0.5, history: 5, regions: 2 },
    };
    const back = chosenFrom(run, { preset: 'default', net: 'vgg-lite', styleSize: '64' });
    expect(back).toMatchObject({ multiScale: false, size: 64, styleScale: null });
    expect(lostInChoice(run, back, 2).sort()).toEqual(['beta1', 'epsilon', 'history']);
  });
});

describe('scales and style scales as text', () => {
  it('are refused where they make no sense', () => {
    for (const text of ['coarse 64', 'steps', 'steps 4 x', 'factor 1', 'coarsest 64 32', 'style', 'coarsest 64.5']) {
      expect(() => runOf({ ...CHOSEN, scales: text }, 1), text).toThrow(/scales? (are|is)|factor between/);
    }
    for (const text of ['', '0.5,', 'x', '0.01', '30']) expect(() => runOf({ ...CHOSEN, styleScale: text }, 1), text).toThrow(/scale of the style/);
    expect(runOf({ ...CHOSEN, scales: '' }, 1).settings.scales).toEqual({});
    expect(runOf({ ...CHOSEN, styleScale: '1' }, 2).settings.styleScales).toBeUndefined();
  });
});

describe('a record', () => {
  const files = readdirSync(GALLERY).filter((file) => file.endsWith('.png'));

  it('is looked for in pictures of the gallery, all of which its script makes', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(EXHIBITS.map(({ name }) => `${name}.png`)).toEqual(expect.arrayContaining(files));
  });

  it.each(files)('of %s makes the same run in the element and on the command line', (file) => {
    const path = join(GALLERY, file);
    const bytes = readFileSync(path);
    expect(bytes.length).toBeLessThan(400_000);
    const record = recordIn(bytes);
    const exact = record?.exact;
    if (record === undefined || exact === undefined) throw new Error(`${path} has no record.`);
    const exhibit = EXHIBITS.find(({ name }) => `${name}.png` === file);
    expect(record.settings).toMatchObject(exhibit?.chosen ?? {});
    expect(record.styles.map(({ name }) => `styles/${name}`)).toEqual(exhibit?.styles);
    checkSettings(exact.settings, record.styles.length);
    expect(record.step).toBe(exact.settings.steps);
    // The element.
    const { settings, size, styleSize } = runOf(record.settings, record.styles.length, record.blend);
    const { height, width, ...rest } = exact.settings;
    expect(settings).toEqual(rest);
    expect(size.kind === 'longer' ? size.pixels : size.kind === 'exact' ? size.height : 0).toBe(Math.max(height, width));
    expect(pictureSizeText(styleSize)).toBe(exact.styleSize);
    expect(lostInChoice(exact.settings, record.settings, record.styles.length)).toEqual([]);
    // The command line.
    const flags: StylizeFlags = {
      settings: path,
      style: record.styles.map(({ name }) => `assets/styles/${name}`),
      ...(record.content === null ? {} : { content: `assets/photographs/${record.content.name}` }),
      ...(record.masks.length === 0 ? {} : { mask: record.masks.map((mask) => `${GALLERY}/masks/${mask?.name ?? ''}`) }),
      ...{ net: 'random-vgg19', preset: 'default', adapter: 'auto', out: 'again.png' },
    };
    const plan = planStylize(record.task === 'style-transfer' ? 'style-transfer' : 'texture-synthesis', flags);
    const { regions = 0, ...planned } = plan.settings;
    expect(planned).toEqual(rest);
    expect(regions).toBe(record.masks.length);
    expect(plan.net.name).toBe('vgg-lite');
    expect(plan.styleSize).toBe(exact.styleSize);
    for (const picture of [...plan.styles, ...(plan.content === undefined ? [] : [plan.content])]) expect(existsSync(picture.path)).toBe(true);
  });

  it('gives way to flags, and is refused where it is of the other task or not there', () => {
    const path = join(GALLERY, 'astronaut-stained-glass.png');
    const style = ['assets/styles/mosaic.jpg'];
    const pictures = { content: 'assets/photographs/coffee.jpg', style };
    const flags: StylizeFlags = { settings: path, ...pictures, net: 'random-vgg19', isNetGiven: true, preset: 'default', adapter: 'auto', out: 'again.png' };
    const plan = planStylize('style-transfer', { ...flags, steps: 3, size: '64x64' });
    expect(plan).toMatchObject({ size: '64x64', settings: { steps: 3, optimizer: 'lbfgs' }, net: { name: 'random-vgg19' } });
    expect(() => planStylize('texture-synthesis', flags)).toThrow(/is of style-transfer/);
    expect(() => planStylize('style-transfer', { ...flags, settings: 'docs/no-such.png' })).toThrow(/does not exist/);
    expect(() => planStylize('style-transfer', { ...flags, settings: 'docs/images/demo.png' })).toThrow(/has no settings inside/);
  });

  it('of before exact settings were kept still makes a run', () => {
    const [file = ''] = files;
    const bytes = readFileSync(join(GALLERY, file));
    const record = recordIn(bytes);
    if (record?.exact === undefined) throw new Error(`${file} has no record.`);
    const older = { ...record };
    Reflect.deleteProperty(older, 'exact');
    // The newer record stands before the older one in the file.
    const read = recordIn(withRecord(bytes, older));
    expect(read?.exact).toBeUndefined();
    expect(read?.settings).toEqual(older.settings);
  });
});
