import { GramaryeError } from '../../engine/errors.js';
import type { ByteSource, ReadOptions } from '../../models/byte-source.js';
import type { FileReference, NetReference } from './protocol.js';

async function request(name: string, url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status === 404) throw new GramaryeError('file-missing', `${name} is no longer there.`);
  if (!response.ok) throw new GramaryeError('fetch-failed', `${name} could not be fetched: status ${String(response.status)}.`);
  return response;
}

/** The whole of a file of the command line. */
export async function fetchFile({ name, url }: FileReference, signal?: AbortSignal): Promise<Blob> {
  return (await request(name, url, signal === undefined ? {} : { signal })).blob();
}

/** A file of the command line, read in ranges. */
export function httpSource({ name, url }: FileReference): ByteSource {
  return {
    name,
    async size({ signal }: ReadOptions = {}) {
      const response = await request(name, url, { method: 'HEAD', ...(signal === undefined ? {} : { signal }) });
      return Number(response.headers.get('Content-Length'));
    },
    async read(start, end, { signal, onBytes }: ReadOptions = {}) {
      if (end <= start) return new Uint8Array(0);
      const response = await request(name, url, {
        headers: { Range: `bytes=${String(start)}-${String(end - 1)}` },
        ...(signal === undefined ? {} : { signal }),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      onBytes?.(bytes.byteLength);
      return bytes;
    },
  };
}

/** A net's file with those that belong to it as siblings. */
export function netSource({ name, url, siblings = {} }: NetReference & { readonly url: string }): ByteSource {
  return {
    ...httpSource({ name, url }),
    sibling: (path) => {
      const siblingUrl = siblings[path];
      return Promise.resolve(siblingUrl === undefined ? undefined : httpSource({ name: path, url: siblingUrl }));
    },
  };
}
