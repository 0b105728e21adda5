/** What crosses from the frozen part to the trained tail, computed once per vendor and kept in a file for all seeds and settings. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.js';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { pictureCopy } from '../../src/tasks/fine-tuning/augment.js';
import { FeatureCache } from '../../src/tasks/fine-tuning/feature-cache.js';
import { FeatureExtractor } from '../../src/tasks/fine-tuning/feature-extraction.js';
import type { FineTuneSettings } from '../../src/tasks/fine-tuning/settings.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { decodeOverWhite, emojiSet, type Vendor } from './emoji-set.js';

/** The seed of the changed copies: the same ones for every run. */
const COPY_SEED = 1;

/** Features of a vendor's pictures: picture p's copy c under the key p · (copies + 1) + c. */
export async function keptFeatures(
  engine: Engine,
  net: MobileNetWeights,
  vendor: Vendor,
  settings: FineTuneSettings,
  folder: string,
): Promise<{ readonly cache: FeatureCache; readonly labels: readonly number[]; readonly classes: readonly string[] }> {
  const { examples, classes } = await emojiSet(vendor);
  const { size, trainLast, augmentation, features } = settings;
  const { frozen, crossing } = splitLayers(mobileNetLayers(net, { height: size, width: size, classes: classes.length }), trainLast);
  const cache = new FeatureCache(
    crossing.map(({ height, width, channels }) => height * width * channels),
    features,
    Infinity,
    undefined,
  );
  const perPicture = augmentation.copies + 1;
  const { flip, zoom, brightness, colour } = augmentation;
  const name = [vendor, size, trainLast, features, augmentation.copies, flip, zoom, brightness, colour].join('-');
  const path = join(folder, `${name}.features`);
  const count = examples.length * perPicture;
  if (existsSync(path)) {
    const bytes = new Uint8Array(await readFile(path));
    for (let key = 0; key < count; key++) await cache.add(key, bytes.slice(key * cache.recordBytes, (key + 1) * cache.recordBytes));
  } else {
    const extractor = await FeatureExtractor.create(engine, net, { frozen, crossing, size, features });
    const items = examples.flatMap(({ id, file }, index) =>
      Array.from({ length: perPicture }, (_, copy) => ({
        key: index * perPicture + copy,
        id,
        load: async () => pictureCopy(await decodeOverWhite(await file.read()), { ...settings, seed: COPY_SEED }, index, copy),
      })),
    );
    const skipped = await extractor.run(items, ({ key }, record) => cache.add(key, record), {
      onProgress: (done) => {
        if (done % 400 === 0) process.stderr.write(`${vendor}: ${String(done)} of ${String(count)} pictures and copies\n`);
      },
    });
    extractor.destroy();
    if (skipped.length > 0) throw new Error(`${String(skipped.length)} emoji could not be read.`);
    const bytes = new Uint8Array(count * cache.recordBytes);
    for (let key = 0; key < count; key++) bytes.set(await cache.get(key), key * cache.recordBytes);
    await mkdir(folder, { recursive: true });
    await writeFile(path, bytes);
  }
  return { cache, labels: examples.map(({ label }) => label), classes };
}
