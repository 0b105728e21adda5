/** What several jobs of the page need. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import type { PictureFile } from '../../tasks/datasets/dataset.js';
import { filesFromZip } from '../../tasks/datasets/zip.js';
import { fetchFile } from './http-source.js';
import type { AdapterReport, PictureSetReference, RunnerEvent } from './protocol.js';

/** Events in between are dropped: more than this a terminal cannot show. */
const EVENT_INTERVAL_MS = 100;

/** The adapter that does the work. */
export function adapterReport({ traits }: Engine): AdapterReport {
  const { vendor, architecture, device, description, isSoftware } = traits;
  return { vendor, architecture, device, description, isSoftware };
}

/** Hands a result over to Node. Throws `write-failed`. */
export async function upload(url: string, body: Blob | Uint8Array<ArrayBuffer> | string): Promise<void> {
  const response = await fetch(url, { method: 'POST', body });
  if (!response.ok) throw new GramaryeError('write-failed', `A result could not be handed over: status ${String(response.status)}.`);
}

/** The files of a set, archives opened; nothing is read before it is wanted. */
export async function filesOf({ files, archives, only }: PictureSetReference): Promise<PictureFile[]> {
  const loose = files.map((file): PictureFile => ({ path: file.name, read: () => fetchFile(file) }));
  const packed = await Promise.all(archives.map(async (archive) => filesFromZip(archive.name, await fetchFile(archive))));
  const all = [...loose, ...packed.flat()];
  return only === undefined ? all : all.filter(({ path }) => (path.split('/').at(-1) ?? '').startsWith(only));
}

/** Tells of progress, but not too often; the last of a phase always. */
export function phaseReporter(emit: (event: RunnerEvent) => void): (text: string, done: number, total: number) => void {
  let shownMs = -Infinity;
  return (text, done, total) => {
    if (performance.now() - shownMs < EVENT_INTERVAL_MS && done < total) return;
    shownMs = performance.now();
    emit({ kind: 'phase', text, done, total });
  };
}
