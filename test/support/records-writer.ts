/** Saves one record over and over until the process is killed: run by `bench/run-node.mjs`. */
import { FolderRecords } from '../../src/cli/folder-records.js';

/** A record whose every byte tells its number. */
export async function main([folder = '']: readonly string[]): Promise<number> {
  const records = new FolderRecords(folder, { suffix: '.bin', durable: true });
  for (let number = 1; ; number++) {
    await records.save('checkpoint', new Uint8Array(4_000_000).fill(number % 251));
    if (number === 1) process.stdout.write('saved\n');
  }
}
