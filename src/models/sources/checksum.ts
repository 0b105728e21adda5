/** Checksums of weight files, computed piece by piece, so that a file of any size needs no memory. */
import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { throwIfAborted } from '../../engine/errors.js';
import { readExactly, type ByteSource, type ReadOptions } from '../byte-source.js';

/** A file's checksum. MD5 is no protection against forgery; it is here because Keras publishes it, and finds broken transfers. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha256';
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

const PIECE_BYTES = 1024 * 1024;

/** The checksum of a whole source. Other work on the page goes on between the pieces. */
export async function checksumOf(source: ByteSource, algorithm: Checksum['algorithm'], options: ReadOptions = {}): Promise<Checksum> {
  const hash = (algorithm === 'md5' ? md5 : sha256).create();
  const size = await source.size(options);
  for (let at = 0; at < size; at += PIECE_BYTES) {
    throwIfAborted(options.signal);
    hash.update(await readExactly(source, at, Math.min(at + PIECE_BYTES, size), 'its checksum', options));
  }
  return { algorithm, hex: bytesToHex(hash.digest()) };
}
