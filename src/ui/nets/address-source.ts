import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { ByteSource, ReadOptions } from '../../models/byte-source.js';

/**
 * A weight file at an absolute address. Asks for ranges, and keeps the whole file where the server answers with it instead.
 *
 * @throws GramaryeError `fetch-failed` naming the address.
 */
export async function sourceFromAddress(address: string): Promise<ByteSource> {
  const url = new URL(address, self.location.href);
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? address);
  const request = async (headers: Record<string, string>, options?: ReadOptions): Promise<Response> => {
    try {
      const response = await fetch(url, { headers, signal: options?.signal ?? null });
      if (response.ok) return response;
      throw new Error(`the server answers ${String(response.status)} ${response.statusText}`.trim());
    } catch (error) {
      throw new GramaryeError('fetch-failed', `${url.href} cannot be fetched: ${messageOf(error)}.`, {
        remedy: 'Check the address and the connection.',
        cause: error,
      });
    }
  };
  let whole: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const wholeFile = (options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>> =>
    (whole ??= request({}, options).then((response) => readBody(response, options)));
  const probe = await request({ range: 'bytes=0-0' });
  const total = Number(/\/(\d+)$/.exec(probe.headers.get('content-range') ?? '')?.[1] ?? NaN);
  const takesRanges = probe.status === 206 && Number.isFinite(total);
  if (!takesRanges) whole = readBody(probe);
  else await probe.arrayBuffer();
  return {
    name,
    size: async () => (takesRanges ? total : (await wholeFile()).byteLength),
    read: async (start, end, options) => {
      if (!takesRanges) return (await wholeFile(options)).slice(start, end);
      const response = await request({ range: `bytes=${String(start)}-${String(end - 1)}` }, options);
      const bytes = await readBody(response, options);
      return response.status === 206 ? bytes : bytes.slice(start, end);
    },
    sibling: (path) => sourceFromAddress(new URL(path, url).href),
  };
}

/** The body, reporting bytes as they come. */
async function readBody(response: Response, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part?.value === undefined) break;
    chunks.push(part.value);
    length += part.value.byteLength;
    options?.onBytes?.(part.value.byteLength);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
