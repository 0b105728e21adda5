/** The features of many pictures within a memory budget: bytes in memory and on disk, and the most the process ever used. */
import { randomFillSync } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderRecords } from '../../src/cli/folder-records.js';
import { Philox } from '../../src/engine/random.js';
import { shuffled } from '../../src/tasks/datasets/split.js';
import { FeatureCache, type FeatureStore } from '../../src/tasks/fine-tuning/feature-cache.js';
import { FINE_TUNE_PRESETS } from '../../src/tasks/fine-tuning/settings.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { emojiBackbone } from '../emoji/emoji-set.js';

const BYTES_PER_MB = 1024 ** 2;

/** What is kept, and where. */
export interface MemoryOptions {
  readonly size: number;
  readonly pictures: number;
  readonly budgetMb: number;
  /** Folder for what exceeds the budget. */
  readonly folder: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const megabytes = (bytes: number): string => `${(bytes / BYTES_PER_MB).toFixed(0)} MiB`;

/** Keeps records of the size that a real net gives, then reads them all in a shuffled order, batch by batch, as an epoch does. */
export async function featureMemory({ size, pictures, budgetMb, folder }: MemoryOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const { batchSize, trainLast, features } = FINE_TUNE_PRESETS.default;
  const net = await emojiBackbone();
  const { crossing } = splitLayers(mobileNetLayers(net, { height: size, width: size, classes: 120 }), trainLast);
  const lengths = crossing.map(({ height, width, channels }) => height * width * channels);
  const peak = (): number => process.resourceUsage().maxRSS * 1_024;
  const startBytes = peak();
  const records = new FolderRecords(folder, { suffix: '.features', durable: false });
  await records.clear();
  const store: FeatureStore = {
    write: (key, bytes) => records.save(String(key), bytes),
    read: async (key) => new Uint8Array((await records.load(String(key))) ?? []),
    clear: () => records.clear(),
  };
  const cache = new FeatureCache(lengths, features, budgetMb * BYTES_PER_MB, store);
  const started = performance.now();
  for (let key = 0; key < pictures; key++) {
    const record = new Uint8Array(cache.recordBytes);
    // Noise, so that no page of memory is shared or compressed; the first bytes tell the record from others.
    randomFillSync(record);
    new DataView(record.buffer).setUint32(0, key, true);
    await cache.add(key, record);
  }
  const keptMs = performance.now() - started;
  const keptPeakBytes = peak();
  const names = await readdir(folder).catch(() => []);
  const diskBytes = (await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))).reduce((sum, bytes) => sum + bytes, 0);

  const order = shuffled([...Array(pictures).keys()], new Philox(1));
  const epochStarted = performance.now();
  let wrong = 0;
  for (let at = 0; at < pictures; at += batchSize) {
    const keys = order.slice(at, at + batchSize);
    const [first] = await cache.gather(keys);
    keys.forEach((key, position) => {
      const offset = (first?.byteOffset ?? 0) + position * (lengths[0] ?? 0) * 2;
      if (new DataView(first?.buffer ?? new ArrayBuffer(4)).getUint32(offset, true) !== key) wrong++;
    });
  }
  const epochMs = performance.now() - epochStarted;
  const result = {
    ...{ node: process.version, size, pictures, budgetMb, trainLast, features, recordBytes: cache.recordBytes },
    ...{ memoryBytes: cache.memoryBytes, onDisk: cache.storedCount, diskBytes, startBytes, keptPeakBytes, peakBytes: peak() },
    ...{ keptMs, epochMs, wrong },
  };
  print(`${String(pictures)} pictures of ${String(size)}², ${String(cache.recordBytes)} bytes each, budget ${String(budgetMb)} MiB`);
  print(`in memory ${megabytes(cache.memoryBytes)}; on disk ${String(cache.storedCount)} records, ${megabytes(diskBytes)}`);
  print(`resident, at most: ${megabytes(startBytes)} before, ${megabytes(keptPeakBytes)} when all were kept, ${megabytes(result.peakBytes)} after an epoch`);
  print(`kept in ${(keptMs / 1_000).toFixed(1)} s; an epoch reads them in ${(epochMs / 1_000).toFixed(1)} s; ${String(wrong)} wrong`);
  await cache.clear();
  await records.removeFolder();
  return { isGood: wrong === 0 && cache.memoryBytes <= budgetMb * BYTES_PER_MB && cache.memoryBytes + diskBytes === pictures * cache.recordBytes, result };
}
