import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeProgram } from '../../src/cli/commands.js';
import type { StylizeFlags } from '../../src/cli/stylize.js';

/** Parses arguments; gives the flags, or the message and exit code of the error. */
async function parse(...args: string[]): Promise<{ task?: string; flags?: StylizeFlags; net?: string; message?: string; exitCode?: number }> {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const result: { task?: string; flags?: StylizeFlags; net?: string } = {};
  const program = makeProgram({
    stylize: (task, flags) => Promise.resolve(void Object.assign(result, { task, flags })),
    inspect: (net) => Promise.resolve(void Object.assign(result, { net })),
    classify: (pictures, flags) => Promise.resolve(void Object.assign(result, { pictures, flags })),
    evaluate: (folder, flags) => Promise.resolve(void Object.assign(result, { folder, flags })),
    predict: (pictures, flags) => Promise.resolve(void Object.assign(result, { pictures, flags })),
    finetune: (flags) => Promise.resolve(void Object.assign(result, { flags })),
    bench: (flags) => Promise.resolve(void Object.assign(result, { flags })),
    benchCompare: (before, after, flags) => Promise.resolve(void Object.assign(result, { flags: { before, after, ...flags } })),
    benchIsa: (flags) => Promise.resolve(void Object.assign(result, { flags })),
    doctor: (flags) => Promise.resolve(void Object.assign(result, { flags })),
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return result;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { message: written.join(''), exitCode: error.exitCode };
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('flags', () => {
  it('reads every flag of stylize', async () => {
    const { task, flags } = await parse(
      ...['stylize', '--content', 'c.jpg', '--style', 'a.png', '--style', 'b.png', '--style-blend', '1,0.5', '--net', 'n.safetensors'],
      ...['--preprocess', 'torch', '--size', '300x200', '--style-size', 'as-is', '--steps', '7', '--preset', 'chapter-transfer', '--seed', '9'],
      ...['--style-layers', 'block1_conv1,block2_conv1:0.5', '--content-layers', 'block4_conv2, block5_conv2', '--style-weight', '2'],
      ...[
        '--content-weight',
        '1e4',
        '--tv-weight',
        '0',
        '--style-normalize',
        'none',
        '--content-loss',
        'squared-mean',
        '--learning-rate',
        '.1',
        '--content-normalize',
        'target',
      ],
      ...['--beta1', '0.5', '--beta2', '0.6', '--epsilon', '1e-8', '--pooling', 'avg', '--init', 'noise', '--adapter', 'software'],
      ...['--out', 'o.png', '--raw', 'r.safetensors', '--trace', 't.json'],
    );
    expect(task).toBe('style-transfer');
    expect(flags).toEqual({
      isNetGiven: true,
      content: 'c.jpg',
      style: ['a.png', 'b.png'],
      styleBlend: [1, 0.5],
      net: 'n.safetensors',
      preprocess: 'torch',
      size: '300x200',
      styleSize: 'as-is',
      steps: 7,
      preset: 'chapter-transfer',
      seed: 9,
      styleLayers: [
        { layer: 'block1_conv1', weight: 1 },
        { layer: 'block2_conv1', weight: 0.5 },
      ],
      contentLayers: ['block4_conv2', 'block5_conv2'],
      styleWeight: 2,
      contentWeight: 10_000,
      tvWeight: 0,
      styleNormalize: 'none',
      contentLoss: 'squared-mean',
      contentNormalize: 'target',
      learningRate: 0.1,
      beta1: 0.5,
      beta2: 0.6,
      epsilon: 1e-8,
      pooling: 'avg',
      init: 'noise',
      adapter: 'software',
      out: 'o.png',
      raw: 'r.safetensors',
      trace: 't.json',
    });
  });

  it('has a preset and an output for each task', async () => {
    expect((await parse('stylize')).flags).toMatchObject({ preset: 'default', out: 'stylized.png', net: 'vgg-lite', adapter: 'auto', style: [] });
    expect(await parse('texture')).toMatchObject({ task: 'texture-synthesis', flags: { preset: 'default-texture', out: 'texture.png' } });
  });

  it('tunes with and without a time, and takes a memory budget', async () => {
    expect((await parse('stylize', '--tune', '--memory-budget', '300')).flags).toMatchObject({ tune: true, memoryBudget: 300 });
    expect((await parse('texture', '--tune', '2.5')).flags).toMatchObject({ tune: 2.5 });
    expect((await parse('stylize')).flags).not.toHaveProperty('tune');
  });

  it('takes the net of inspect', async () => {
    expect((await parse('inspect', 'x.json')).net).toBe('x.json');
  });

  it.each([
    [['stylize', '--nonsense'], '--nonsense'],
    [['stylize', '--steps', '-1'], '--steps'],
    [['stylize', '--steps', '1.5'], '--steps'],
    [['stylize', '--size', '15'], '--size'],
    [['stylize', '--size', '8x400'], '--size'],
    [['stylize', '--size', 'large'], '--size'],
    [['stylize', '--style-size', '0x0'], '--style-size'],
    [['stylize', '--style-weight', 'much'], '--style-weight'],
    [['stylize', '--style-weight', ''], '--style-weight'],
    [['stylize', '--style-blend', '1,,2'], '--style-blend'],
    [['stylize', '--style-layers', 'block1_conv1:x'], '--style-layers'],
    [['stylize', '--pooling', 'min'], '--pooling'],
    [['stylize', '--adapter', 'gpu'], '--adapter'],
    [['stylize', '--tune', '0'], '--tune'],
    [['stylize', '--tune', 'long'], '--tune'],
    [['texture', '--memory-budget', '0'], '--memory-budget'],
    [['stylize', 'stray'], 'argument'],
    [['texture', '--content', 'c.jpg'], '--content'],
    [['inspect'], 'net'],
    [['paint'], 'paint'],
  ])('refuses %j in one line', async (args, named) => {
    const { message = '', exitCode } = await parse(...args);
    expect(exitCode).not.toBe(0);
    expect(message).toContain(named);
    expect(message.trimEnd()).not.toContain('\n');
    expect(message).toMatch(/^Error: .*Run "gramarye/);
  });
});

describe('flags of bench and of what belongs to it', () => {
  it('leaves flags that both have to the one they stand behind', async () => {
    expect((await parse('bench', '--op', 'gram,tv', '--out', 'a.json')).flags).toMatchObject({ op: ['gram', 'tv'], out: ['a.json'] });
    expect((await parse('bench', 'compare', 'a.json', 'b.json', '--out', 'c.md', '--threshold', '0.1')).flags).toMatchObject({ out: 'c.md', threshold: 0.1 });
    expect((await parse('bench', 'isa', '--op', 'gram', '--shape', 'relu1_1@64', '--gpu', 'navi31', '--out', 'i.html')).flags).toMatchObject({
      op: ['gram'],
      shape: ['relu1_1@64'],
      gpu: ['navi31'],
      out: ['i.html'],
    });
  });
});
