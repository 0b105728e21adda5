/** States of the elements that work on labelled pictures: the classifier and fine-tuning. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { ENGLISH } from '../../../src/ui/base/strings.js';
import type { ElementCase } from '../../support/gallery.js';
import { seen, type UiPage } from '../../support/ui.js';

const EMOJI = unzipSync(readFileSync(resolve(import.meta.dirname, '../../../assets/models/emoji/emoji.zip')));

/** A zip with some drawings of each of some categories in a folder of its own, and a picture that is none; base64. */
function drawings(categories: readonly string[], each: number): string {
  const files = categories.flatMap((name) =>
    Object.entries(EMOJI)
      .filter(([path]) => path.startsWith(`${name}/google`))
      .slice(0, each)
      .map(([path, bytes]) => [`set/${path}`, bytes] as const),
  );
  return Buffer.from(zipSync({ ...Object.fromEntries(files), [`set/${categories[0] ?? ''}/broken.png`]: strToU8('no picture') })).toString('base64');
}

const LEARNED = drawings(['building', 'face', 'plant'], 8);
const JUDGED = drawings(['building', 'bird', 'vehicle', 'face'], 4);

async function press({ page }: UiPage): Promise<void> {
  await page.locator('>>> button.primary').click();
}

async function pressWords({ page }: UiPage, words: string): Promise<void> {
  await page.locator(`>>> button ::-p-text(${words})`).click();
}

const classifier: ElementCase = {
  tag: 'gram-classifier',
  states: [
    { name: 'empty', attributes: { size: '64' }, shows: [ENGLISH.invitation, ENGLISH.tryExamples] },
    { name: 'empty-judging', attributes: { size: '64', mode: 'evaluate' }, shows: [ENGLISH.invitationFolder, ENGLISH.judgeExamples] },
    { name: 'no-webgpu', attributes: { size: '64' }, faults: { gpu: 'missing' }, arrange: press, shows: [ENGLISH.failWebgpuMissing, ENGLISH.fixWebgpuMissing] },
    { name: 'blocked', attributes: { size: '64' }, faults: { gpu: 'blocked' }, arrange: press, shows: [ENGLISH.failAdapter, ENGLISH.tryAgain] },
    { name: 'no-model', attributes: { size: '64', net: 'http://127.0.0.1:9/model.json' }, arrange: press, shows: [ENGLISH.failModelFetch] },
    { name: 'compiling', attributes: { size: '64' }, faults: { pipelines: 3 }, arrange: press, shows: [/Compiling kernels/, ENGLISH.cancel] },
    {
      name: 'classified',
      spacious: true,
      attributes: { size: '64' },
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'finished');
      },
      shows: [/20 pictures in/],
    },
    {
      name: 'judged',
      spacious: true,
      attributes: { size: '64', mode: 'evaluate' },
      arrange: async (at, tag) => {
        await at.page.$eval(
          tag as 'gram-classifier',
          async (element, zip) => {
            await element.evaluate([new File([Uint8Array.from(atob(zip), (sign) => sign.charCodeAt(0))], 'set.zip')]);
          },
          JUDGED,
        );
        await at.until(tag, 'state', 'finished');
      },
      shows: [ENGLISH.top1, ENGLISH.confusionTitle],
    },
    {
      name: 'opened',
      after: 'judged',
      arrange: async ({ page }) => {
        await page.focus('>>> td button[tabindex="0"]');
        await page.keyboard.press('Enter');
        await seen(page, '>>> .opened .card');
      },
    },
    {
      name: 'camera',
      attributes: { size: '64' },
      arrange: async (at) => {
        await pressWords(at, ENGLISH.useCamera);
        await seen(at.page, '>>> .live .guesses li');
      },
      shows: [ENGLISH.keepFrame, ENGLISH.closeCamera],
    },
  ],
};

const SETTINGS = { size: '64', epochs: '6', 'batch-size': '8', 'train-last': '4', 'learning-rate': '0.02', 'validation-share': '0.25', name: 'gallery' };

async function give(at: UiPage, tag: string): Promise<void> {
  await at.page.$eval(
    tag as 'gram-fine-tune',
    async (element, zip) => {
      await element.setFiles([new File([Uint8Array.from(atob(zip), (sign) => sign.charCodeAt(0))], 'set.zip')]);
    },
    LEARNED,
  );
}

const fineTune: ElementCase = {
  tag: 'gram-fine-tune',
  states: [
    { name: 'empty', attributes: SETTINGS, shows: [ENGLISH.dataInvitation, ENGLISH.start, ENGLISH.curves] },
    { name: 'with-pictures', attributes: SETTINGS, arrange: give, shows: [/24 pictures in 3 classes|25 pictures in 3 classes/, 'set.zip'] },
    {
      name: 'refused',
      attributes: SETTINGS,
      arrange: async ({ page }, tag) => {
        await page.$eval(tag as 'gram-fine-tune', (element) => element.setFiles([new File(['x'], 'notes.txt')]));
      },
      shows: [/No labelled pictures/],
    },
    {
      name: 'no-webgpu',
      attributes: SETTINGS,
      faults: { gpu: 'missing' },
      arrange: async (at, tag) => {
        await give(at, tag);
        await press(at);
      },
      shows: [ENGLISH.failWebgpuMissing],
    },
    {
      name: 'compiling',
      attributes: SETTINGS,
      faults: { pipelines: 3 },
      arrange: async (at, tag) => {
        await give(at, tag);
        await press(at);
      },
      shows: [/Compiling kernels|Looking at the pictures once/, ENGLISH.cancel],
    },
    {
      name: 'training',
      attributes: { ...SETTINGS, epochs: '500', name: 'gallery-long' },
      arrange: async (at, tag) => {
        await give(at, tag);
        await press(at);
        await at.page.waitForFunction((name) => (document.querySelector(name as 'gram-fine-tune')?.history.length ?? 0) > 3, { polling: 100 }, tag);
      },
      shows: [/Epoch \d+ of 500/, ENGLISH.stopRun],
    },
    {
      name: 'paused',
      after: 'training',
      arrange: async (at, tag) => {
        await press(at);
        await at.until(tag, 'state', 'paused');
      },
      shows: [/Rests after epoch \d+ of 500/, /Continue from epoch/],
    },
    { name: 'resting', attributes: { ...SETTINGS, name: 'gallery-long' }, shows: [/A run on “set.zip” rests here/, ENGLISH.restingForget] },
    {
      name: 'trained',
      spacious: true,
      attributes: SETTINGS,
      arrange: async (at, tag) => {
        await give(at, tag);
        await press(at);
        await at.until(tag, 'state', 'finished');
      },
      shows: [/6 epochs in/, ENGLISH.judgedTitle, ENGLISH.saveModel],
    },
    {
      name: 'opened',
      after: 'trained',
      arrange: async ({ page }) => {
        await page.focus('>>> td button[tabindex="0"]');
        await page.keyboard.press('Enter');
        await seen(page, '>>> gram-judgement >>> .card');
      },
    },
    {
      name: 'camera',
      attributes: { ...SETTINGS, name: 'gallery-camera' },
      arrange: async (at) => {
        await pressWords(at, ENGLISH.dataCamera);
        for (const name of ['cup', 'hand']) {
          const field = await seen(at.page, '>>> #label');
          await field.evaluate((input) => {
            if (input instanceof HTMLInputElement) input.value = '';
          });
          await field.type(name);
          await pressWords(at, ENGLISH.cameraTake);
          await seen(at.page, `>>> li ::-p-text(${name}: 1)`);
        }
      },
      shows: [ENGLISH.cameraUse],
    },
  ],
};

/** The classifier and fine-tuning. */
export const LABELLED: readonly ElementCase[] = [classifier, fineTune];
