import type { Picture } from '../../tasks/picture.js';
import { recordIn, withRecord, type PictureReference, type ResultRecord } from '../../tasks/results/result-record.js';
import type { PictureFile } from '../pictures/open-picture.js';
import { withCodec } from '../pictures/with-codec.js';

export type { PictureReference, ResultRecord } from '../../tasks/results/result-record.js';

/** How a picture is named in a record; addresses that end with the page are left out. */
export function referenceTo({ name, url }: PictureFile): PictureReference {
  return url === undefined || url.startsWith('blob:') || url.startsWith('data:') ? { name } : { name, url };
}

/** A PNG of the picture with the record inside. Encoded in a worker. */
export async function writeResult(picture: Picture, record: ResultRecord): Promise<Blob> {
  const png = await withCodec((codec) => codec.encode(picture, 'image/png'));
  return new Blob([withRecord(new Uint8Array(await png.arrayBuffer()), record)], { type: 'image/png' });
}

/**
 * Reads the record out of a result file; undefined when there is none.
 *
 * @throws GramaryeError `bad-option` when there is one that cannot be understood.
 */
export async function readResult(file: Blob): Promise<ResultRecord | undefined> {
  return recordIn(new Uint8Array(await file.arrayBuffer()));
}
