#!/usr/bin/env node
/**
 * Makes assets/models/emoji/emoji.zip: pictures of 64 by 64 pixels in ten folders, the same signs drawn by two vendors, from
 * npm emoji-datasource-google and emoji-datasource-twitter. The file names begin with the vendor.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { unpackPackage } from './package.mjs';

const VENDORS = ['google', 'twitter'];
const VERSION = '16.0.0';
const PER_CATEGORY = 24;

/** Folder names, and the subcategories of Unicode that they take. */
const CATEGORIES = {
  bird: ['animal-bird'],
  building: ['place-building'],
  clothing: ['clothing'],
  face: ['face-smiling', 'face-affection', 'face-neutral-skeptical', 'face-concerned'],
  'fruit-or-vegetable': ['food-fruit', 'food-vegetable'],
  mammal: ['animal-mammal'],
  meal: ['food-prepared', 'food-asian'],
  plant: ['plant-flower', 'plant-other'],
  'sea-animal': ['animal-marine'],
  vehicle: ['transport-ground'],
};
/** Signs that Unicode files under a subcategory but that show something else, and parts of things. */
const LEFT_OUT = /busstop|motorway|railway_track|oil_drum|fuelpump|wheel|rotating_light|traffic_light|octagonal_sign|construction|feather|footprints|paw_prints|nest|dash|lipstick|ring|gem|shopping_bags|handbag|pouch|school_satchel|luggage|coral|shell|rock|brick|wood|hut|salt|canned|bento/;

const folders = Object.fromEntries(VENDORS.map((vendor) => [vendor, unpackPackage(`emoji-datasource-${vendor}@${VERSION}`)]));
const signs = JSON.parse(readFileSync(join(folders.google, 'emoji.json'), 'utf8')).sort((a, b) => a.sort_order - b.sort_order);
const files = {};
const counts = {};
for (const [category, subcategories] of Object.entries(CATEGORIES)) {
  const fitting = signs.filter(
    ({ subcategory, short_name: name, has_img_google: google, has_img_twitter: twitter }) => subcategories.includes(subcategory) && google && twitter && !LEFT_OUT.test(name),
  );
  // Spread over the whole list, which puts like beside like.
  const step = Math.max(1, fitting.length / PER_CATEGORY);
  const chosen = Array.from({ length: Math.min(PER_CATEGORY, fitting.length) }, (_, index) => fitting[Math.floor(index * step)]);
  for (const { image } of chosen) {
    for (const vendor of VENDORS) files[`${category}/${vendor}-${image}`] = readFileSync(join(folders[vendor], 'img', vendor, '64', image));
  }
  counts[category] = chosen.length;
}
// Pictures are packed already, and a fixed date makes the same file every time.
const zip = zipSync(files, { level: 0, mtime: '2026-01-01T00:00:00Z' });
const folder = join(import.meta.dirname, '../../assets/models/emoji');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'emoji.zip'), zip);
process.stdout.write(`${JSON.stringify(counts)}, ${Object.keys(files).length} pictures, ${zip.byteLength} bytes\n`);
