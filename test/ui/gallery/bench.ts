/** States of the benchmark. */
import { ENGLISH } from '../../../src/ui/base/strings.js';
import type { ElementCase } from '../../support/gallery.js';
import type { UiPage } from '../../support/ui.js';

const SMALL = { op: 'gram', shape: '64x16', quick: '' };

async function press({ page }: UiPage): Promise<void> {
  await page.locator('>>> button.primary').click();
}

/** Measuring, done, compared, and what can go wrong. */
export const BENCH: ElementCase = {
  tag: 'gram-bench',
  states: [
    { name: 'ready', attributes: SMALL, shows: [ENGLISH.benchInvitation, ENGLISH.benchRun] },
    { name: 'no-webgpu', attributes: SMALL, faults: { gpu: 'missing' }, arrange: press, shows: [ENGLISH.failWebgpuMissing] },
    { name: 'blocked', attributes: SMALL, faults: { gpu: 'blocked' }, arrange: press, shows: [ENGLISH.failAdapter] },
    {
      name: 'bad-shape',
      attributes: { ...SMALL, shape: 'nonsense' },
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'failed');
      },
      shows: [ENGLISH.failOption, ENGLISH.fixOption],
    },
    {
      name: 'measuring',
      attributes: { op: 'conv' },
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'running');
      },
      shows: [ENGLISH.benchStop],
    },
    {
      name: 'stopped',
      after: 'measuring',
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'stopped');
      },
      shows: [ENGLISH.benchStopped],
    },
    {
      name: 'measured',
      spacious: true,
      attributes: SMALL,
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'done');
      },
      shows: [/Fastest: |No difference can be shown|Pin|took/, ENGLISH.benchExport],
    },
    {
      name: 'compared',
      after: 'measured',
      arrange: async ({ page }, tag) => {
        await page.$eval(tag as 'gram-bench', async (element) => {
          const theirs = structuredClone(element.results);
          if (theirs === null) throw new Error('Nothing was measured.');
          for (const { device, groups } of theirs.runs) {
            Object.assign(device, { key: 'other', vendor: 'other' });
            for (const { samplesMs } of groups.flatMap(({ cases }) => cases)) samplesMs?.forEach((ms, index) => Object.assign(samplesMs, { [index]: ms * 3 }));
          }
          const text = JSON.stringify(theirs);
          await element.load(new File([text], 'other-machine.json', { type: 'application/json' }));
        });
        await page.locator('>>> details > summary').click();
      },
      shows: [/This device against other-machine.json/, ENGLISH.benchUnload],
    },
    {
      name: 'no-results-file',
      after: 'measured',
      arrange: async ({ page }, tag) => {
        await page.$eval(tag as 'gram-bench', (element) => element.load(new File(['{"schema":"other"}'], 'none.json', { type: 'application/json' })));
      },
      shows: [ENGLISH.failOption, ENGLISH.fixOption],
    },
  ],
};
