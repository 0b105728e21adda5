/** Stores of fine-tuning and of tunings in folders of the command line, reached through its server. */
import { GramaryeError } from '../../engine/errors.js';
import type { TuningStore } from '../../engine/tuning-memory.js';
import type { CheckpointStore } from '../../tasks/checkpoints/store.js';
import type { FeatureStore } from '../../tasks/fine-tuning/feature-cache.js';
import type { Picture } from '../../tasks/picture.js';
import type { PictureCodec } from '../../tasks/pictures/picture-codec.js';
import type { FrameResults } from '../../tasks/sequence/sequence.js';

async function send(what: string, url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok && response.status !== 404) {
    const reason = await response.text();
    throw new GramaryeError('write-failed', `${what} could not be kept: ${reason === '' ? `status ${String(response.status)}` : reason}`);
  }
  return response;
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return response.status === 404 ? undefined : new Uint8Array(await response.arrayBuffer());
}

/** The checkpoint of a run. */
export function httpCheckpoints(url: string): CheckpointStore {
  const own = `${url}/checkpoint`;
  return {
    save: async (bytes) => {
      await send('The checkpoint', own, { method: 'PUT', body: bytes });
    },
    load: async () => bytesOf(await send('The checkpoint', own, {})),
    remove: async () => {
      await send('The checkpoint', own, { method: 'DELETE' });
    },
  };
}

/** Features that do not fit into memory. */
export function httpFeatures(url: string): FeatureStore {
  return {
    write: async (key, bytes) => {
      await send('Features', `${url}/${String(key)}`, { method: 'PUT', body: bytes });
    },
    read: async (key) => {
      const bytes = await bytesOf(await send('Features', `${url}/${String(key)}`, {}));
      if (bytes === undefined)
        throw new GramaryeError('file-missing', `The features of picture ${String(key)} are no longer on the disk.`, { remedy: 'Run again with --resume.' });
      return bytes;
    },
    clear: async () => {
      await send('Features', url, { method: 'DELETE' });
    },
  };
}

/** Results of a sequence as PNG files; what is saved comes back as it will be read. */
export function httpFrames(url: string, codec: PictureCodec): FrameResults {
  const read = async (index: number, blob: Blob): Promise<Picture> => codec.decode(blob, `the result of frame ${String(index + 1)}`, { kind: 'as-is' });
  return {
    load: async (index) => {
      const bytes = await bytesOf(await send('The result', `${url}/frame-${String(index)}`, {}));
      return bytes === undefined ? undefined : read(index, new Blob([bytes]));
    },
    save: async (index, picture) => {
      const blob = await codec.encode(picture);
      await send('The result', `${url}/frame-${String(index)}`, { method: 'PUT', body: blob });
      return read(index, blob);
    },
  };
}

/** Remembered tunings. */
export function httpTunings(url: string): TuningStore {
  return {
    read: async (name) => {
      const bytes = await bytesOf(await send('The tuning', `${url}/${name}`, {}));
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    },
    write: async (name, text) => {
      await send('The tuning', `${url}/${name}`, { method: 'PUT', body: text });
    },
    remove: async (name) => {
      await send('The tuning', `${url}/${name}`, { method: 'DELETE' });
    },
  };
}
