/** Sequences of frames on the command line: which files are frames, what is refused, what an interrupted one leaves. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceRecords } from '../../src/cli/sequence-records.js';
import { planSequence } from '../../src/cli/sequence.js';
import { planStylize, type StylizeFlags } from '../../src/cli/stylize.js';
import { VERSION } from '../../src/engine/version.js';
import { expectCode } from '../support/expect-code.js';

let folder = '';
let flags: StylizeFlags;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gramarye-'));
  mkdirSync(at('frames', 'within.png'), { recursive: true });
  mkdirSync(at('empty'));
  mkdirSync(at('twice'));
  for (const name of ['frame10.png', 'frame9.JPG', 'frame1.webp', 'notes.txt', '.hidden.png']) writeFileSync(at('frames', name), 'x');
  for (const name of ['a.png', 'A.jpg']) writeFileSync(at('twice', name), 'x');
  flags = { style: [at('frames', 'frame1.webp')], net: 'random-vgg19', preset: 'default', adapter: 'auto', out: at('out') };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a plan of frames', () => {
  it('takes the pictures of a folder in the order of their numbers', () => {
    const plan = planSequence(at('frames'), { ...flags, frames: at('frames'), temporalWeight: 3 });
    expect(plan.frames.map(({ name }) => name)).toEqual(['frame1.webp', 'frame9.JPG', 'frame10.png']);
    expect(plan).toMatchObject({ results: ['frame1', 'frame9', 'frame10'], out: at('out'), settings: { temporalWeight: 3, init: 'content' } });
    expect(planSequence(at('frames'), { ...flags, frames: at('frames'), out: 'stylized.png' }).out).toBe('stylized');
  });

  it.each<[string, string, Partial<StylizeFlags>, RegExp]>([
    ['missing', 'file-missing', {}, /--frames .*missing does not exist/],
    ['frames/notes.txt', 'file-missing', {}, /notes\.txt is no folder/],
    ['empty', 'bad-option', {}, /empty holds no pictures.*PNG, JPEG or WebP/],
    ['twice', 'bad-option', {}, /A\.jpg and a\.png|a\.png and A\.jpg/],
    ['frames', 'bad-option', { content: 'x.png' }, /--content does not go with --frames/],
    ['frames', 'bad-option', { raw: 'x.safetensors' }, /--raw does not go with --frames/],
    ['frames', 'bad-option', { checkpointEvery: 3 }, /--checkpoint-every does not go with --frames/],
    ['frames', 'bad-option', { out: 'x.png' }, /the result of --frames is a folder/],
    ['frames', 'bad-option', { temporalWeight: -1 }, /temporal weight is -1/],
  ])('of %s is refused with %s', async (name, code, more, message) => {
    await expectCode(code as 'bad-option', () => planSequence(at(name), { ...flags, frames: at(name), ...more }), message);
  });

  it('never writes over the frames or a file, and its flags need frames', async () => {
    await expectCode('bad-option', () => planSequence(at('frames'), { ...flags, out: at('empty', '..', 'frames') }), /is the folder of the frames/);
    await expectCode('write-failed', () => planSequence(at('frames'), { ...flags, out: at('frames', 'notes.txt') }), /notes\.txt is no folder/);
    const content = at('frames', 'frame10.png');
    const plain = { ...flags, out: at('one.png'), content };
    await expectCode(
      'bad-option',
      () => planStylize('style-transfer', { ...plain, temporalWeight: 1 }),
      /--temporal-weight is for a sequence.*--frames FOLDER/,
    );
    await expectCode('bad-option', () => planStylize('style-transfer', { ...plain, frameSteps: 1 }), /--frame-steps is for a sequence/);
  });
});

describe('records of a sequence', () => {
  const names = ['one', 'two'];
  const identity = { steps: '3', 'frame one.png': 'abc' };
  const records = (other: Record<string, string> = {}): SequenceRecords => new SequenceRecords(at('results'), names, { ...identity, ...other });
  const note = (): string => at('results', 'sequence.json');

  it('keep what is finished, take only what they noted, and refuse another sequence', async () => {
    const first = records();
    await first.open(false);
    mkdirSync(at('results'), { recursive: true });
    // A result of some earlier run is no result of this one.
    writeFileSync(at('results', 'two.png'), 'old');
    await first.save('frame-0', Uint8Array.of(1, 2));
    expect([await first.load('frame-0'), await first.load('frame-1')]).toEqual([Buffer.of(1, 2), undefined]);
    await expectCode('bad-option', () => records().open(false), /interrupted.*--resume/);
    const again = records();
    await again.open(true);
    expect([await again.load('frame-0'), await again.load('frame-1')]).toEqual([Buffer.of(1, 2), undefined]);
    await expectCode('bad-option', () => records({ steps: '4' }).open(true), /another steps/);
    await expectCode('bad-option', () => records({ 'frame one.png': 'x' }).open(true), /another frame one\.png/);
    const bytes = readFileSync(note(), 'utf8');
    writeFileSync(note(), bytes.slice(0, 20));
    await expectCode('bad-option', () => records().open(true), /sequence\.json is damaged/);
    writeFileSync(note(), bytes.replace(VERSION, '0.0.0'));
    await expectCode('bad-option', () => records().open(true), /written by Gramarye 0\.0\.0/);
    writeFileSync(note(), bytes);
    // A result that the user removed is made again.
    rmSync(at('results', 'one.png'));
    await again.open(true);
    expect(await again.load('frame-0')).toBeUndefined();
    await again.save('frame-0', Uint8Array.of(3));
    await again.save('frame-1', Uint8Array.of(4));
    await again.close();
    expect(existsSync(note())).toBe(false);
    expect(readdirSync(at('results')).sort()).toEqual(['one.png', 'two.png']);
  });
});
