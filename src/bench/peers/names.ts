/** Other engines that can be timed in the same run. */
import { GramaryeError } from '../../engine/errors.js';

/** Names of the peers. */
export const PEER_NAMES = ['tfjs-webgpu', 'tfjs-webgl', 'tfjs-wasm', 'jax-js', 'onnxruntime'] as const;
/** One of them. */
export type PeerName = (typeof PEER_NAMES)[number];

/** The peers by their names. Throws `bad-option` listing them. */
export function peerNames(names: readonly string[]): PeerName[] {
  return names.map((name) => {
    const found = PEER_NAMES.find((known) => known === name);
    if (found === undefined) throw new GramaryeError('bad-option', `There is no peer "${name}".`, { remedy: `Choose among ${PEER_NAMES.join(', ')}.` });
    return found;
  });
}
