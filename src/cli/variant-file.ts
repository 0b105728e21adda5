/** Variant maps as files. */
import { readFileSync } from 'node:fs';
import { GramaryeError, messageOf } from '../engine/errors.js';
import { parseVariantMap, type VariantMap } from '../engine/variant-map.js';

const REMEDY = 'Give a trace of a run or an exported variant map.';

/** Reads a trace or an exported map. Throws `file-missing` or `bad-option` naming the flag and the path. */
export function readVariantMap(flag: string, path: string): VariantMap {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GramaryeError('file-missing', `${flag} ${path} cannot be read: ${messageOf(error)}.`, { remedy: REMEDY, cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GramaryeError('bad-option', `${flag} ${path} is no JSON.`, { remedy: REMEDY, cause: error });
  }
  return parseVariantMap(value, `${flag} ${path}`);
}
