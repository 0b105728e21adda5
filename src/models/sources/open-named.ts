/** Turning what a user writes for a net into a byte source: a stored name, an embedded name, a URL. */
import { GramaryeError } from '../../engine/errors.js';
import type { OpenSource } from '../byte-source.js';
import { withEmbedded } from './embedded-urls.js';
import { sourceFromUrl } from './http-source.js';
import type { HttpOptions } from './http.js';
import { findSource, WEIGHTS_SOURCES, type WeightsSource } from './registry.js';
import type { WeightsStore } from './store.js';

/**
 * An opener for pages: names of the store first, then embedded nets, then http and https URLs.
 *
 * @throws (the opener) GramaryeError `file-missing` for a known source that was not fetched yet, `bad-option` for anything else.
 */
export function openerOf(store: WeightsStore | undefined, http: HttpOptions = {}, sources: readonly WeightsSource[] = WEIGHTS_SOURCES): OpenSource {
  const openRest = withEmbedded((spec) => {
    if (/^https?:\/\//i.test(spec)) return Promise.resolve(sourceFromUrl(spec, http));
    if (findSource(spec, sources) !== undefined)
      throw new GramaryeError('file-missing', `The weights ${spec} have not been fetched yet.`, {
        remedy: 'Fetch them first, for instance with: gramarye weights fetch ' + spec,
      });
    throw new GramaryeError('bad-option', `Unknown net "${spec}".`, {
      remedy: `Give a file, a URL, random-vgg19[:SEED][/DIVISOR], or one of ${sources.map(({ name }) => name).join(', ')}.`,
    });
  });
  return async (spec) => (await store?.open(spec)) ?? openRest(spec);
}
