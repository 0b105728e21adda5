/** Nets by name on this machine. */
import { GramaryeError } from '../engine/errors.js';
import { findEmbedded } from '../models/sources/embedded.js';
import { findSource, WEIGHTS_SOURCES, type WeightsSource } from '../models/sources/registry.js';
import { embeddedPath } from './embedded-path.js';
import { FolderStore } from './weights-store.js';

/** Where a named net lies, and the preprocessing that its record gives it. */
export interface LocatedNet {
  readonly path: string;
  readonly preprocess?: string;
}

/**
 * Where a net that the user names lies: kept weights first, then those that come along; undefined for other names.
 *
 * @throws GramaryeError `file-missing` for a known source that was not fetched yet.
 */
export function locateNet(name: string, store: FolderStore = new FolderStore(), sources: readonly WeightsSource[] = WEIGHTS_SOURCES): LocatedNet | undefined {
  const kept = store.locate(name);
  if (kept !== undefined) return { path: kept.path, ...(kept.record.preprocess === undefined ? {} : { preprocess: kept.record.preprocess }) };
  const embedded = findEmbedded(name);
  if (embedded !== undefined) return { path: embeddedPath(embedded.path) };
  if (findSource(name, sources) !== undefined) {
    throw new GramaryeError('file-missing', `The weights ${name} have not been fetched yet.`, { remedy: `Run: gramarye weights fetch ${name}` });
  }
  return undefined;
}
