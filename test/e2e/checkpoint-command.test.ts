/** `gramarye stylize` killed in the middle and taken up again, as a user does it. */
import { existsSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli, temporaryFolder } from '../support/cli.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { writePng } from '../support/net-files.js';

const TIMEOUT_MS = 300_000;
const STEPS = 12;

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
beforeAll(() => {
  writePng(at('content.png'), drawnPicture(1, 1, 48));
  writePng(at('style.png'), drawnPicture(4, 2, 48));
});
afterAll(() => {
  folder.remove();
});

const command = (out: string, ...more: string[]): string[] => {
  const pictures = ['--content', at('content.png'), '--style', at('style.png'), '--size', '48', '--style-size', 'as-is'];
  const results = ['--out', at(out), '--raw', at(`${out}.safetensors`), '--trace', at(`${out}.json`)];
  return ['stylize', ...pictures, '--net', 'random-vgg19/16', '--adapter', 'software', '--steps', String(STEPS), ...results, ...more];
};

const losses = (out: string): unknown =>
  (JSON.parse(readFileSync(at(`${out}.json`), 'utf8')) as { steps: { total: number }[] }).steps.map(({ total }) => total);

it.each([
  ['Adam', []],
  ['L-BFGS from coarse to fine', ['--optimizer', 'lbfgs', '--coarsest', '32', '--scale-factor', '1.5']],
])(
  '%s: killed after a checkpoint, gone on with, and the same in the end',
  async (name, flags) => {
    const [whole, killed] = [`${name} whole.png`, `${name} killed.png`];
    const undisturbed = await startCli(command(whole, ...flags));
    expect(undisturbed.code, undisturbed.stderr).toBe(0);
    const checkpoint = `${killed}.checkpoint.bin`;
    let kill = (): void => undefined;
    const watcher = watch(folder.path, (_, file) => {
      if (file === checkpoint && existsSync(at(checkpoint))) kill();
    });
    const first = await startCli(command(killed, ...flags, '--checkpoint-every', '3'), {
      onStart: (child) => {
        kill = () => {
          child.kill('SIGKILL');
        };
      },
    });
    watcher.close();
    expect(first.code, first.stderr).not.toBe(0);
    expect(existsSync(at(killed))).toBe(false);

    const again = await startCli(command(killed, ...flags, '--checkpoint-every', '3'));
    expect(again.code).not.toBe(0);
    expect(again.stderr).toMatch(/checkpoint of an earlier run[^]*--resume/);
    const bytes = readFileSync(at(checkpoint));
    writeFileSync(at(checkpoint), bytes.subarray(0, bytes.length / 2));
    const torn = await startCli(command(killed, ...flags, '--resume'));
    expect(torn.code).not.toBe(0);
    expect(torn.stderr).toMatch(/damaged or was cut short/);
    expect(torn.stderr).toContain(checkpoint);
    writeFileSync(at(checkpoint), bytes);

    const resumed = await startCli(command(killed, ...flags, '--resume'));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/Going on after step \d/);
    expect(losses(killed)).toEqual(losses(whole));
    expect(readdirSync(folder.path).filter((file) => file.startsWith(`${killed}.checkpoint`))).toEqual([]);
    for (const suffix of ['', '.safetensors']) expect(readFileSync(at(`${killed}${suffix}`)).equals(readFileSync(at(`${whole}${suffix}`))), suffix).toBe(true);
  },
  TIMEOUT_MS,
);
