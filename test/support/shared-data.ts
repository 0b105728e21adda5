import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, test } from 'vitest';
import { sourceFromBytes, type ByteSource } from '../../src/models/byte-source.js';

const project = resolve(import.meta.dirname, '../..');

/** The folder with data that may be used in tests but not shipped; it lies beside the project where it is at all. */
const sharedFolder = resolve(project, '../shared/data');

/** A path in test/data, which ships. */
export function shippedPath(path: string): string {
  return join(project, 'test/data', path);
}

/** A path in the shared data. */
export function sharedPath(path: string): string {
  return join(sharedFolder, path);
}

/**
 * A group of tests that need a path in the shared data. Where it is absent one test stands in their place, marked as not run
 * with the reason in its name, so that the report shows what was left out.
 */
export function describeWithShared(name: string, path: string, body: () => void): void {
  if (existsSync(sharedPath(path))) describe(name, body);
  else
    describe(name, () => {
      test.skip(`not run: the data ${path} is absent`);
    });
}

/** A file as a byte source with its folder as siblings. */
export async function fileSource(path: string): Promise<ByteSource> {
  const bytes = await readFile(path);
  const source = sourceFromBytes(basename(path), bytes);
  return {
    ...source,
    sibling: async (name) => {
      const beside = join(dirname(path), name);
      return existsSync(beside) ? fileSource(beside) : undefined;
    },
  };
}
