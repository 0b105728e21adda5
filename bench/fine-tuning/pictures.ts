/**
 * Real picture files through decoding, resizing, a net and the feature cache within a budget, in one process of Node: its resident memory
 * by the number of pictures. The net has MobileNetV2's last blocks at full width, so that a record has its real size, and about an eighth of the
 * width before them, so that a software adapter gets through many pictures.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { FolderRecords } from '../../src/cli/folder-records.js';
import { Philox } from '../../src/engine/random.js';
import { mobileNetUnits } from '../../src/models/mobilenet/description.js';
import type { MobileNetUnitWeights, MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { shuffled } from '../../src/tasks/datasets/split.js';
import { FeatureCache, type FeatureStore } from '../../src/tasks/fine-tuning/feature-cache.js';
import { FeatureExtractor, type ExtractionItem } from '../../src/tasks/fine-tuning/feature-extraction.js';
import { FINE_TUNE_PRESETS } from '../../src/tasks/fine-tuning/settings.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { resizeForNet } from '../../src/tasks/mobilenet/net-input.js';
import type { Picture } from '../../src/tasks/picture.js';
import { nodeEngine } from '../node-gpu.js';
import { memorySlope, slopeText, type MemorySample } from './memory-slope.js';
import { makePicturesElsewhere } from './picture-set.js';

const BYTES_PER_MB = 1024 ** 2;
const CLASSES = 120;
/** The first unit that is as wide as it should be; those before are an eighth of it. */
const FIRST_WHOLE = 'block_13_project';
const SAMPLE_EVERY = 50;
/** Pictures whose features are computed again at the end, by themselves. */
const CHECKED = 24;

/** How many pictures, and where they and what exceeds the budget lie. */
export interface PicturesOptions {
  readonly size: number;
  readonly pictures: number;
  readonly budgetMb: number;
  readonly folder: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const megabytes = (bytes: number): string => `${(bytes / BYTES_PER_MB).toFixed(0)} MiB`;

/** MobileNetV2's units with random weights, BatchNorm folded away. */
function slimNet(): MobileNetWeights {
  const random = new Philox(1);
  let isWhole = false;
  const units = mobileNetUnits(1).map((unit): MobileNetUnitWeights => {
    const slim = (channels: number): number => (channels === 3 ? 3 : 4 * Math.ceil(channels / 32));
    const inChannels = isWhole ? unit.inChannels : slim(unit.inChannels);
    isWhole ||= unit.name === FIRST_WHOLE;
    const outChannels = isWhole ? unit.outChannels : slim(unit.outChannels);
    const fanIn = unit.kernelSize ** 2 * (unit.kind === 'depthwise' ? 1 : inChannels);
    const weights = Float32Array.from({ length: fanIn * outChannels }, () => Math.sqrt(2 / fanIn) * random.nextNormal());
    return { ...unit, inChannels, outChannels, weights, bias: new Float32Array(outChannels), batchNorm: undefined };
  });
  return { name: 'slim', width: 1, units, dense: undefined, input: { scale: 2, offset: 1 } };
}

async function decoded(path: string): Promise<Picture> {
  const image = await loadImage(await readFile(path));
  const { height, width } = image;
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data: rgba } = context.getImageData(0, 0, width, height);
  const data = new Float32Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) for (let c = 0; c < 3; c++) data[pixel * 3 + c] = (rgba[pixel * 4 + c] ?? 0) / 255;
  return { height, width, data };
}

/** The whole way, and then every record once more in a shuffled order, batch by batch, as an epoch reads them. */
export async function picturesWithinBudget(options: PicturesOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const { size, pictures, budgetMb, folder } = options;
  const { trainLast, features, batchSize, resize } = FINE_TUNE_PRESETS.default;
  const made = performance.now();
  const paths = await makePicturesElsewhere(join(folder, 'pictures'), pictures);
  print(`${String(pictures)} pictures made in ${((performance.now() - made) / 1_000).toFixed(0)} s`);
  const engine = await nodeEngine();
  const net = slimNet();
  const { frozen, crossing } = splitLayers(mobileNetLayers(net, { height: size, width: size, classes: CLASSES }), trainLast);
  const lengths = crossing.map(({ height, width, channels }) => height * width * channels);
  const records = new FolderRecords(join(folder, 'features'), { suffix: '.features', durable: false });
  const store: FeatureStore = {
    write: (key, bytes) => records.save(String(key), bytes),
    read: async (key) => new Uint8Array((await records.load(String(key))) ?? []),
    clear: () => records.clear(),
  };
  const cache = new FeatureCache(lengths, features, budgetMb * BYTES_PER_MB, store);
  const extractor = await FeatureExtractor.create(engine, net, { frozen, crossing, size, features });
  const item = (key: number): ExtractionItem => ({
    key,
    id: String(key),
    load: async () => resizeForNet(await decoded(paths[key] ?? ''), { size, resize, antialias: true }),
  });
  const hash = (...parts: readonly Uint8Array[]): string => parts.reduce((sum, part) => sum.update(part), createHash('sha1')).digest('base64');
  const hashes = new Map<number, string>();
  const samples: MemorySample[] = [];
  const startBytes = process.memoryUsage.rss();
  const started = performance.now();
  const skipped = await extractor.run(
    (function* (): Generator<ExtractionItem> {
      for (const key of paths.keys()) yield item(key);
    })(),
    async ({ key }, record) => {
      hashes.set(key, hash(record));
      await cache.add(key, record);
      if (key % SAMPLE_EVERY === 0) samples.push({ pictures: key, bytes: process.memoryUsage.rss() });
      if (key % 1_000 === 0) print(`${String(key)}: ${megabytes(process.memoryUsage.rss())} after ${((performance.now() - started) / 1_000).toFixed(0)} s`);
    },
  );
  const seconds = (performance.now() - started) / 1_000;
  const keptPeakBytes = process.resourceUsage().maxRSS * 1_024;

  let wrong = 0;
  const order = shuffled([...hashes.keys()], new Philox(2));
  for (let at = 0; at < order.length; at += batchSize) {
    const keys = order.slice(at, at + batchSize);
    const layers = (await cache.gather(keys)).map(({ buffer }) => new Uint8Array(buffer));
    keys.forEach((key, position) => {
      const parts = layers.map((layer) => layer.subarray((position * layer.length) / keys.length, ((position + 1) * layer.length) / keys.length));
      if (hash(...parts) !== hashes.get(key)) wrong++;
    });
  }
  const again = order.slice(0, CHECKED);
  let unlike = 0;
  await extractor.run(again.map(item), ({ key }, record) => {
    if (hash(record) !== hashes.get(key)) unlike++;
  });
  const peakBytes = process.resourceUsage().maxRSS * 1_024;
  const inMemory = cache.memoryBytes / cache.recordBytes;
  const whenFull = samples.filter(({ pictures: count }) => count > inMemory);
  const slope = cache.storedCount === 0 ? undefined : memorySlope(whenFull);
  const result = {
    ...{ adapter: engine.traits.description, node: process.version, size, pictures, budgetMb, recordBytes: cache.recordBytes, skipped: skipped.length },
    ...{ memoryBytes: cache.memoryBytes, onDisk: cache.storedCount, startBytes, keptPeakBytes, peakBytes, seconds, wrong, unlike, slope, samples },
  };
  print(
    `${String(pictures)} picture files to ${String(size)}², ${String(cache.recordBytes)} bytes each; ${String(skipped.length)} skipped; ${seconds.toFixed(0)} s`,
  );
  print(`in memory ${String(inMemory)} records, ${megabytes(cache.memoryBytes)}; on disk ${String(cache.storedCount)}`);
  print(`resident: ${megabytes(startBytes)} at the start, at most ${megabytes(keptPeakBytes)} when all were kept, ${megabytes(peakBytes)} after all was read`);
  if (slope !== undefined) print(slopeText(slope));
  print(`wrong records: ${String(wrong)}; unlike the features computed again: ${String(unlike)} of ${String(again.length)}`);
  extractor.destroy();
  engine.destroy();
  await cache.clear();
  await rm(folder, { recursive: true, force: true });
  return { isGood: wrong + unlike + skipped.length === 0 && hashes.size === pictures && peakBytes <= 1024 * BYTES_PER_MB, result };
}
