/** gram-classifier in a real browser, by mouse and keyboard, at a small size so that a rasteriser keeps up. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { allowDownloads } from '../support/drive.js';
import { problemsInBothLooks } from '../support/both-looks.js';
import { seen, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-classifier';
const EMOJI = unzipSync(readFileSync(resolve(import.meta.dirname, '../../assets/models/emoji/emoji.zip')));
const CLASSES = ['bird', 'building', 'clothing', 'face', 'fruit-or-vegetable', 'mammal', 'meal', 'plant', 'sea-animal', 'vehicle'];

/** A file to drop: its name and its bytes. */
interface Dropped {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function drawings(category: string, count: number): Dropped[] {
  return Object.entries(EMOJI)
    .filter(([path]) => path.startsWith(`${category}/google`))
    .slice(0, count)
    .map(([path, bytes]) => ({ name: path.split('/').at(-1) ?? '', bytes }));
}

let ui: UiBrowser;
let at: UiPage;
let folder: string;
beforeAll(async () => {
  ui = await startUi();
  folder = mkdtempSync(join(tmpdir(), 'gramarye-classifier-'));
  at = await ui.open();
  await allowDownloads(at.page, folder);
  await at.put(TAG, { size: '64' });
}, 240_000);
afterAll(async () => {
  await ui.stop();
  rmSync(folder, { recursive: true });
});

async function drop(files: readonly Dropped[]): Promise<void> {
  await at.page.$eval(
    TAG,
    (element, given) => {
      const transfer = new DataTransfer();
      for (const { name, text } of given) transfer.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name));
      // What was dropped is read first: until the work begins the element rests as before.
      const begun = new Promise<void>((resolve) => {
        element.addEventListener('gram-state-changed', () => {
          resolve();
        });
      });
      for (const event of ['dragover', 'drop'])
        element.dispatchEvent(new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }));
      return begun;
    },
    files.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString('base64') })),
  );
  await rests();
}

/** Waits until the work that was just begun is over. */
async function rests(): Promise<void> {
  await at.page.waitForFunction((tag) => ['finished', 'failed'].includes(document.querySelector(tag)?.getAttribute('state') ?? ''), {}, TAG);
}

async function downloaded(name: string): Promise<string> {
  for (let tries = 0; tries < 100 && !readdirSync(folder).includes(name); tries++) await new Promise((done) => setTimeout(done, 100));
  return readFileSync(join(folder, name), 'utf8');
}

describe('gram-classifier', () => {
  it('shows dropped pictures with their guesses and lists what is no picture', async () => {
    expect(await problemsInBothLooks(at.page), 'idle').toEqual([]);
    await drop([...drawings('building', 2), { name: 'broken.png', bytes: strToU8('no picture') }]);
    const results = await at.page.$eval(TAG, (element) => element.results.map(({ file, predictions, problem }) => ({ name: file.path, predictions, problem })));
    expect(results.map(({ problem }) => problem === '')).toEqual([true, true, false]);
    expect(results[2]?.problem).toContain('broken.png');
    for (const { predictions } of results.slice(0, 2)) {
      expect(predictions.length).toBe(5);
      expect(predictions.every(({ name, index }) => CLASSES[index] === name)).toBe(true);
      const shares = predictions.map(({ probability }) => probability);
      expect(shares).toEqual([...shares].sort((a, b) => b - a));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
    }
    const cards = await at.page.$$eval('>>> .cards .card', (all) => all.map((card) => card.querySelector('.guesses li .name')?.textContent));
    expect(cards).toEqual(results.slice(0, 2).map(({ predictions }) => predictions[0]?.name));
    expect(await at.page.$eval('>>> details.notice', (notice) => notice.textContent)).toContain('broken.png');
    expect(await problemsInBothLooks(at.page), 'pictures').toEqual([]);
    await at.page.locator(`>>> button[aria-label="${ENGLISH.downloadJson}"]`).click();
    const saved = JSON.parse(await downloaded('classification.json')) as { pictures: { name: string; problem?: string }[]; settings: { size: number } };
    expect(saved.pictures.map(({ problem }) => problem === undefined)).toEqual([true, true, false]);
    expect(saved.settings.size).toBe(64);
  });

  it('judges folders of class numbers; figures equal what single pictures get, and a cell opens by keyboard', async () => {
    await at.page.$eval(TAG, (element) => {
      element.clear();
    });
    const given = ['building', 'bird', 'vehicle'].flatMap((category) => drawings(category, 3).map((file) => ({ ...file, category })));
    await drop(given);
    const alone = await at.page.$eval(TAG, (element) => element.results.map(({ predictions }) => predictions.map(({ name }) => name)));
    const right = given.filter(({ category }, index) => alone[index]?.[0] === category).length;
    const within = given.filter(({ category }, index) => alone[index]?.includes(category)).length;
    // By keyboard: the radio button of the other mode.
    await at.page.focus('>>> input[type=radio]:checked');
    await at.page.keyboard.press('ArrowRight');
    expect(await at.page.$eval(TAG, ({ mode }) => mode)).toBe('evaluate');
    const zip = zipSync({
      ...Object.fromEntries(given.map(({ category, name, bytes }) => [`set/${String(CLASSES.indexOf(category))}/${name}`, bytes])),
      'set/10/beyond.png': given[0]?.bytes ?? new Uint8Array(),
      'set/1/broken.png': strToU8('no picture'),
    });
    await drop([{ name: 'set.zip', bytes: zip }]);
    const evaluation = await at.page.$eval(TAG, (element) => element.evaluation);
    expect(evaluation?.count).toBe(9);
    expect([evaluation?.top1.hits, evaluation?.top5.hits]).toEqual([right, within]);
    expect(evaluation?.perClass.map(({ classNumber, count }) => [classNumber, count])).toEqual([
      [0, 3],
      [1, 3],
      [9, 3],
    ]);
    expect(evaluation?.skippedCount).toBe(1);
    expect(evaluation?.notices.join()).toContain('10');
    expect(await problemsInBothLooks(at.page), 'report').toEqual([]);

    await at.page.focus('>>> td button[tabindex="0"]');
    await at.page.keyboard.press('ArrowDown');
    const label = await at.page.evaluate(() => {
      let active = document.activeElement;
      while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
      return active?.getAttribute('data-cell') ?? '';
    });
    expect(label).toMatch(/^1 /);
    await at.page.keyboard.press('Enter');
    const count = evaluation?.confusion.find(({ classNumber, predicted }) => `${String(classNumber)} ${String(predicted)}` === label)?.count;
    expect((await at.page.$$('>>> .opened .card')).length).toBe(count);
    expect(await problemsInBothLooks(at.page), 'opened').toEqual([]);
    await at.page.locator(`>>> button[aria-label="${ENGLISH.downloadCsv}"]`).click();
    expect((await downloaded('evaluation.csv')).split('\n')[0]).toBe('class,name,count,top1,top5,top1_share,top5_share');
    expect(at.problems).toEqual([]);
  });

  it('classifies what the camera shows, and keeps a picture of it', async () => {
    await at.put(TAG, { size: '64' });
    await at.page.locator(`>>> button ::-p-text(${ENGLISH.useCamera})`).click();
    await seen(at.page, '>>> .live .guesses li');
    expect(await problemsInBothLooks(at.page), 'camera').toEqual([]);
    await at.page.locator(`>>> button ::-p-text(${ENGLISH.keepFrame})`).click();
    await seen(at.page, '>>> .cards .card');
    await at.page.locator(`>>> button ::-p-text(${ENGLISH.closeCamera})`).click();
    await at.page.waitForFunction((tag) => document.querySelector(tag)?.shadowRoot?.querySelector('.live .guesses') === null, {}, TAG);
    const [kept] = await at.page.$eval(TAG, ({ results }) => results.map(({ predictions }) => predictions.length));
    expect(kept).toBe(5);
    expect(at.problems).toEqual([]);
  });

  it('says what is wrong with a model, and goes on with the one that comes along', async () => {
    await at.put(TAG, { size: '64', net: 'http://127.0.0.1:9/model.json' });
    await drop(drawings('face', 1));
    const words = await at.page.$eval('>>> gram-failure >>> .failure', (failure) => failure.textContent.replace(/\s+/g, ' '));
    expect(words).toContain(ENGLISH.failModelFetch);
    expect(await problemsInBothLooks(at.page), 'failed').toEqual([]);
    await at.page.$eval(TAG, (element) => {
      element.net = 'mobilenet-v2-oid';
    });
    await at.page.locator(`>>> gram-failure >>> button ::-p-text(${ENGLISH.tryAgain})`).click();
    await at.until(TAG, 'state', 'finished');
    expect(await at.page.$eval(TAG, ({ results }) => results.length)).toBe(1);
  });

  it('leaves out a file that vanishes after it was chosen, and says which', async () => {
    await at.put(TAG, { size: '64' });
    const chosen = drawings('meal', 3).map(({ name, bytes }) => ({ path: join(folder, name), bytes }));
    for (const { path, bytes } of chosen) writeFileSync(path, bytes);
    const input = await at.page.evaluateHandle(() => {
      const field = document.createElement('input');
      Object.assign(field, { type: 'file', multiple: true });
      return field;
    });
    await input.uploadFile(...chosen.map(({ path }) => path));
    rmSync(chosen[1]?.path ?? '');
    const problems = await at.page.evaluate(
      async (tag, field) => {
        const element = document.querySelector(tag as 'gram-classifier');
        await element?.classify([...(field.files ?? [])]);
        return element?.results.map(({ problem }) => problem);
      },
      TAG,
      input,
    );
    expect(problems?.map((problem) => problem.includes('is no longer there'))).toEqual([false, true, false]);
  });

  it.each([
    { what: 'no pictures', mode: 'classify', name: 'notes.txt', bytes: strToU8('nothing'), words: 'no pictures' },
    { what: 'a zip bomb', mode: 'classify', name: 'set.zip', bytes: zipSync({ 'a/1.png': new Uint8Array(4_000_000) }), words: 'would expand' },
    { what: 'a broken archive', mode: 'evaluate', name: 'set.zip', bytes: strToU8('PK no zip'), words: 'no readable zip' },
    {
      what: 'folders that are no classes',
      mode: 'evaluate',
      name: 'set.zip',
      bytes: zipSync({ 'holiday/1.png': new Uint8Array(9) }),
      words: 'named by class numbers',
    },
  ])('refuses $what', async ({ mode, name, bytes, words }) => {
    await at.put(TAG, { size: '64', mode });
    await drop([{ name, bytes }]);
    expect(await at.page.$eval('>>> gram-failure >>> .failure', ({ textContent }) => textContent.replace(/\s+/g, ' '))).toContain(words);
  });
});
