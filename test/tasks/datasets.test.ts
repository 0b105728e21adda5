import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { datasetFromFolders, type PictureFile } from '../../src/tasks/datasets/dataset.js';
import { datasetFromLabels } from '../../src/tasks/datasets/labels-csv.js';
import { splitExamples } from '../../src/tasks/datasets/split.js';
import { filesFromZip } from '../../src/tasks/datasets/zip.js';

function files(...paths: string[]): PictureFile[] {
  return paths.map((path) => ({ path, read: () => Promise.resolve(new Blob([path])) }));
}

describe('folders', () => {
  it('takes each subfolder as a class, in the order of numbers, below whatever lies around them', () => {
    const { classes, examples, notices } = datasetFromFolders(files('set/10/a.png', 'set/2/b.JPG', 'set/2/c.webp', 'set/readme.txt', 'set/.git/x.png'));
    expect(classes).toEqual(['2', '10']);
    expect(examples.map(({ id, label }) => [id, label])).toEqual([
      ['b', 0],
      ['c', 0],
      ['a', 1],
    ]);
    expect(notices.join()).toContain('2 files are no pictures');
  });
  it('refuses nothing and a single class', () => {
    expect(() => datasetFromFolders([])).toThrow(/No labelled pictures/);
    expect(() => datasetFromFolders(files('a/1.png', 'a/2.png'))).toThrow(/one class/);
  });
});

describe('labels.csv', () => {
  const pictures = files('train/1.jpg', 'train/2.jpg', 'train/3.jpg', 'train/9.jpg');
  it('understands quotes, a byte order mark and CRLF, and numbers classes as asked', () => {
    const text = '\uFEFFid,breed\r\n1,"terrier, wire ""fox"""\r\n2,akita\r\n3,akita\r\n7,pug\r\n3,akita\r\n';
    const first = datasetFromLabels('labels.csv', text, pictures, 'first-appearance');
    expect(first.classes).toEqual(['terrier, wire "fox"', 'akita']);
    expect(datasetFromLabels('labels.csv', text, pictures, 'alphabetical').classes).toEqual(['akita', 'terrier, wire "fox"']);
    expect(first.examples.map(({ id, label }) => [id, label])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 1],
    ]);
    expect(first.notices.join(' ')).toMatch(/1 ids appear more than once.*1 labels have no picture: 7.*1 pictures have no label.*train\/9\.jpg/);
  });
  it('takes the first of two pictures of one id and names the other', () => {
    const { examples, notices } = datasetFromLabels('labels.csv', 'id,breed\n1,a\n2,b\n', files('x/1.jpg', 'x/2.jpg', 'y/1.png'), 'alphabetical');
    expect(examples.map(({ file }) => file.path)).toEqual(['x/1.jpg', 'x/2.jpg']);
    expect(notices).toEqual(['1 pictures have the id of another one and are left out: y/1.png.']);
  });
  it('names what is wrong', () => {
    expect(() => datasetFromLabels('labels.csv', 'id,breed\n1,a\n1,b\n', pictures, 'alphabetical')).toThrow(/"1" two labels/);
    expect(() => datasetFromLabels('labels.csv', 'id,breed\n1,\n', pictures, 'alphabetical')).toThrow(/row 2 has no label/);
    expect(() => datasetFromLabels('labels.csv', 'id,breed\n1,"a\n', pictures, 'alphabetical')).toThrow(/quote/i);
    expect(() => datasetFromLabels('labels.csv', '', pictures, 'alphabetical')).toThrow(/empty/);
  });
});

describe('zip', () => {
  const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, i) => (i * 7919) % 251);
  it('reads packed and stored entries', async () => {
    const archive = new Blob([Uint8Array.from(zipSync({ 'a/1.png': bytes(5_000), 'b/2.png': [bytes(300), { level: 0 }] }))]);
    const found = await filesFromZip('set.zip', archive);
    expect(found.map(({ path }) => path)).toEqual(['a/1.png', 'b/2.png']);
    for (const [index, length] of [5_000, 300].entries()) {
      const blob = await found[index]?.read();
      expect(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes(length));
    }
  });
  it('refuses bombs, lies and other files', async () => {
    const bomb = new Blob([Uint8Array.from(zipSync({ 'a/1.png': new Uint8Array(8 * 1024 * 1024) }))]);
    await expect(filesFromZip('bomb.zip', bomb)).rejects.toThrow(/would expand/);
    const lying = Uint8Array.from(zipSync({ 'a/1.png': new Uint8Array(500_000) }));
    const view = new DataView(lying.buffer);
    // The directory's uncompressed size of the only entry.
    for (let at = 0; at < lying.length - 4; at++) if (view.getUint32(at, true) === 0x0201_4b50) view.setUint32(at + 24, 10, true);
    const [entry] = await filesFromZip('lying.zip', new Blob([lying]));
    await expect(entry?.read()).rejects.toThrow(/more than its directory says/);
    await expect(filesFromZip('x.zip', new Blob(['no zip at all, but long enough to look at']))).rejects.toThrow(/no readable zip/);
    await expect(filesFromZip('cut.zip', new Blob([lying.slice(0, lying.length - 30)]))).rejects.toThrow(/no readable zip/);
  });
  it('survives any damage with a coded error or the same files', async () => {
    const good = Uint8Array.from(zipSync({ 'a/1.png': bytes(2_000), 'b/2.png': bytes(900) }));
    for (let trial = 0; trial < 500; trial++) {
      const damaged = good.slice();
      for (let change = 0; change < 3; change++) damaged[Math.floor(Math.random() * damaged.length)] = Math.floor(Math.random() * 256);
      try {
        for (const file of await filesFromZip('damaged.zip', new Blob([damaged]))) await file.read();
      } catch (error) {
        expect(error).toHaveProperty('code', 'bad-option');
      }
    }
  });
});

describe('split', () => {
  const labels = Array.from({ length: 100 }, (_, index) => (index % 10 === 0 ? 1 : 0));
  it('keeps the share of every class, by seed', () => {
    const { training, validation } = splitExamples(labels, { kind: 'stratified', share: 0.2, seed: 1 });
    expect([...training, ...validation].sort((a, b) => a - b)).toEqual(labels.map((_, index) => index));
    expect(validation.filter((index) => labels[index] === 1).length).toBe(2);
    expect(splitExamples(labels, { kind: 'stratified', share: 0.2, seed: 1 }).validation).toEqual(validation);
    expect(splitExamples(labels, { kind: 'stratified', share: 0.2, seed: 2 }).validation).not.toEqual(validation);
  });
  it('takes the end of the list as Keras does', () => {
    expect(splitExamples(labels.slice(0, 10), { kind: 'last', share: 0.25, seed: 0 })).toEqual({ training: [0, 1, 2, 3, 4, 5, 6], validation: [7, 8, 9] });
  });
});
