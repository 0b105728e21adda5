/** The plain and the expanded form of every shader with marked loops, and what a compile error of one says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { requestAdapter, requestDevice } from '../../src/engine/device.js';
import { PipelineCache } from '../../src/engine/pipelines.js';
import { runKernel } from '../../src/engine/run-kernel.js';
import { unrollShader } from '../../src/engine/unroll.js';
import { KERNELS } from '../../src/kernels/index.js';
import { distinctVariants, randomInputs, worstDifferences } from '../support/kernel-check.js';
import { nodeEngine, nodeGpu } from '../support/node-gpu.js';

let expanded: Engine;
let plain: Engine;
const compared = new Set<string>();
const seed = Date.now() % 2 ** 31;

beforeAll(async () => {
  await nodeGpu();
  expanded = await nodeEngine();
  const adapter = await requestAdapter('auto');
  plain = new Engine(await requestDevice(adapter), adapter.info, { unroll: false });
});
afterAll(() => {
  expanded.destroy();
  plain.destroy();
});

describe('marked loops', () => {
  // Each file with marks once, in the first variant that runs it and on that variant's first accepted sample.
  const marked = KERNELS.flatMap((kernel) => distinctVariants(kernel).map((variant) => ({ name: kernel.name, id: variant.id, kernel, variant })));

  it.each(marked)('$name/$id means the same with and without expansion', async ({ kernel, variant }) => {
    const newlyMarked = (attributes: (typeof kernel.samples)[number]): string[] =>
      variant
        .passes(attributes, expanded.traits)
        .map(({ shader }) => shader)
        .filter((shader) => !compared.has(shader.path) && unrollShader(shader) !== shader)
        .map(({ path }) => path);
    const attributes = kernel.samples.find((sample) => variant.accepts(sample, expanded.traits) === true && newlyMarked(sample).length > 0);
    if (attributes === undefined) return; // nothing to expand, or compared before
    for (const path of newlyMarked(attributes)) compared.add(path);
    const inputs = randomInputs(kernel, attributes, seed);
    const wanted = await runKernel(expanded, kernel, attributes, inputs, { variant: variant.id, poison: true });
    const got = await runKernel(plain, kernel, attributes, inputs, { variant: variant.id, poison: true });
    // Compilers may contract a*b+c differently; nothing else may differ, so the bound is that of the variant's own rounding.
    const allowed = kernel.tolerance?.(attributes, variant.id) ?? 2e-6;
    for (const { output, relative } of worstDifferences(got, wanted)) expect(relative, output).toBeLessThan(allowed);
  });

  it('are found', () => {
    expect(compared.size).toBeGreaterThan(0);
  });

  it('names the line of the file when an expanded shader does not compile', async () => {
    const source = `@group(0) @binding(0) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(1)
fn main() {
  // @unroll
  for (var i = 0u; i < 3u; i++) {
    output[i] = 1.0;
  }
  output[3] = missing;
}`;
    const compiling = new PipelineCache(expanded.device).get({ shader: { path: 'test/broken.wgsl', source } });
    await expect(compiling).rejects.toThrow(/shaders\/test\/broken\.wgsl:8 .*missing/);
  });
});
