/** gram-fine-tune in a real browser, by mouse and keyboard, on a few small drawings so that a rasteriser keeps up. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idOf } from '../../src/tasks/datasets/dataset.js';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { allowDownloads } from '../support/drive.js';
import { problemsInBothLooks } from '../support/both-looks.js';
import { seen, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-fine-tune';
const EMOJI = unzipSync(readFileSync(resolve(import.meta.dirname, '../../assets/models/emoji/emoji.zip')));
const CLASSES = ['building', 'face', 'plant'];
const PER_CLASS = 8;
const EPOCHS = 6;
const SETTINGS = { size: '64', epochs: String(EPOCHS), 'batch-size': '8', 'train-last': '4', 'learning-rate': '0.02', 'validation-share': '0.25' };

/** A zip with a folder a class, one broken picture, and pictures to try in `test`. */
const ZIP = Buffer.from(
  zipSync({
    ...Object.fromEntries(
      CLASSES.flatMap((name) =>
        Object.entries(EMOJI)
          .filter(([path]) => path.startsWith(`${name}/google`))
          .slice(0, PER_CLASS)
          .map(([path, bytes]) => [`set/${path}`, bytes]),
      ),
    ),
    'set/face/broken.png': strToU8('no picture'),
  }),
).toString('base64');

/** What cannot be learned from, and a part of what is said about it. */
const REFUSED: readonly { readonly what: string; readonly files: Readonly<Record<string, Uint8Array>>; readonly words: string }[] = [
  { what: 'one class only', files: { 'labels.csv': strToU8('id,breed\n1,pug\n'), '1.jpg': strToU8('x') }, words: 'one class' },
  { what: 'an empty folder', files: {}, words: 'No labelled pictures' },
  { what: 'a folder without pictures', files: { 'notes.txt': strToU8('x') }, words: 'No labelled pictures' },
  { what: 'an id with two labels', files: { 'labels.csv': strToU8('id,breed\n1,pug\n1,collie\n'), '1.jpg': strToU8('x') }, words: 'two labels' },
  { what: 'an open quote', files: { 'labels.csv': strToU8('id,breed\n"1,pug\n'), '1.jpg': strToU8('x') }, words: 'Close every quote' },
  { what: 'a zip bomb', files: { 'set.zip': zipSync({ 'a/1.png': new Uint8Array(4_000_000) }) }, words: 'would expand' },
  { what: 'a broken archive', files: { 'set.zip': strToU8('PK no zip') }, words: 'no readable zip' },
];

let ui: UiBrowser;
let at: UiPage;
let folder: string;
beforeAll(async () => {
  ui = await startUi();
  folder = mkdtempSync(join(tmpdir(), 'gramarye-fine-tune-'));
  at = await ui.open();
  await allowDownloads(at.page, folder);
}, 240_000);
afterAll(async () => {
  await ui.stop();
  rmSync(folder, { recursive: true });
});

/** Drops the zip on the element and waits until its pictures are counted. */
async function dropZip(page: Page): Promise<void> {
  await page.$eval(
    TAG,
    (element, text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], 'set.zip'));
      for (const event of ['dragover', 'drop'])
        element.dispatchEvent(new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }));
    },
    ZIP,
  );
  await page.waitForFunction((tag) => document.querySelector(tag as 'gram-fine-tune')?.classes.length === 3, {}, TAG);
}

/** Gives files as a chooser would. */
async function give(page: Page, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await page.$eval(
    TAG,
    async (element, given) => {
      await element.setFiles(given.map(({ name, text }) => new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name)));
      await element.updateComplete;
    },
    Object.entries(files).map(([name, bytes]) => ({ name, text: Buffer.from(bytes).toString('base64') })),
  );
}

interface Figures {
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss: number | undefined;
  readonly validationAccuracy: number | undefined;
}

function figuresOf(page: Page): Promise<Figures[]> {
  return page.$eval(TAG, ({ history }) =>
    history.map(({ loss, accuracy, validationLoss, validationAccuracy }) => ({ loss, accuracy, validationLoss, validationAccuracy })),
  );
}

async function press(page: Page, words: string): Promise<void> {
  await page.locator(`>>> button ::-p-text(${words})`).click();
}

async function downloaded(name: string): Promise<Uint8Array> {
  for (let tries = 0; tries < 100 && !readdirSync(folder).includes(name); tries++) await new Promise((done) => setTimeout(done, 100));
  return readFileSync(join(folder, name));
}

describe('gram-fine-tune', () => {
  let whole: Figures[];

  it('learns from a dropped zip: the loss falls, the figures are shown, a cell opens its pictures, the net is saved', async () => {
    await at.put(TAG, SETTINGS);
    expect(await problemsInBothLooks(at.page), 'empty').toEqual([]);
    await dropZip(at.page);
    expect(await problemsInBothLooks(at.page), 'with pictures').toEqual([]);
    // By keyboard: the button is reached and pressed.
    await at.page.focus('>>> button.primary');
    await at.page.keyboard.press('Enter');
    await at.until(TAG, 'state', 'finished');
    whole = await figuresOf(at.page);
    expect(whole.length).toBe(EPOCHS);
    expect(whole.at(-1)?.loss).toBeLessThan(0.7 * (whole[0]?.loss ?? 0));
    expect(whole.at(-1)?.accuracy).toBeGreaterThan(whole[0]?.accuracy ?? 1);
    const judged = await at.page.$eval(TAG, ({ judgements }) => judgements.map(({ label, predicted }) => label === predicted));
    expect(judged.length).toBe(6);
    expect(judged.filter(Boolean).length / judged.length).toBeCloseTo(whole.at(-1)?.validationAccuracy ?? NaN, 6);
    expect(await at.page.$eval('>>> gram-training-chart >>> figcaption', ({ textContent }) => textContent)).toContain(`After epoch ${String(EPOCHS)}`);
    expect((await at.page.$$('>>> gram-training-chart >>> canvas')).length).toBe(2);
    expect(await at.page.$eval('>>> .data details.notice', ({ textContent }) => textContent)).toContain('broken.png');
    expect(await problemsInBothLooks(at.page), 'finished').toEqual([]);

    await at.page.focus('>>> td button[tabindex="0"]');
    await at.page.keyboard.press('Enter');
    const counted = await at.page.$eval('>>> td button[tabindex="0"]', ({ textContent }) => Number(textContent.trim()));
    expect((await at.page.$$('>>> gram-judgement >>> .card')).length).toBe(counted);
    expect(await problemsInBothLooks(at.page), 'cell').toEqual([]);

    await press(at.page, ENGLISH.saveModel);
    const saved = unzipSync(await downloaded('mobilenet-v2-fine-tuned.zip'));
    expect(Object.keys(saved).sort()).toEqual(['classes.txt', 'group1-shard1of1.bin', 'model.json']);
    expect(at.problems).toEqual([]);
  });

  it('predicts for new pictures with the trained and with the saved net alike, and writes a submission', async () => {
    const model = Buffer.from(await downloaded('mobilenet-v2-fine-tuned.zip')).toString('base64');
    const picture = Buffer.from(Object.entries(EMOJI).find(([path]) => path.startsWith('plant/twitter'))?.[1] ?? []).toString('base64');
    const [trained, opened, submission] = await at.page.$eval(
      TAG,
      async (element, zip, png) => {
        const file = (text: string, name: string): File => new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name);
        const here = await element.predict([file(png, 'new.png')]);
        await element.openModel([file(zip, 'saved.zip')]);
        const there = await element.predict([file(png, 'new.png')]);
        return [here, there, await element.toSubmission([file(png, 'new.png')], new File(['id,plant,face,building\n'], 'sample_submission.csv'))] as const;
      },
      model,
      picture,
    );
    expect(trained[0]?.probabilities.length).toBe(3);
    // The tail takes half-precision features in training, the classifier computes in one go.
    trained[0]?.probabilities.forEach((value, index) => {
      expect(opened[0]?.probabilities[index]).toBeCloseTo(value, 2);
    });
    expect(submission.split('\n')[0]).toBe('id,plant,face,building');
    expect(submission.split('\n')[1]).toMatch(/^new,/);
  });

  it('is stopped and goes on, is killed in the midst of an epoch and goes on, and ends with the figures of the run that was not; features on disk', async () => {
    await at.put(TAG, SETTINGS);
    await at.page.$eval(TAG, (element) => {
      element.more = { memoryBudgetBytes: 0 };
      element.addEventListener('gram-epoch', () => {
        if (element.history.length === 1) void element.stop();
        // Before the element has noted that this epoch is kept.
        if (element.history.length === 3) location.reload();
      });
    });
    await dropZip(at.page);
    await press(at.page, ENGLISH.start);
    await at.until(TAG, 'state', 'paused');
    expect((await figuresOf(at.page)).length).toBe(1);
    expect(await problemsInBothLooks(at.page), 'paused').toEqual([]);
    const loaded = at.page.waitForNavigation({ waitUntil: 'load' });
    await press(at.page, 'Continue from epoch 1');
    await loaded;
    await at.page.waitForFunction(() => customElements.get('gram-fine-tune') !== undefined);
    await at.put(TAG);
    await seen(at.page, '>>> .resting');
    expect(await problemsInBothLooks(at.page), 'resting').toEqual([]);
    await dropZip(at.page);
    await press(at.page, 'Continue from epoch');
    await at.until(TAG, 'state', 'finished');
    expect(await figuresOf(at.page)).toEqual(whole);
    expect(await at.page.$eval('>>> .results .summary', ({ textContent }) => textContent)).toContain(`${String(CLASSES.length * PER_CLASS)} pictures on disk`);
    expect(at.problems).toEqual([]);
  });

  it('leaves a place to whoever trains there, and says so', async () => {
    await at.put(TAG, { ...SETTINGS, name: 'taken', epochs: '500' });
    await at.page.evaluate(async () => {
      await new Promise<void>((held) => {
        void navigator.locks.request('gramarye-fine-tune/taken', () => {
          held();
          return new Promise(() => undefined);
        });
      });
    });
    await dropZip(at.page);
    const said = seen(at.page, `>>> .notice ::-p-text(${ENGLISH.notKept.slice(0, 30)})`);
    await press(at.page, ENGLISH.start);
    await said;
    await at.until(TAG, 'state', 'running');
    expect(await problemsInBothLooks(at.page), 'running').toEqual([]);
    expect(await at.page.$eval(TAG, ({ state }) => state)).toBe('running');
    await at.page.$eval(TAG, (element) => element.stop());
  });

  it('learns from what the camera shows; the photographs rest with the run and are there after a reload', async () => {
    await at.put(TAG, { ...SETTINGS, name: 'camera', epochs: '3' });
    await at.page.$eval(TAG, (element) => {
      element.addEventListener('gram-epoch', () => void element.stop());
    });
    await press(at.page, ENGLISH.dataCamera);
    for (const name of ['cup', 'hand']) {
      const field = await seen(at.page, '>>> #label');
      await field.evaluate((input) => {
        if (input instanceof HTMLInputElement) input.value = '';
      });
      await field.type(name);
      await press(at.page, ENGLISH.cameraTake);
      await seen(at.page, `>>> li ::-p-text(${name}: 1)`);
    }
    expect(await problemsInBothLooks(at.page), 'camera').toEqual([]);
    await press(at.page, ENGLISH.cameraUse);
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-fine-tune')?.classes.join() === 'cup,hand', {}, TAG);
    await press(at.page, ENGLISH.start);
    await at.until(TAG, 'state', 'paused');
    await at.page.reload();
    await at.page.waitForFunction(() => customElements.get('gram-fine-tune') !== undefined);
    await at.put(TAG, { name: 'camera' });
    await seen(at.page, '>>> .resting');
    await press(at.page, 'Continue from epoch 1');
    await at.until(TAG, 'state', 'finished');
    expect(await at.page.$eval(TAG, ({ classes, history }) => [classes.join(), history.length])).toEqual(['cup,hand', 3]);
    expect(at.problems).toEqual([]);
  });

  it('leaves out a file that vanishes after it was chosen, and says which', async () => {
    const paths = Object.entries(EMOJI)
      .filter(([path]) => /^(?:face|plant)\/google/.test(path))
      .map(([path, bytes]) => ({ breed: path.split('/')[0] ?? '', path: join(folder, path.split('/').at(-1) ?? ''), bytes }));
    const given = ['face', 'plant'].flatMap((breed) => paths.filter((each) => each.breed === breed).slice(0, 3));
    for (const { path, bytes } of given) writeFileSync(path, bytes);
    const table = join(folder, 'labels.csv');
    writeFileSync(table, ['id,breed', ...given.map(({ path, breed }) => `${idOf(path)},${breed}`)].join('\n'));
    await at.put(TAG, { ...SETTINGS, name: 'vanishing', epochs: '1', 'validation-share': '0' });
    const [chooser] = await Promise.all([at.page.waitForFileChooser(), press(at.page, ENGLISH.dataFiles)]);
    await chooser.accept([table, ...given.map(({ path }) => path)]);
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-fine-tune')?.classes.length === 2, {}, TAG);
    const gone = given[1]?.path ?? '';
    rmSync(gone);
    await press(at.page, ENGLISH.start);
    await at.until(TAG, 'state', 'finished');
    expect(await at.page.$eval(TAG, ({ judgements }) => judgements.length)).toBe(given.length - 1);
    const notice = await at.page.$eval('>>> .data details.notice', ({ textContent }) => textContent);
    expect(notice).toContain('1 pictures could not be read');
    expect(notice).toContain(`${basename(gone)} is no longer there`);
  });

  it.each(REFUSED)('refuses $what', async ({ files, words }) => {
    await at.put(TAG, SETTINGS);
    await give(at.page, files);
    expect(await at.page.$eval('>>> gram-failure >>> .failure', ({ textContent }) => textContent.replace(/\s+/g, ' '))).toContain(words);
  });

  it('reads a table with byte order mark, CRLF and quotes, and tells of ids without pictures, of pictures without labels and of ids twice', async () => {
    await at.put(TAG, SETTINGS);
    await give(at.page, {});
    expect(await problemsInBothLooks(at.page), 'failed').toEqual([]);
    const table = '\uFEFF"id","breed"\r\n"1","pug, small"\r\n2,"the ""great"" dane"\r\n2,"the ""great"" dane"\r\n3,pug\r\n';
    await give(at.page, { 'labels.csv': strToU8(table), '1.jpg': strToU8('x'), '2.jpg': strToU8('x'), '4.jpg': strToU8('x') });
    expect(await at.page.$('>>> gram-failure')).toBeNull();
    expect(await at.page.$eval(TAG, ({ classes }) => classes)).toEqual(['pug, small', 'the "great" dane']);
    const notices = await at.page.$eval('>>> .data details.notice', ({ textContent }) => textContent.replace(/\s+/g, ' '));
    for (const words of ['1 labels have no picture: 3', '1 pictures have no label and are left out: 4.jpg', '1 ids appear more than once'])
      expect(notices).toContain(words);
    expect(await problemsInBothLooks(at.page), 'notices').toEqual([]);
  });
});
