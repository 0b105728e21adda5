/** `gramarye stylize --frames` killed between two frames and taken up again, as a user does it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli, temporaryFolder } from '../support/cli.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { writePng } from '../support/net-files.js';

const TIMEOUT_MS = 300_000;
const FRAMES = 4;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
beforeAll(() => {
  mkdirSync(at('frames'));
  for (let frame = 0; frame < FRAMES; frame++) writePng(at('frames', `f${String(frame + 8)}.png`), drawnPicture(1, frame, 32));
  writePng(at('style.png'), drawnPicture(4, 2, 32));
});
afterAll(() => {
  folder.remove();
});

const command = (out: string, ...more: string[]): string[] => {
  const pictures = ['--frames', at('frames'), '--style', at('style.png'), '--size', '32', '--style-size', 'as-is'];
  const rest = ['--net', 'random-vgg19/16', '--adapter', 'software', '--steps', '6', '--frame-steps', '4', '--temporal-weight', '20'];
  return ['stylize', ...pictures, ...rest, '--out', at(out), ...more];
};

it(
  'goes on at the frame it was in, keeps the finished ones and ends with the same bytes',
  async () => {
    const undisturbed = await startCli(command('whole', '--trace', at('trace.json')));
    expect(undisturbed.code, undisturbed.stderr).toBe(0);
    const names = ['f8.png', 'f9.png', 'f10.png', 'f11.png'];
    expect(undisturbed.stdout.trim().split('\n')).toEqual([...names.map((name) => at('whole', name)), at('trace.json')]);
    expect(readdirSync(at('whole')).sort()).toEqual([...names].sort());
    const trace = JSON.parse(readFileSync(at('trace.json'), 'utf8')) as { frames: { name: string; losses: { step: number } }[] };
    expect(trace.frames.map(({ name, losses }) => `${name} ${String(losses.step)}`)).toEqual(['f8.png 6', 'f9.png 4', 'f10.png 4', 'f11.png 4']);

    const killed = await startCli(command('killed'), {
      onStderr: (text, child) => {
        if (text.includes('Frame 2 of 4 is finished')) child.kill('SIGKILL');
      },
    });
    expect(killed.code).not.toBe(0);
    expect(existsSync(at('killed', 'f11.png'))).toBe(false);
    const [kept, note] = [statSync(at('killed', 'f9.png')).mtimeMs, readFileSync(at('killed', 'sequence.json'), 'utf8')];
    const again = await startCli(command('killed'));
    expect(again.stderr).toMatch(/sequence that was interrupted[^]*--resume/);
    const resumed = await startCli(command('killed', '--resume'));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain('Frame 2 of 4 was finished before');
    expect(note).toContain('"f9"');
    expect(statSync(at('killed', 'f9.png')).mtimeMs).toBe(kept);
    expect(readdirSync(at('killed')).sort()).toEqual([...names].sort());
    for (const name of names) expect(readFileSync(at('killed', name)).equals(readFileSync(at('whole', name))), name).toBe(true);
  },
  TIMEOUT_MS,
);
