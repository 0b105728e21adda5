/**
 * Addresses of the embedded nets for pages: a bundler that sees them turns each into that of its copy. For applications, not for
 * the library's own build, which would put the files into its code; so the library's index does not lead here.
 */
import { GramaryeError } from '../../engine/errors.js';
import type { ByteSource, OpenSource } from '../byte-source.js';
import { findEmbedded } from './embedded.js';
import { sourceFromUrl } from './http-source.js';
import { VGG_LITE_URL } from './vgg-lite-url.js';

const URLS: ReadonlyMap<string, string> = new Map([
  ['vgg-lite', VGG_LITE_URL],
  ['mobilenet-v2-oid', new URL('../../../assets/models/mobilenet-v2-oid/model.safetensors', import.meta.url).href],
]);

/** Other files that come along, by their path below `assets/models`; each is named only where it is wanted, so that pages without it go without. */
const FILES: Readonly<Record<string, () => URL>> = {
  'mobilenet-v2-oid/emoji-classifier.safetensors': () => new URL('../../../assets/models/mobilenet-v2-oid/emoji-classifier.safetensors', import.meta.url),
  'imagenet-names.json': () => new URL('../../../assets/models/imagenet-names.json', import.meta.url),
  'emoji/emoji.zip': () => new URL('../../../assets/models/emoji/emoji.zip', import.meta.url),
};

/** The address of a file that comes along. Throws `bad-option`. */
export function embeddedFileUrl(path: string): string {
  const url = FILES[path];
  if (url === undefined) throw new GramaryeError('bad-option', `No file "${path}" comes along.`, { remedy: `There are ${Object.keys(FILES).join(', ')}.` });
  return url().href;
}

/** Opens a file that comes along. */
export function openEmbeddedFile(path: string): Promise<ByteSource> {
  return Promise.resolve(sourceFromUrl(embeddedFileUrl(path), {}, path.split('/').at(-1)));
}

/**
 * The address of an embedded net's file.
 *
 * @throws GramaryeError `bad-option` listing the embedded nets.
 */
export function embeddedUrl(name: string): string {
  const url = URLS.get(name);
  if (url === undefined) throw new GramaryeError('bad-option', `There is no embedded net "${name}".`, { remedy: `There are ${[...URLS.keys()].join(', ')}.` });
  return url;
}

/** Opens embedded nets by name, and everything else with `other`. */
export function withEmbedded(other: OpenSource): OpenSource {
  return (name) => (findEmbedded(name) === undefined ? other(name) : Promise.resolve(sourceFromUrl(embeddedUrl(name), {}, `${name}.safetensors`)));
}
