/** Peers of a run: each is started once, checked like any variant, and timed in the same rounds. In a page only. */
import type { Attributes, KernelDefinition } from '../../engine/contract.js';
import { messageOf } from '../../engine/errors.js';
import { compareOutputs, type ReferenceValues } from '../method/check.js';
import type { PeerEntry, PeerSource } from '../method/measure-kernel.js';
import type { BenchCase } from '../result.js';
import { peerNames, type PeerName } from './names.js';
import type { OnnxruntimeFiles } from './onnxruntime.js';
import type { Peer, PeerOp } from './peer.js';

/** What a peer may differ: it owes nothing to our tolerance, and may sum in another order. */
const SLACK = 10;

/** What peers need that the page cannot find by itself. */
export interface PeerFiles {
  readonly onnxruntime?: OnnxruntimeFiles;
}

async function start(name: PeerName, files: PeerFiles): Promise<Peer> {
  switch (name) {
    case 'tfjs-webgpu':
      return (await import('./tfjs.js')).startTfjs('webgpu');
    case 'tfjs-webgl':
      return (await import('./tfjs.js')).startTfjs('webgl');
    case 'tfjs-wasm':
      return (await import('./tfjs.js')).startTfjs('wasm');
    case 'jax-js':
      return (await import('./jax.js')).startJax();
    case 'onnxruntime':
      return (await import('./onnxruntime.js')).startOnnxruntime(files.onnxruntime);
  }
}

async function outputOf(op: PeerOp): Promise<Float64Array> {
  await op.run();
  await op.finish();
  return Float64Array.from(await op.output());
}

/** Compares one run with the reference, at the shape that the reference can afford. */
async function check(
  peer: Peer,
  kernel: KernelDefinition,
  { attributes, timed, inputs, wanted }: { attributes: Attributes; timed: Attributes } & ReferenceValues,
): Promise<Pick<BenchCase, 'check' | 'reason'>> {
  const op = await peer.prepare(kernel.name, attributes, inputs);
  const [output] = kernel.outputs;
  if (op === undefined || output === undefined) return {};
  try {
    const expected = wanted[output.name] ?? new Float64Array();
    const { check: found, problems } = compareOutputs(
      kernel,
      attributes,
      '',
      { [output.name]: await outputOf(op) },
      { [output.name]: expected },
      attributes === timed ? 'reference' : 'smaller-reference',
      SLACK,
    );
    return { check: found, ...(problems.length === 0 ? {} : { reason: problems.join('; ') }) };
  } finally {
    op.destroy();
  }
}

/**
 * The peers of a request, for `RunBenchOptions.peers`. A peer without a counterpart of an op is left out there; one that does not start
 * or computes something else says so in its case. Throws `bad-option` for a name that is none.
 */
export function makePeers(names: readonly string[], files: PeerFiles = {}): PeerSource {
  const started = new Map(peerNames(names).map((name) => [name, undefined as Promise<Peer> | undefined]));
  return async (planned, kernel, { clock, inputs, reference, attributes, say }) => {
    const entries: PeerEntry[] = [];
    for (const [name, running] of started) {
      if (planned.op.checkedBy !== undefined) break;
      let result: BenchCase = { variant: 'stock', engine: name, status: 'failed' };
      const nothing = (): void => undefined;
      try {
        say(`preparing ${name}`);
        const starting = running ?? start(name, files);
        started.set(name, starting);
        const peer = await starting;
        result = { ...result, variant: peer.title };
        const op = await peer.prepare(kernel.name, planned.shape.attributes, inputs);
        if (op === undefined) continue;
        result = { ...result, ...(await check(peer, kernel, { attributes, timed: planned.shape.attributes, ...reference })) };
        if (result.reason !== undefined) {
          op.destroy();
          entries.push({ engine: name, case: { ...result, status: 'wrong' }, destroy: nothing });
          continue;
        }
        entries.push({
          engine: name,
          case: result,
          timed: {
            id: `${name}: ${peer.title}`,
            // What a peer does on the GPU cannot be told from what it does before: its time is that until the result is there.
            measure: (repeats) =>
              clock.around(async () => {
                for (let repeat = 0; repeat < repeats; repeat++) await op.run();
                await op.finish();
              }),
          },
          destroy: () => {
            op.destroy();
          },
        });
      } catch (error) {
        entries.push({ engine: name, case: { ...result, reason: messageOf(error) }, destroy: nothing });
      }
    }
    return entries;
  };
}
