/** States of the elements that do one thing. */
import { ENGLISH } from '../../../src/ui/base/strings.js';
import type { ElementCase } from '../../support/gallery.js';
import { STUDIO } from './settings.js';

const SPECTRUM = { net: STUDIO.net, src: '/assets/styles/flow-field.jpg', size: '64', layer: 'block3_conv1' };

const spectrum: ElementCase = {
  tag: 'gram-spectrum',

  states: [
    { name: 'ready', attributes: SPECTRUM, shows: [ENGLISH.spectrumCompute] },
    {
      name: 'no-webgpu',
      attributes: SPECTRUM,
      faults: { gpu: 'missing' },
      arrange: async ({ page }) => {
        await page.waitForSelector('>>> button.primary:not(:disabled)');
        await page.locator('>>> button.primary').click();
      },
      shows: [ENGLISH.failWebgpuMissing],
    },
    {
      name: 'measured',
      spacious: true,
      attributes: SPECTRUM,
      arrange: async (at, tag) => {
        await at.page.waitForSelector('>>> button.primary:not(:disabled)');
        await at.page.locator('>>> button.primary').click();
        await at.until(tag, 'state', 'ready');
        await at.page.locator('>>> summary').click();
      },
      shows: [/Row 0 of the Gram matrix of block3_conv1/, ENGLISH.asTable, ENGLISH.spectrumChannel],
    },
  ],
};

const device: ElementCase = {
  tag: 'gram-device',

  states: [
    { name: 'manual', attributes: { manual: '' }, shows: [ENGLISH.deviceAsk] },
    { name: 'no-webgpu', faults: { gpu: 'missing' }, shows: [ENGLISH.failWebgpuMissing, ENGLISH.tryAgain] },
    { name: 'ready', arrange: (at, tag) => at.until(tag, 'state', 'ready'), shows: [ENGLISH.deviceSoftware, ENGLISH.deviceTest] },
    {
      name: 'testing',
      faults: { pipelines: 2 },
      arrange: async (at, tag) => {
        await at.until(tag, 'state', 'ready');
        await at.page.locator('>>> button.primary').click();
      },
      shows: [/Testing \d+ of \d+: \w+/],
    },
    {
      name: 'wrong',
      after: 'ready',
      spacious: true,
      arrange: async (at, tag) => {
        // The whole test takes minutes on a rasteriser: one check that fails and one that passes are enough to see.
        await at.page.$eval(tag as 'gram-device', (element) => {
          const checks = [
            { kernel: 'sum', variant: 'subgroup', problems: ['sum/subgroup: result differs by 2e-1 of its root mean square; 2e-5 is allowed.'] },
            { kernel: 'add', variant: 'elementwise', problems: [] },
          ];
          Object.assign(element, { checks, state: 'failed' });
        });
      },
      shows: ['1 of 2 checks failed.', 'sum/subgroup'],
    },
    {
      name: 'passed',
      after: 'ready',
      arrange: async (at, tag) => {
        await at.page.$eval(tag as 'gram-device', (element) => {
          Object.assign(element, { checks: Array.from({ length: 100 }, () => ({ kernel: 'add', variant: 'elementwise', problems: [] })), state: 'passed' });
        });
      },
      shows: ['All 100 checks passed'],
    },
  ],
};

const well: ElementCase = {
  tag: 'gram-picture-well',

  states: [
    { name: 'empty', attributes: { label: 'Picture' }, shows: ['Picture', ENGLISH.wellEmpty] },
    {
      name: 'filled',
      attributes: { label: 'Picture', src: '/assets/photographs/coffee.jpg', removable: '', 'remove-label': 'Remove the picture' },
      arrange: async ({ page }) => {
        await page.waitForFunction(() => document.querySelector('gram-picture-well')?.value !== null);
      },
      shows: ['Picture'],
    },
    { name: 'dragging', attributes: { label: 'Picture', dragging: '' }, shows: [ENGLISH.wellEmpty] },
    {
      name: 'camera',
      attributes: { label: 'Picture' },
      arrange: async ({ page }) => {
        await page.locator('>>> .frame').click();
        await page.locator(`>>> button ::-p-text(${ENGLISH.chooseCamera})`).click();
        await page.waitForFunction(
          () =>
            (document.querySelector('gram-picture-well')?.shadowRoot?.querySelector('gram-picture-chooser')?.shadowRoot?.querySelector('video')?.videoWidth ??
              0) > 0,
        );
      },
      shows: [ENGLISH.cameraShoot],
    },
  ],
};

/** Losses that fall as a run's do. */
const TRACE = Array.from({ length: 120 }, (_, step) => {
  const [style, content, tv] = [3 * Math.exp(-step / 25) + 0.12, 0.6 * (1 - Math.exp(-step / 30)), 0.05 + 0.02 * Math.exp(-step / 10)];
  return { step, style, content, tv, total: style + content + tv, ms: 20 };
});

const lossChart: ElementCase = {
  tag: 'gram-loss-chart',

  states: [
    { name: 'empty', shows: [ENGLISH.lossChart] },
    {
      name: 'filled',
      spacious: true,
      arrange: async ({ page }) => {
        await page.$eval(
          'gram-loss-chart',
          (chart, trace) => {
            chart.trace = trace;
          },
          TRACE,
        );
        await page.locator('>>> summary').click();
        await page.waitForSelector('>>> canvas');
      },
      shows: [/The loss has fallen to \d+%/, ENGLISH.lossStyle, ENGLISH.asTable],
    },
  ],
};

/** Spectrum, device, picture well and loss chart. */
export const SMALL: readonly ElementCase[] = [spectrum, device, well, lossChart];
