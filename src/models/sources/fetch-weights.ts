/** Fetching weights into a store: with progress, going on after a break, checked before they count, cancellable. */
import { GramaryeError } from '../../engine/errors.js';
import type { ByteSource } from '../byte-source.js';
import { SafetensorsFile } from '../safetensors.js';
import { writeSafetensors, type OutputTensor } from '../safetensors-write.js';
import { findVggTensors } from '../vgg19-from-tensors.js';
import { checksumOf, type Checksum } from './checksum.js';
import { sourceFromUrl } from './http-source.js';
import { streamBytes, type HttpOptions } from './http.js';
import type { WeightsSource } from './registry.js';
import type { PartialFile, StoredRecord, WeightsStore } from './store.js';

/** How far a transfer is. */
export interface TransferProgress {
  readonly stage: 'fetch' | 'check';
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

/** Patience, cancellation and progress of a fetch. */
export interface FetchOptions extends HttpOptions {
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Fetches again what is there already. */
  readonly force?: boolean | undefined;
}

/**
 * Fetches a source into the store unless it is there.
 *
 * @throws GramaryeError `fetch-failed` naming the URL, `bad-weights` when the checksum does not fit, `aborted`,
 * `write-failed`. After a break or a cancellation what has arrived is kept and the next call goes on from there.
 */
export async function fetchWeights(source: WeightsSource, store: WeightsStore, options: FetchOptions = {}): Promise<StoredRecord> {
  const known = options.force === true ? undefined : await store.find(source.name);
  if (known !== undefined) return known;
  const file = await store.begin(source.name);
  try {
    const checksum = source.take === 'file' ? await fetchFile(source, file, options) : await fetchConvolutions(source, file, options);
    const record: StoredRecord = {
      name: source.name,
      fileName: source.fileName,
      sizeBytes: file.sizeBytes,
      checksum,
      origin: source.url,
      licence: source.licence,
      preprocess: source.preprocess,
      storedAt: new Date().toISOString(),
    };
    await file.commit(record);
    return record;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function fetchFile(source: WeightsSource, file: PartialFile, options: FetchOptions): Promise<Checksum> {
  const resumed = file.sizeBytes > 0;
  await transfer(source, file, options);
  const got = await check(source, file, options);
  if (source.checksum === undefined || got.hex === source.checksum.hex) return got;
  await file.restart(undefined);
  // Old bytes from before the break may be the fault; once, the whole is fetched anew.
  if (resumed) return fetchFile(source, file, options);
  throw new GramaryeError('bad-weights', `${source.url}: the ${got.algorithm} checksum of what was fetched is ${got.hex}; wanted ${source.checksum.hex}.`, {
    remedy: 'The transfer was damaged or the file replaced; nothing was kept. Try again later.',
  });
}

async function transfer(source: WeightsSource, file: PartialFile, options: FetchOptions): Promise<void> {
  const { url, sizeBytes: published } = source;
  const start = published !== undefined && file.sizeBytes > published ? 0 : file.sizeBytes;
  if (start !== file.sizeBytes) await file.restart(undefined);
  let totalBytes: number | undefined = published;
  let restartWith: { validator: string | undefined } | undefined;
  /** Ends a transfer that goes on from bytes of another version of the file. */
  class OtherVersion extends Error {}
  const stream = (from: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> =>
    streamBytes(url, from, undefined, options, (head) => {
      if (published !== undefined && head.totalBytes !== undefined && head.totalBytes !== published) {
        throw new GramaryeError('fetch-failed', `${url} has ${String(head.totalBytes)} bytes; the published file has ${String(published)}.`, {
          remedy: 'The file was replaced; get the weights another way and import them.',
        });
      }
      totalBytes ??= head.totalBytes;
      if (from > 0 && file.validator !== undefined && head.validator !== undefined && head.validator !== file.validator) throw new OtherVersion();
      if (file.sizeBytes === 0) restartWith = { validator: head.validator };
    });
  const receive = async (from: number): Promise<void> => {
    for await (const piece of stream(from)) {
      if (restartWith !== undefined) {
        await file.restart(restartWith.validator);
        restartWith = undefined;
      }
      await file.append(piece);
      options.onProgress?.({ stage: 'fetch', doneBytes: file.sizeBytes, totalBytes });
    }
  };
  if (published !== undefined && file.sizeBytes === published) return;
  try {
    await receive(file.sizeBytes);
  } catch (error) {
    if (!(error instanceof OtherVersion)) throw error;
    await file.restart(undefined);
    await receive(0);
  }
}

async function check(source: WeightsSource, file: PartialFile, options: FetchOptions): Promise<Checksum> {
  let doneBytes = 0;
  const onBytes = (count: number): void => {
    doneBytes += count;
    options.onProgress?.({ stage: 'check', doneBytes, totalBytes: file.sizeBytes });
  };
  return checksumOf(await file.source(), source.checksum?.algorithm ?? 'sha256', { signal: options.signal, onBytes });
}

/** Reads the convolutions out of a large safetensors file and keeps them, as they are, as a small one. */
async function fetchConvolutions(source: WeightsSource, file: PartialFile, options: FetchOptions): Promise<Checksum> {
  const bytes = await takeConvolutions(sourceFromUrl(source.url, options), source.preprocess, options);
  await file.restart(undefined);
  await file.append(bytes);
  return check(source, file, options);
}

/** The convolutions of VGG19 in a safetensors file as a safetensors file in F32 with the same tensor names. */
export async function takeConvolutions(source: ByteSource, preprocess: string, options: FetchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  let doneBytes = 0;
  const total: { bytes: number | undefined } = { bytes: undefined };
  const read = {
    signal: options.signal,
    onBytes: (count: number): void => {
      doneBytes += count;
      options.onProgress?.({ stage: 'fetch', doneBytes, totalBytes: total.bytes });
    },
  };
  const opened = await SafetensorsFile.open(source, read);
  const names = findVggTensors(source.name, opened.names).flatMap(({ weight, bias }) => [weight, bias]);
  total.bytes = doneBytes + names.reduce((sum, name) => sum + (opened.entries.get(name)?.end ?? 0) - (opened.entries.get(name)?.start ?? 0), 0);
  const tensors = await opened.readTensors(names, read);
  const output: Record<string, OutputTensor> = {};
  for (const [name, { shape, values }] of tensors) output[name] = { shape, dtype: 'F32', values };
  return writeSafetensors(output, { preprocess });
}

/** What a check of a stored file found. */
export interface Verification {
  readonly record: StoredRecord;
  readonly isGood: boolean;
  /** What is wrong with it; empty where nothing is. */
  readonly problem: string;
}

/** Computes a stored file's checksum again and compares it with the one that was kept. */
export async function verifyWeights(store: WeightsStore, record: StoredRecord, options: FetchOptions = {}): Promise<Verification> {
  const source = await store.open(record.name);
  if (source === undefined) return { record, isGood: false, problem: 'its file is missing' };
  const size = await source.size();
  if (size !== record.sizeBytes) return { record, isGood: false, problem: `it has ${String(size)} bytes; ${String(record.sizeBytes)} were stored` };
  let doneBytes = 0;
  const got = await checksumOf(source, record.checksum.algorithm, {
    signal: options.signal,
    onBytes: (count) => {
      doneBytes += count;
      options.onProgress?.({ stage: 'check', doneBytes, totalBytes: size });
    },
  });
  return got.hex === record.checksum.hex
    ? { record, isGood: true, problem: '' }
    : { record, isGood: false, problem: `its ${got.algorithm} checksum is ${got.hex}; ${record.checksum.hex} was stored` };
}
