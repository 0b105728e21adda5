import type { ByteSource } from '../../models/byte-source.js';
import { fetchWeights } from '../../models/sources/fetch-weights.js';
import { openerOf } from '../../models/sources/open-named.js';
import { openOpfsStore } from '../../models/sources/opfs-store.js';
import { findSource } from '../../models/sources/registry.js';

/** Opens a net: from the browser's own store, embedded, or by its address. A known source is fetched into the store first. For workers. */
export async function openNet(spec: string, onBytes: (done: number, total: number) => void): Promise<ByteSource> {
  // Without a store (private browsing, an old browser) everything but known sources works all the same.
  const store = await openOpfsStore().catch(() => undefined);
  const source = findSource(spec);
  if (source !== undefined && store !== undefined) {
    await fetchWeights(source, store, {
      onProgress: ({ doneBytes, totalBytes }) => {
        onBytes(doneBytes, totalBytes ?? 0);
      },
    });
  }
  return openerOf(store)(spec);
}
