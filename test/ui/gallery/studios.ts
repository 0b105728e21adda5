/** States of the two studios. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ENGLISH } from '../../../src/ui/base/strings.js';
import type { ElementCase, ElementState } from '../../support/gallery.js';
import { seen, strangerServer, type UiPage } from '../../support/ui.js';
import { IS_FOR_SHOW, STUDIO, TEXTURE } from './settings.js';

type Studio = 'gram-style-transfer' | 'gram-texture-synthesis';

/** Presses the one primary button. */
async function press(at: UiPage): Promise<void> {
  await at.page.locator('>>> button.primary').click();
}

/** Starts and waits until a number of steps is done. */
async function startTo(at: UiPage, tag: string, step: number): Promise<void> {
  await press(at);
  await at.page.waitForFunction((name, wanted) => (document.querySelector(name as Studio)?.step ?? 0) >= wanted, { polling: 100, timeout: 60_000 }, tag, step);
}

async function finish(at: UiPage, tag: string): Promise<void> {
  await press(at);
  await at.until(tag, 'state', 'finished');
}

/** Waits for the pictures: what is shown before must not change under the test. */
async function pictures(at: UiPage, tag: string): Promise<void> {
  await at.page.waitForFunction(
    (name) => {
      const wells = document.querySelector(name)?.shadowRoot?.querySelectorAll('gram-picture-well') ?? [];
      return [...wells].every((well) => well.src === null || well.value !== null);
    },
    {},
    tag,
  );
}

const crash = async (at: UiPage): Promise<void> => {
  const session = await at.page.browser().target().createCDPSession();
  await session.send('Browser.crashGpuProcess');
  await session.detach();
};

/** What both can be in. */
function common(attributes: Readonly<Record<string, string>>): readonly ElementState[] {
  return [
    { name: 'ready', attributes, arrange: pictures, shows: [ENGLISH.start, /About [\d.]+ [kM]B of graphics memory/] },
    { name: 'empty', shows: [ENGLISH.emptyStage, ENGLISH.wellEmpty] },
    {
      name: 'no-webgpu',
      attributes,
      faults: { gpu: 'missing' },
      arrange: press,
      shows: [ENGLISH.failWebgpuMissing, ENGLISH.fixWebgpuMissing, ENGLISH.tryAgain],
    },
    { name: 'not-secure', attributes, faults: { gpu: 'insecure' }, arrange: press, shows: [ENGLISH.failInsecure, ENGLISH.fixInsecure] },
    { name: 'blocked', attributes, faults: { gpu: 'blocked' }, arrange: press, shows: [ENGLISH.failAdapter, ENGLISH.fixAdapter, ENGLISH.tryAgain] },
    {
      name: 'no-weights',
      attributes: { ...attributes, net: 'http://127.0.0.1:9/vgg.safetensors' },
      arrange: press,
      shows: [ENGLISH.failWeights, ENGLISH.fixWeights],
    },
    { name: 'bad-setting', attributes: { ...attributes, preset: 'no-such-preset' }, shows: [ENGLISH.failOption, ENGLISH.fixOption] },
    {
      name: 'compiling',
      attributes: { ...attributes, 'start-from': 'noise' },
      faults: { pipelines: 3 },
      arrange: press,
      shows: [/Measuring the style|Compiling kernels/, ENGLISH.cancel],
    },
    {
      name: 'full-memory',
      attributes: { ...attributes, size: '96' },
      faults: { fullMemory: true },
      arrange: press,
      shows: [ENGLISH.failMemory, ENGLISH.fixMemory, 'Use 64 px'],
    },
    {
      name: 'running',
      attributes: { ...attributes, steps: '5000' },
      arrange: (at, tag) => startTo(at, tag, 3),
      shows: [ENGLISH.pause, /Step \d+ of 5,000/, ENGLISH.software],
    },
    {
      name: 'paused',
      after: 'running',
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'paused');
      },
      shows: [ENGLISH.continue, /Paused at step \d+ of 5,000/],
    },
    {
      name: 'hidden',
      after: 'paused',
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'running');
        await at.page.$eval(tag, (studio) => {
          Object.assign(studio, { pauseWhenHidden: true });
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
          document.dispatchEvent(new Event('visibilitychange'));
          Reflect.deleteProperty(document, 'hidden');
        });
        await at.until(tag, 'state', 'paused');
      },
      shows: [ENGLISH.pausedHidden],
    },
    { name: 'finished', spacious: true, attributes, arrange: finish, shows: [ENGLISH.startAgain, /Finished: \d+ steps in/, /The loss has fallen to/] },
  ];
}

const photograph = readFileSync(resolve(import.meta.dirname, '../../../assets/photographs/brick.jpg'));

const styleTransfer: ElementCase = {
  tag: 'gram-style-transfer',

  states: [
    ...common(STUDIO),
    {
      name: 'compared',
      after: 'finished',
      spacious: true,
      arrange: async (at) => {
        await at.page.locator('>>> gram-picture-stage >>> input[type=range]').fill('50');
        await at.page.locator('>>> gram-settings-panel >>> summary').click();
      },
      shows: [ENGLISH.compare, ENGLISH.learningRate],
    },
    { name: 'rtl', after: 'compared', spacious: true, look: 'rtl', shows: [ENGLISH.compare] },
    { name: 'forced-colours', after: 'compared', look: 'forced-colours', shows: [ENGLISH.compare] },
    {
      name: 'earlier-state',
      after: 'finished',
      arrange: async (at) => {
        await at.page.locator('>>> gram-iterate-strip >>> li:nth-child(3) button').click();
      },
      shows: [ENGLISH.iterateReturn, ENGLISH.iterateBranch, /Continue from step \d+/],
    },
    {
      name: 'changed',
      after: 'finished',
      arrange: async (at, tag) => {
        await at.page.$eval(tag as 'gram-style-transfer', (studio) => {
          studio.size = 64;
        });
      },
      shows: [ENGLISH.takesEffectNext, ENGLISH.startAgain],
    },
    {
      name: 'several-styles',
      attributes: { ...STUDIO, styles: '/assets/styles/flow-field.jpg /assets/styles/woodcut.jpg' },
      arrange: pictures,
      shows: ['Style 1', 'Style 2'],
    },
    {
      name: 'mask',
      after: 'several-styles',
      arrange: async ({ page }) => {
        await page.locator('>>> details.mask > summary').click();
        await page.locator('>>> gram-mask-brush >>> canvas').click();
      },
    },
    {
      name: 'choosing',
      spacious: true,
      attributes: STUDIO,
      arrange: async (at, tag) => {
        await at.page.$eval(tag as 'gram-style-transfer', (studio) => {
          studio.contentSamples = ['chelsea', 'coffee', 'rocket', 'nagasaki-boats'].map((name) => ({
            src: `/assets/photographs/${name}.jpg`,
            label: name.replace('-', ' '),
          }));
        });
        await pictures(at, tag);
        await at.page.locator('>>> gram-picture-well[part=content-well] >>> .frame').click();
        await seen(at.page, '>>> dialog[open]');
      },
      shows: [ENGLISH.chooseTitle, ENGLISH.chooseFile, ENGLISH.chooseCamera, ENGLISH.chooseSamples],
    },
    {
      name: 'no-leave',
      attributes: { ...STUDIO, content: '' },
      arrange: async (at, tag) => {
        const stranger = await strangerServer(photograph);
        await at.page.$eval(
          tag as 'gram-style-transfer',
          (studio, url) => {
            studio.content = url;
          },
          stranger.url,
        );
        await at.page.waitForSelector('>>> gram-failure >>> .failure');
        await stranger.close();
      },
      shows: [ENGLISH.failCors, ENGLISH.fixCors],
    },
    { name: 'no-picture', attributes: { ...STUDIO, content: 'http://127.0.0.1:9/picture.jpg' }, shows: [ENGLISH.failFetchPicture, ENGLISH.fixFetchPicture] },
    { name: 'not-a-picture', attributes: { ...STUDIO, content: '/package.json' }, arrange: press, shows: [ENGLISH.failPicture, ENGLISH.fixPicture] },
    { name: 'not-weights', attributes: { ...STUDIO, net: '/package.json' }, arrange: press, shows: [ENGLISH.failWeightsFile, ENGLISH.fixWeightsFile] },
    {
      name: 'recovering',
      attributes: { ...STUDIO, steps: '5000' },
      arrange: async (at, tag) => {
        await startTo(at, tag, 3);
        await at.page.evaluate(() => {
          Object.assign((globalThis as unknown as { faults: object }).faults, { gpu: 'waiting' });
        });
        await crash(at);
      },
      shows: [/The graphics device was lost. Going on from step \d+/],
    },
    {
      name: 'lost',
      after: 'recovering',
      faults: { gpu: 'blocked' },
      shows: [ENGLISH.failLost, /try again to go on from step \d+/, ENGLISH.tryAgain],
    },
  ],
};

/** Both studios share their view: of the states that are the same, a few are enough for a test of the second. */
const SHOWN_ONLY = ['no-webgpu', 'not-secure', 'blocked', 'no-weights', 'bad-setting', 'compiling', 'full-memory', 'running', 'paused', 'hidden'];

const textureSynthesis: ElementCase = {
  tag: 'gram-texture-synthesis',

  states: common(TEXTURE).filter(({ name }) => IS_FOR_SHOW || !SHOWN_ONLY.includes(name)),
};

/** Style transfer and texture synthesis. */
export const STUDIOS: readonly ElementCase[] = [styleTransfer, textureSynthesis];
