import { filesOfList, picturesOf, type DataFile } from '../labelled/data-files.js';
import { loadExamples } from '../nets/load-mobilenet.js';
import { fetchPicture, nameOfUrl } from '../pictures/open-picture.js';

/** Example pictures of each category. */
const EXAMPLES_PER_CLASS = 2;
/** The vendor whose drawings the embedded classifier has not seen. */
const UNSEEN = 'twitter-';

/** The drawings that come along, without those that the embedded classifier has learned from. */
export async function unseenDrawings(watch: {
  readonly signal: AbortSignal;
  readonly onBytes: (done: number, total: number) => void;
}): Promise<readonly DataFile[]> {
  const { files } = await filesOfList([new File([await loadExamples(watch)], 'examples.zip')]);
  return picturesOf(files).filter(({ path }) => path.includes(UNSEEN));
}

/** A few files of each folder. */
export function someOfEach(files: readonly DataFile[]): DataFile[] {
  const taken = new Map<string, number>();
  return files.filter(({ path }) => {
    const folder = path.split('/').at(-2) ?? '';
    const count = taken.get(folder) ?? 0;
    taken.set(folder, count + 1);
    return count < EXAMPLES_PER_CLASS;
  });
}

/** A picture at an address, fetched when its turn comes. */
export function fileAt(url: string, signal: AbortSignal): DataFile {
  let blob: Promise<Blob> | undefined;
  return {
    path: nameOfUrl(url),
    read: () => (blob ??= fetchPicture(url, signal).then((picture) => picture.blob)),
  };
}
