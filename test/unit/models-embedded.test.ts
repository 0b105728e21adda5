import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { embeddedPath } from '../../src/cli/embedded-path.js';
import { loadMobileNet } from '../../src/models/mobilenet/load.js';
import { mobileNetUnits } from '../../src/models/mobilenet/description.js';
import { EMBEDDED_NETS } from '../../src/models/sources/embedded.js';
import { embeddedUrl } from '../../src/models/sources/embedded-urls.js';
import { fileSource } from '../support/shared-data.js';

const assets = resolve(import.meta.dirname, '../../assets/models');

describe('embedded', () => {
  test('every net has a file, an address and a card with its origin and licence', async () => {
    for (const { name, path, licence } of EMBEDDED_NETS) {
      expect((await stat(embeddedPath(path))).size).toBeGreaterThan(100_000);
      expect(embeddedUrl(name)).toMatch(new RegExp(`${path}$`));
      const card = await readFile(join(assets, name, 'README.md'), 'utf8');
      expect(card).toContain('**Origin.**');
      expect(card).toContain(licence.replace('-2.0', ''));
    }
  });

  test('mobilenet-v2-oid is a complete backbone with BatchNorm folded', async () => {
    const net = await loadMobileNet(await fileSource(join(assets, 'mobilenet-v2-oid/model.safetensors')));
    expect(net.units.map(({ name }) => name)).toEqual(mobileNetUnits(1).map(({ name }) => name));
    expect(net.units.every(({ batchNorm }) => batchNorm === undefined)).toBe(true);
    expect(net.units.reduce((sum, { weights, bias }) => sum + weights.length + bias.length, 0)).toBe(2_206_816);
    expect(net.dense).toBeUndefined();
  });

  test('the 1000 names of ImageNet', async () => {
    const names = JSON.parse(await readFile(join(assets, 'imagenet-names.json'), 'utf8')) as string[];
    expect(names.length).toBe(1000);
    expect([names[0], names[281], names[999]]).toEqual(['tench, Tinca tinca', 'tabby, tabby cat', 'toilet tissue, toilet paper, bathroom tissue']);
  });

  test('the labelled pictures: at least eight categories, both vendors draw every sign', async () => {
    const zip = await readFile(join(assets, 'emoji/emoji.zip'));
    expect(zip.byteLength).toBeLessThan(2_000_000);
    const files = unzipSync(zip);
    const signs = new Map<string, Set<string>>();
    for (const [path, bytes] of Object.entries(files)) {
      const match = /^([a-z-]+)\/(google|twitter)-([0-9a-f-]+)\.png$/.exec(path);
      expect(match, path).not.toBeNull();
      expect([...bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
      const key = `${match?.[1] ?? ''}/${match?.[3] ?? ''}`;
      signs.set(key, (signs.get(key) ?? new Set()).add(match?.[2] ?? ''));
    }
    expect(signs.size).toBeGreaterThan(200);
    expect([...signs.values()].every((vendors) => vendors.size === 2)).toBe(true);
    expect(new Set([...signs.keys()].map((key) => key.split('/')[0])).size).toBeGreaterThanOrEqual(8);
  });
});
