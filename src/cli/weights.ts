/** `gramarye weights`: which weights there are, where they come from, and those that are kept on this machine. */
import { SingleBar, Presets } from 'cli-progress';
import { Option, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { GramaryeError, messageOf } from '../engine/errors.js';
import type { ByteSource, ReadOptions } from '../models/byte-source.js';
import { convertWeights, netOf } from '../models/convert.js';
import { loadVgg } from '../models/load.js';
import { loadMobileNet } from '../models/mobilenet/load.js';
import type { PreprocessName } from '../models/preprocess.js';
import { checksumOf } from '../models/sources/checksum.js';
import { EMBEDDED_NETS } from '../models/sources/embedded.js';
import { fetchWeights, verifyWeights, type TransferProgress } from '../models/sources/fetch-weights.js';
import { WEIGHTS_SOURCES, sourceNamed, type WeightsSource } from '../models/sources/registry.js';
import { isStoreName } from '../models/sources/store.js';
import { diskSource } from './disk-source.js';
import { locateNet } from './locate-net.js';
import { FolderStore } from './weights-store.js';

/** What the command works with; tests give their own. */
export interface WeightsSetting {
  readonly store?: FolderStore;
  readonly sources?: readonly WeightsSource[];
  readonly signal?: AbortSignal;
  /** A line of the result, to standard output. */
  readonly print?: (line: string) => void;
  /** A remark, to standard error. */
  readonly remark?: (line: string) => void;
  /** Pauses between attempts, shorter in tests. */
  readonly retryDelayMs?: number;
  readonly stallMs?: number;
}

/** Bytes as a person reads them. */
export function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Adds the command `weights` with its own commands to the program, whose settings of errors and output they take over. */
export function addWeightsCommand(program: Command, setting: WeightsSetting = {}): Command {
  const { store = new FolderStore(), sources = WEIGHTS_SOURCES, signal } = setting;
  const print = setting.print ?? ((line: string): void => void process.stdout.write(`${line}\n`));
  const remark = setting.remark ?? ((line: string): void => void process.stderr.write(`${line}\n`));
  const http = { signal, retryDelayMs: setting.retryDelayMs, stallMs: setting.stallMs };
  const command = program.command('weights').description(`Trained weights: fetch, keep and convert them. They are kept in ${store.place}.`);

  command
    .command('list')
    .description('What can be fetched, what comes along, and what is kept.')
    .action(async () => {
      const records = await store.list();
      for (const { name, summary, licence, url, sizeBytes } of sources) {
        const record = records.find((candidate) => candidate.name === name);
        const state = record === undefined ? `not fetched${sizeBytes === undefined ? '' : `, ${sizeText(sizeBytes)}`}` : `kept, ${sizeText(record.sizeBytes)}`;
        print(`${name} (${state}; ${licence}): ${summary} ${url}`);
      }
      for (const { name, summary, licence } of EMBEDDED_NETS) print(`${name} (comes along; ${licence}): ${summary}`);
      for (const { name, sizeBytes, origin } of records.filter((record) => !sources.some((source) => source.name === record.name)))
        print(`${name} (kept, ${sizeText(sizeBytes)}): imported from ${origin}`);
    });

  command
    .command('fetch')
    .description('Fetch weights. A transfer that broke off goes on where it stopped.')
    .argument('<name>', sources.map(({ name }) => name).join(', '))
    .option('--force', 'fetch again what is kept already')
    .action(async (name: string, { force }: { force?: boolean }) => {
      const source = sourceNamed(name, sources);
      if (force !== true && (await store.find(name)) !== undefined) {
        print(`${name} is here already.`);
        return;
      }
      remark(`Fetching ${source.url} (${source.licence}; ${source.attribution})`);
      const bar = new TransferBar();
      try {
        const record = await fetchWeights(source, store, {
          ...http,
          force,
          onProgress: (progress) => {
            bar.show(progress);
          },
        });
        bar.stop();
        print(
          `${name}: ${sizeText(record.sizeBytes)}, ${record.checksum.algorithm} ${record.checksum.hex}${source.checksum === undefined ? '' : ', as published'}.`,
        );
      } finally {
        bar.stop();
      }
    });

  command
    .command('import')
    .description('Check a weight file and keep it: safetensors, Keras .h5, tfjs model.json, tflite.')
    .argument('<file>')
    .option('--name <name>', 'what to call it; default the name of the file')
    .addOption(new Option('--preprocess <kind>', 'of a VGG19 whose file does not say it').choices(['caffe', 'torch']))
    .action(async (path: string, { name = basename(path, extname(path)), preprocess }: { name?: string; preprocess?: PreprocessName }) => {
      const kept = await importWeights(store, path, name, preprocess, signal);
      print(`${name}: ${kept.net}, ${sizeText(kept.sizeBytes)}.`);
    });

  command
    .command('verify')
    .description('Compute the checksums of kept weights again and compare.')
    .argument('[name]', 'default all')
    .action(async (name?: string) => {
      const records = (await store.list()).filter((record) => name === undefined || record.name === name);
      if (name !== undefined && records.length === 0)
        throw new GramaryeError('file-missing', `No weights called ${name} are kept.`, { remedy: 'See: gramarye weights list' });
      const results = await Promise.all(records.map((record) => verifyWeights(store, record, http)));
      for (const { record, isGood, problem } of results)
        print(`${record.name}: ${isGood ? `good (${record.checksum.algorithm} ${record.checksum.hex})` : problem}`);
      const bad = results.filter(({ isGood }) => !isGood).map(({ record }) => record.name);
      if (bad.length > 0)
        throw new GramaryeError('bad-weights', `Damaged: ${bad.join(', ')}.`, { remedy: `Run: gramarye weights remove ${bad[0] ?? ''}, and fetch it again.` });
    });

  command
    .command('remove')
    .description('Remove kept weights and what there is of a broken transfer.')
    .argument('<name>')
    .action(async (name: string) => {
      if (!(await store.remove(name))) throw new GramaryeError('file-missing', `No weights called ${name} are kept.`, { remedy: 'See: gramarye weights list' });
      print(`${name} is removed.`);
    });

  command
    .command('convert')
    .description('Write weights as compact safetensors with Keras names.')
    .argument('<net>', 'a kept or embedded name, or a file')
    .argument('<out>', 'a .safetensors file')
    .addOption(new Option('--dtype <type>', 'of the values').choices(['f16', 'f32']).default('f16'))
    .addOption(new Option('--preprocess <kind>', 'of a VGG19 whose file does not say it').choices(['caffe', 'torch']))
    .option('--fold', "multiply a MobileNet's BatchNorm into its convolutions")
    .action(async (net: string, out: string, flags: { dtype: 'f16' | 'f32'; preprocess?: PreprocessName; fold?: boolean }) => {
      if (extname(out).toLowerCase() !== '.safetensors')
        throw new GramaryeError('bad-option', `${out} does not end in .safetensors.`, { remedy: 'Name a .safetensors file.' });
      const source = openNet(net, store, sources);
      const {
        bytes,
        notices,
        net: kind,
      } = await convertWeights(source, { dtype: flags.dtype === 'f16' ? 'F16' : 'F32', preprocess: flags.preprocess, fold: flags.fold, signal });
      notices.forEach(remark);
      await writeWhole(out, bytes);
      print(`${out}: ${kind}, ${sizeText(bytes.byteLength)}.`);
    });
  return command;
}

function openNet(net: string, store: FolderStore, sources: readonly WeightsSource[]): ByteSource {
  const located = existsSync(net) ? undefined : locateNet(net, store, sources);
  if (located === undefined) return diskSource(net);
  return { ...diskSource(located.path), ...(located.preprocess === undefined ? {} : { preprocess: located.preprocess }) };
}

/** Checks that a file can be used, and copies it into the store; a model.json becomes one safetensors file with its shards. */
async function importWeights(
  store: FolderStore,
  path: string,
  name: string,
  preprocess: PreprocessName | undefined,
  signal: AbortSignal | undefined,
): Promise<{ net: string; sizeBytes: number }> {
  if (!isStoreName(name))
    throw new GramaryeError('bad-option', `"${name}" is no name for weights.`, {
      remedy: 'Give one of letters, digits, dots, dashes and underscores with --name.',
    });
  const read: ReadOptions = { signal };
  const original = diskSource(path);
  const net = await netOf(original, read);
  // Reading it whole shows every fault now and not at its first use.
  if (net === 'mobilenet-v2') await loadMobileNet(original, read);
  else await loadVgg(original, { ...read, preprocess });
  const isJson = extname(path).toLowerCase() === '.json';
  const { bytes } = isJson ? await convertWeights(original, { ...read, dtype: 'F32', preprocess }) : { bytes: undefined };
  const file = await store.begin(name);
  try {
    await file.restart(undefined);
    if (bytes !== undefined) await file.append(bytes);
    else
      for (let at = 0, size = await original.size(); at < size; at += 1 << 20) await file.append(await original.read(at, Math.min(at + (1 << 20), size), read));
    const checksum = await checksumOf(await file.source(), 'sha256', read);
    const { sizeBytes } = file;
    await file.commit({
      name,
      fileName: isJson ? `${name}.safetensors` : basename(path),
      sizeBytes,
      checksum,
      origin: resolve(path),
      licence: 'not known',
      ...(preprocess === undefined ? {} : { preprocess }),
      storedAt: new Date().toISOString(),
    });
    return { net, sizeBytes };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Writes a file beside its place and moves it there. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const full = resolve(path);
  const staged = join(dirname(full), `.${basename(full)}.${String(process.pid)}.part`);
  try {
    await mkdir(dirname(full), { recursive: true });
    await writeFile(staged, bytes);
    await rename(staged, full);
  } catch (error) {
    throw new GramaryeError('write-failed', `${path} could not be written: ${messageOf(error)}.`, {
      remedy: 'Free space or choose another place.',
      cause: error,
    });
  } finally {
    await rm(staged, { force: true });
  }
}

/** A bar of bytes on standard error. */
class TransferBar {
  #bar: SingleBar | undefined;
  #stage = '';

  show({ stage, doneBytes, totalBytes }: TransferProgress): void {
    if (this.#stage !== stage) this.stop();
    this.#stage = stage;
    const total = totalBytes ?? doneBytes;
    if (this.#bar === undefined) {
      const format = stage === 'fetch' ? 'fetching {bar} {done} of {all} | {eta_formatted} left' : 'checking {bar} {done} of {all}';
      this.#bar = new SingleBar(
        { format, stream: process.stderr, noTTYOutput: true, notTTYSchedule: 10_000, hideCursor: true, etaBuffer: 50 },
        Presets.shades_classic,
      );
      this.#bar.start(total, doneBytes, { done: sizeText(doneBytes), all: sizeText(total) });
    }
    this.#bar.setTotal(total);
    this.#bar.update(doneBytes, { done: sizeText(doneBytes), all: sizeText(total) });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = '';
  }
}
