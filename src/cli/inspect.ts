/** `gramarye inspect`: reads the net in Node, for it needs neither a browser nor an adapter. */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { describeLayers, formatDescription, loadVgg, type ByteSource } from '../models/index.js';
import { checkedNet } from './input-files.js';

/** A file on disk, read in ranges. */
function diskSource(path: string, name = path): ByteSource {
  const withFile = async <T>(use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> => {
    const file = await open(path, 'r');
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  };
  return {
    name,
    size: () => withFile(async (file) => (await file.stat()).size),
    read: (start, end, options) =>
      withFile(async (file) => {
        const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
        options?.onBytes?.(bytesRead);
        return buffer.subarray(0, bytesRead);
      }),
    sibling: async (sibling) => {
      const siblingPath = resolve(dirname(path), sibling);
      return (await open(siblingPath, 'r').then(
        (file) => file.close(),
        () => 'missing',
      )) === 'missing'
        ? undefined
        : diskSource(siblingPath, sibling);
    },
  };
}

/** The layers, shapes and parameters of a net as text. */
export async function inspect(argument: string, signal: AbortSignal): Promise<string> {
  const { name, isFile } = checkedNet('The net', argument);
  const net = await loadVgg(isFile ? diskSource(name) : name, { signal });
  return [formatDescription(describeLayers(net)), `Preprocessing: ${net.preprocess.name}`, ...net.notices].join('\n');
}
