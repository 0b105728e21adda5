/**
 * Planted bugs must be caught by the check that every variant has to pass. One bug a kernel runs always, all of them
 * (tools/mutations) with MUTATIONS=all, which `npm run mutations` sets.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KernelDefinition, Pass } from '../../src/engine/contract.js';
import type { Engine } from '../../src/engine/engine.js';
import { KERNELS } from '../../src/kernels/index.js';
import { MUTATIONS, type Mutation } from '../../tools/mutations/mutations.js';
import { checkVariant } from '../support/kernel-check.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

/** The kernel with one file changed. */
function mutated(kernel: KernelDefinition, { file, find, replace }: Mutation): KernelDefinition {
  const change = (pass: Pass): Pass => {
    if (pass.shader.path !== file) return pass;
    // Comments stay as they are: a change in one would be no bug.
    const lines = pass.shader.source.split('\n');
    const at = lines.findIndex(
      (line) => line.replace(/\/\/.*/, '').includes(find) && !line.trimStart().startsWith('@') && !line.includes('var<') && !line.includes('-> '),
    );
    if (at < 0) throw new Error(`shaders/${file} has no "${find}": mend the list of mutations`);
    lines[at] = (lines[at] ?? '').replace(find, replace);
    return { ...pass, shader: { path: `${file} (mutated)`, source: lines.join('\n') } };
  };
  return {
    ...kernel,
    variants: kernel.variants.map((variant) => ({ ...variant, passes: (attributes, device) => variant.passes(attributes, device).map(change) })),
  };
}

const chosen =
  process.env.MUTATIONS === 'all'
    ? MUTATIONS
    : MUTATIONS.filter((mutation, index) => MUTATIONS.findIndex(({ kernel }) => kernel === mutation.kernel) === index);

describe('planted bugs', () => {
  it.each(chosen)('$kernel/$variant: $bug', async (mutation) => {
    const original = KERNELS.find(({ name }) => name === mutation.kernel);
    if (original === undefined) expect.fail(`there is no kernel ${mutation.kernel}`);
    const kernel = mutated(original, mutation);
    const differences: string[] = [];
    let seed = Date.now() % 2 ** 31;
    for (const sample of kernel.samples) {
      if (kernel.variants.find(({ id }) => id === mutation.variant)?.accepts(sample, engine.traits) !== true) continue;
      differences.push(...(await checkVariant(engine, kernel, mutation.variant, sample, seed++)));
    }
    expect(differences.length, 'no test noticed').toBeGreaterThan(0);
  });

  it('lie in at least five kernels', () => {
    expect(new Set(MUTATIONS.map(({ kernel }) => kernel)).size).toBeGreaterThanOrEqual(5);
  });
});
