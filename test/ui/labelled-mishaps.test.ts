/** What happens to gram-classifier and gram-fine-tune in the wild: addresses that lead nowhere, a camera that is refused, a graphics device that is lost. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe } from '../support/axe.js';
import { problemsInBothLooks } from '../support/both-looks.js';
import { seen, startUi, type UiBrowser, type UiPage } from '../support/ui.js';
import { ENGLISH } from '../../src/ui/base/strings.js';

const EMOJI = unzipSync(readFileSync(resolve(import.meta.dirname, '../../assets/models/emoji/emoji.zip')));
const PHOTOGRAPHS = '/assets/photographs';

/** A zip of some drawings, in a folder a class. */
function zipOf(classes: readonly string[], perClass: number): string {
  const entries = classes.flatMap((name) =>
    Object.entries(EMOJI)
      .filter(([path]) => path.startsWith(`${name}/google`))
      .slice(0, perClass),
  );
  return Buffer.from(zipSync(Object.fromEntries(entries))).toString('base64');
}

let ui: UiBrowser;
let at: UiPage;
beforeAll(async () => {
  ui = await startUi();
  at = await ui.open();
}, 240_000);
afterAll(async () => {
  await ui.stop();
});

async function crashGpu(): Promise<void> {
  const session = await ui.browser.target().createCDPSession();
  await session.send('Browser.crashGpuProcess');
  await session.detach();
}

/** Files for an element, made in the page. */
async function classifyZip(page: Page, zip: string): Promise<string[]> {
  return page.$eval(
    'gram-classifier',
    async (element, text) => {
      element.clear();
      await element.classify([new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], 'set.zip')]);
      return element.results.map(
        ({ file, predictions, problem }) => `${file.path} ${problem} ${predictions.map(({ name, probability }) => `${name} ${probability.toFixed(5)}`).join()}`,
      );
    },
    zip,
  );
}

describe('gram-classifier', () => {
  it('classifies what lies at addresses, and says which of them lead to no picture', async () => {
    const pictures = [`${PHOTOGRAPHS}/chelsea.jpg`, '/no/such/picture.jpg', `${PHOTOGRAPHS}/coffee.jpg`];
    await at.put('gram-classifier', { size: '64', pictures: pictures.join(' ') });
    await at.until('gram-classifier', 'state', 'finished');
    const results = await at.page.$eval('gram-classifier', (element) =>
      element.results.map(({ file, predictions, problem }) => ({ path: file.path, count: predictions.length, problem })),
    );
    expect(results.map(({ path, count }) => [path, count])).toEqual([
      ['chelsea.jpg', 5],
      ['picture.jpg', 0],
      ['coffee.jpg', 5],
    ]);
    expect(results.map(({ problem }) => problem.includes('picture.jpg'))).toEqual([false, true, false]);
    expect(await problemsInBothLooks(at.page)).toEqual([]);
  });

  it('goes on after a lost device: every picture once, in order, with the guesses of a run that was not interrupted', async () => {
    const zip = zipOf(['bird', 'face', 'meal', 'plant'], 8);
    await at.put('gram-classifier', { size: '64' });
    const wanted = await classifyZip(at.page, zip);
    expect(wanted).toHaveLength(32);
    const first = at.page.$eval(
      'gram-classifier',
      (element) =>
        new Promise<void>((done) => {
          element.addEventListener(
            'gram-classified',
            () => {
              done();
            },
            { once: true },
          );
        }),
    );
    const found = classifyZip(at.page, zip);
    await first;
    await crashGpu();
    expect(await found).toEqual(wanted);
    expect(await at.page.$eval('gram-classifier', ({ state }) => state)).toBe('finished');
  });
});

describe('gram-fine-tune', () => {
  it('goes on after a device was lost in the midst of an epoch, and ends with the figures of a run that was not interrupted', async () => {
    const zip = zipOf(['bird', 'face', 'meal'], 8);
    const figures = async (crashAfter: number | undefined): Promise<unknown> => {
      await at.put('gram-fine-tune', {
        name: `crash ${String(crashAfter)}`,
        size: '64',
        epochs: '4',
        'batch-size': '6',
        'train-last': '4',
        'learning-rate': '0.02',
      });
      const epoch = at.page.$eval(
        'gram-fine-tune',
        (element, wanted) =>
          new Promise<void>((done) => {
            element.addEventListener('gram-epoch', () => {
              if (element.history.length === wanted) done();
            });
          }),
        crashAfter ?? 4,
      );
      const ended = at.page.$eval(
        'gram-fine-tune',
        async (element, text) => {
          await element.setFiles([new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], 'set.zip')]);
          await element.start();
          return element.history.map(({ seconds, ...rest }) => (seconds > 0 ? rest : undefined));
        },
        zip,
      );
      await epoch;
      if (crashAfter !== undefined) await crashGpu();
      const history = await ended;
      expect(await at.page.$eval('gram-fine-tune', ({ state }) => state)).toBe('finished');
      return history;
    };
    const whole = await figures(undefined);
    expect(whole).toHaveLength(4);
    expect(await figures(2)).toEqual(whole);
  });
});

describe('a camera that is refused', () => {
  it.each([
    { tag: 'gram-classifier', button: ENGLISH.useCamera },
    { tag: 'gram-fine-tune', button: ENGLISH.dataCamera },
  ])('is said by $tag, which goes on without', async ({ tag, button }) => {
    const other = await ui.open({
      before: () => {
        MediaDevices.prototype.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      },
    });
    await other.put(tag, { size: '64' });
    await other.page.locator(`>>> button ::-p-text(${button})`).click();
    const said = await seen(other.page, '>>> gram-camera >>> [role=alert]');
    expect(await said.evaluate(({ textContent }) => textContent)).toContain('Permission denied');
    expect(await axe(other.page)).toEqual([]);
    expect(await other.page.$eval(tag, (element) => element.getAttribute('state'))).toBe('idle');
    expect(other.problems).toEqual([]);
    await other.page.close();
  });
});
