/** Device, spectrum and loss chart: driven by mouse and keyboard, in the states where something is missing, and gone without a trace. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { axe } from '../support/axe.js';
import { keys } from '../support/drive.js';
import { gpuCounts, setFaults } from '../support/faults.js';
import { seen, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

/** Longer than an unused engine is kept. */
const ENGINE_GONE_MS = 900;

let ui: UiBrowser;
let at: UiPage;
beforeAll(async () => {
  ui = await startUi();
  at = await ui.open();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});
beforeEach(async () => {
  await setFaults(at.page);
  await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
  await new Promise((done) => setTimeout(done, ENGINE_GONE_MS));
});

/** Words of the failure that is shown. */
async function failure(): Promise<string> {
  const shown = await seen(at.page, '>>> gram-failure >>> .failure');
  return shown.evaluate(({ textContent }) => textContent.replace(/\s+/g, ' '));
}

async function crash(): Promise<void> {
  const session = await ui.browser.target().createCDPSession();
  await session.send('Browser.crashGpuProcess');
  await session.detach();
}

/** Whether anything of a colour that is not the ground was painted on the only canvas of a chart. */
function inkShare(tag: string): Promise<number> {
  return at.page.$eval(tag, (element) => {
    const canvas = element.shadowRoot?.querySelector<HTMLCanvasElement>('.plot canvas');
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
    return pixels.filter((value, index) => index % 4 === 3 && value > 128).length / (pixels.length / 4);
  });
}

describe('<gram-device>', () => {
  const TAG = 'gram-device';

  it('looks at the device and begins its self-test by the keyboard, and frees everything when it goes', async () => {
    await at.put(TAG, { manual: '' });
    await keys(at.page, ENGLISH.deviceAsk, 'Enter');
    await at.until(TAG, 'state', 'ready');
    const facts = await at.page.$$eval('>>> dd', (cells) => cells.map(({ textContent }) => textContent));
    expect(facts).toHaveLength(7);
    expect(facts).toContain(ENGLISH.deviceSoftware);
    await keys(at.page, ENGLISH.deviceTest, 'Enter');
    await at.until(TAG, 'state', 'testing');
    await expect
      .poll(async () => Number(/(\d+) of/.exec(await at.page.$eval('>>> [role=status]', ({ textContent }) => textContent))?.[1]), { timeout: 60_000 })
      .toBeGreaterThan(2);
    expect((await gpuCounts(at.page)).buffers).toBeGreaterThan(0);
    await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    await expect.poll(async () => (await gpuCounts(at.page)).buffers, { timeout: 60_000 }).toBe(0);
  }, 240_000);

  it.each([
    { gpu: 'missing', words: [ENGLISH.failWebgpuMissing, ENGLISH.fixWebgpuMissing] },
    { gpu: 'insecure', words: [ENGLISH.failInsecure, ENGLISH.fixInsecure] },
    { gpu: 'blocked', words: [ENGLISH.failAdapter, ENGLISH.fixAdapter] },
  ] as const)('$gpu: says so, and looks again when asked by the keyboard', async ({ gpu, words }) => {
    await setFaults(at.page, { gpu });
    await at.put(TAG);
    await at.until(TAG, 'state', 'failed');
    for (const each of words) expect(await failure()).toContain(each);
    expect(await axe(at.page)).toEqual([]);
    await setFaults(at.page);
    await keys(at.page, ENGLISH.tryAgain, 'Enter');
    await at.until(TAG, 'state', 'ready');
  });

  it('a device that is lost in the midst of the test can be tried again', async () => {
    await at.put(TAG);
    await at.until(TAG, 'state', 'ready');
    await keys(at.page, ENGLISH.deviceTest, 'Enter');
    await expect.poll(() => at.page.$eval('>>> [role=status]', ({ textContent }) => textContent), { timeout: 60_000 }).toMatch(/Testing [1-9]/);
    await crash();
    await at.until(TAG, 'state', 'failed', 120_000);
    expect(await failure()).toContain(`${ENGLISH.failLost} ${ENGLISH.fixLostAgain}`);
    await keys(at.page, ENGLISH.tryAgain, 'Enter');
    await at.until(TAG, 'state', 'ready');
  }, 240_000);
});

describe('<gram-spectrum>', () => {
  const TAG = 'gram-spectrum';
  const ATTRIBUTES = { net: 'random-vgg19/16', src: '/assets/styles/flow-field.jpg', size: '48', layer: 'block2_conv1' };

  async function measure(): Promise<void> {
    await at.page.waitForSelector('>>> button.primary:not(:disabled)');
    await keys(at.page, ENGLISH.spectrumCompute, 'Enter');
  }

  it('measures by the keyboard: layer, row, bars sorted descending, a table behind them', async () => {
    await at.put(TAG, ATTRIBUTES);
    await keys(at.page, 'layer', 'ArrowDown');
    expect(await at.page.$eval(TAG, ({ layer }) => layer)).toBe('block2_conv2');
    const measured = at.page.$eval(
      TAG,
      (element) =>
        new Promise<{ channels: number; values: number[] }>((resolve) => {
          element.addEventListener('gram-measured', ({ gram }) => {
            resolve({ channels: gram.channels, values: [...gram.values] });
          });
        }),
    );
    await measure();
    const { channels, values } = await measured;
    await at.until(TAG, 'state', 'ready');
    expect(values).toHaveLength(channels ** 2);
    expect(await inkShare(TAG)).toBeGreaterThan(0.01);
    await keys(at.page, 'row', 'Backspace', '3', 'Enter');
    const title = (): Promise<string> => at.page.$eval('>>> figcaption', ({ textContent }) => textContent);
    await expect.poll(title).toMatch(new RegExp(`^Row 3 of the Gram matrix of block2_conv2: ${String(channels)} values`));
    await keys(at.page, ENGLISH.asTable, 'Enter');
    const rows = await at.page.$$eval('>>> tbody tr', (all) =>
      all.map((row) => [...row.querySelectorAll('td')].map(({ textContent }) => Number(textContent.replaceAll(',', '')))),
    );
    const wanted = Array.from({ length: channels }, (_, channel) => [channel, values[3 * channels + channel] ?? NaN] as const).sort((a, b) => b[1] - a[1]);
    expect(rows.map(([channel]) => channel)).toEqual(wanted.slice(0, rows.length).map(([channel]) => channel));
    for (const [index, [, value = NaN]] of rows.entries()) {
      const exact = wanted[index]?.[1] ?? NaN;
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(0.01 * exact);
    }
    // A row beyond the last is the last, in words too.
    await at.page.$eval(TAG, (element) => {
      element.row = 10_000;
    });
    await expect.poll(title).toMatch(new RegExp(`^Row ${String(channels - 1)} `));
    expect(await axe(at.page)).toEqual([]);
    // Moved in the page, it still has its chart.
    await at.page.$eval(TAG, (element) => {
      element.parentElement?.append(element);
    });
    await expect.poll(() => inkShare(TAG)).toBeGreaterThan(0.01);
  }, 240_000);

  it('two on a page share one engine, take turns and free everything when they go', async () => {
    const { devices } = await gpuCounts(at.page);
    await at.page.evaluate((attributes) => {
      for (let index = 0; index < 2; index++) {
        const element = document.createElement('gram-spectrum');
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        document.querySelector('main')?.append(element);
      }
    }, ATTRIBUTES);
    await at.page.waitForFunction(
      () => [...document.querySelectorAll('gram-spectrum')].every(({ shadowRoot }) => shadowRoot?.querySelector('button.primary:not(:disabled)') !== null),
      {
        polling: 50,
      },
    );
    const states = await at.page.evaluate(async () => {
      const both = [...document.querySelectorAll('gram-spectrum')];
      await Promise.all(both.map((each) => each.measure()));
      return both.map(({ state }) => state);
    });
    expect(states).toEqual(['ready', 'ready']);
    expect((await gpuCounts(at.page)).devices).toBe(devices + 1);
    await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    await expect.poll(async () => (await gpuCounts(at.page)).buffers, { timeout: 30_000 }).toBe(0);
  }, 240_000);

  it.each([
    { name: 'no WebGPU', faults: { gpu: 'missing' }, attributes: {}, words: `${ENGLISH.failWebgpuMissing} ${ENGLISH.fixWebgpuMissing}` },
    { name: 'blocked WebGPU', faults: { gpu: 'blocked' }, attributes: {}, words: `${ENGLISH.failAdapter} ${ENGLISH.fixAdapter}` },
    { name: 'a full memory', faults: { fullMemory: true }, attributes: {}, words: ENGLISH.failMemory },
    {
      name: 'weights out of reach',
      faults: {},
      attributes: { net: 'http://127.0.0.1:9/vgg.safetensors' },
      words: `${ENGLISH.failWeights} ${ENGLISH.fixWeights}`,
    },
    { name: 'weights that are none', faults: {}, attributes: { net: '/package.json' }, words: `${ENGLISH.failWeightsFile} ${ENGLISH.fixWeightsFile}` },
  ] as const)(
    '$name: says so and goes on from there',
    async ({ faults, attributes, words }) => {
      await setFaults(at.page, faults);
      await at.put(TAG, { ...ATTRIBUTES, ...attributes });
      await measure();
      await at.until(TAG, 'state', 'failed', 60_000);
      expect(await failure()).toContain(words);
      expect(await axe(at.page)).toEqual([]);
      await setFaults(at.page);
      await at.page.$eval(
        TAG,
        (element, net) => {
          element.net = net;
        },
        ATTRIBUTES.net,
      );
      const way = await at.page.$eval('>>> gram-failure >>> button', ({ textContent }) => textContent.trim());
      await keys(at.page, way, 'Enter');
      if (way === ENGLISH.dismiss) {
        await at.until(TAG, 'state', 'idle', 10_000);
        expect(await at.page.$('>>> gram-failure')).toBe(null);
        await measure();
      }
      await at.until(TAG, 'state', 'ready', 120_000);
    },
    240_000,
  );
});

describe('<gram-loss-chart>', () => {
  const TAG = 'gram-loss-chart';
  beforeEach(async () => {
    await at.put(TAG);
    await at.page.$eval(TAG, (chart) => {
      const told: (number | null)[] = [];
      Object.assign(chart, { told });
      chart.addEventListener('gram-scrubbed', ({ step }) => told.push(step));
      chart.trace = Array.from({ length: 50 }, (_, step) => {
        const style = 2 * Math.exp(-step / 10) + 0.1;
        return { step: 2 * step, style, content: 0.2, tv: 0, total: style + 0.2, ms: 1 };
      });
    });
    await seen(at.page, '>>> .plot canvas');
  });
  const told = (): Promise<(number | null)[]> => at.page.$eval(TAG, (chart) => Reflect.get(chart, 'told') as (number | null)[]);

  it('is scrubbed by the keyboard', async () => {
    await keys(at.page, ENGLISH.lossChart, 'ArrowLeft', 'PageDown', 'Home', 'ArrowRight', 'End');
    expect(await told()).toEqual([96, 76, 0, 2, 98]);
    const slider = await at.page.$eval('>>> .plot', (plot) => ['aria-valuenow', 'aria-valuetext'].map((name) => plot.getAttribute(name)));
    expect(slider).toEqual(['49', expect.stringMatching(/^Step 98, loss 0\.3/)]);
    await at.page.keyboard.press('Tab');
    expect((await told()).at(-1)).toBe(null);
  });

  it('is scrubbed by the pointer, and lets go when it leaves', async () => {
    const plot = await seen(at.page, '>>> .u-over');
    const { x = 0, y = 0, width = 0, height = 0 } = (await plot.boundingBox()) ?? {};
    await at.page.mouse.move(x + width / 2, y + height / 2);
    await expect.poll(async () => (await told()).at(-1)).toBeGreaterThan(40);
    expect((await told()).at(-1)).toBeLessThan(60);
    await at.page.mouse.move(1, 1);
    await expect.poll(async () => (await told()).at(-1)).toBe(null);
  });

  it('is drawn in the colours of the theme, and again where it is moved to', async () => {
    /** The colour of the axes' words and the most frequent one of a line. */
    const ink = (): Promise<string> =>
      at.page.$eval(TAG, (chart) => {
        const canvas = chart.shadowRoot?.querySelector<HTMLCanvasElement>('.plot canvas');
        const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
        const counts = new Map<string, number>();
        for (let index = 0; index < pixels.length; index += 4) {
          if (pixels[index + 3] !== 255) continue;
          const colour = [...pixels.slice(index, index + 3)].join();
          counts.set(colour, (counts.get(colour) ?? 0) + 1);
        }
        return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
      });
    const light = await ink();
    await at.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await expect.poll(ink).not.toBe(light);
    await at.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    await expect.poll(ink).toBe(light);
    await at.page.$eval(TAG, (chart) => {
      chart.parentElement?.append(chart);
    });
    await expect.poll(() => inkShare(TAG)).toBeGreaterThan(0.001);
    expect(await axe(at.page)).toEqual([]);
  });
});
