/** Every shader that may store in half precision, in both forms and with its watch, through Dawn's null backend. */
import { beforeAll, expect, it } from 'vitest';
import type { Pass } from '../../src/engine/contract.js';
import { requestDevice, traitsOf, type DeviceTraits } from '../../src/engine/device.js';
import { HalfPasses } from '../../src/engine/half-passes.js';
import { PipelineCache, pipelineKey } from '../../src/engine/pipelines.js';
import { KERNELS } from '../../src/kernels/index.js';

let pipelines: PipelineCache;
let traits: DeviceTraits;

beforeAll(async () => {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['backend=null']);
  // Dawn's object must stay referenced, or Node aborts in the middle of an await.
  (globalThis as { keepNull?: unknown }).keepNull = [gpu, setInterval(() => undefined, 1_000).unref()];
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('the null backend offers no adapter');
  const device = await requestDevice(adapter, 'null');
  pipelines = new PipelineCache(device);
  traits = traitsOf(device, adapter.info);
});

/** The passes of every variant and sample of the kernels that may, for a GPU and for software adapters with small subgroups. */
function everyHalfPass(form: 'native' | 'packed'): Map<string, Pass> {
  const halfPasses = new HalfPasses({ features: new Set(form === 'native' ? ['shader-f16'] : []) });
  const kinds = [4, 8, 32].map((subgroup) => ({ ...traits, isSoftware: subgroup < 32, subgroupMinSize: subgroup, subgroupMaxSize: subgroup }));
  const passes = new Map<string, Pass>();
  for (const kernel of KERNELS) {
    const half = new Set(kernel.half);
    for (const variant of kernel.variants) {
      for (const kind of kinds) {
        for (const sample of kernel.samples.filter((attributes) => variant.accepts(attributes, kind) === true)) {
          const adapted = [
            ...(variant.prepare?.(sample, kind).passes ?? []).map((pass) => halfPasses.adapt(pass, half, false)),
            ...variant.passes(sample, kind).map((pass) => halfPasses.adapt(pass, half, true)),
          ];
          for (const pass of adapted) if (pass.shader.source.includes('half_load_')) passes.set(pipelineKey(pass.shader, pass.constants ?? {}), pass);
        }
      }
    }
  }
  return passes;
}

it('the null backend takes f16', () => {
  expect(traits.features.has('shader-f16')).toBe(true);
});

it.each(['native', 'packed'] as const)('%s form: every shader is valid, plain kernels being the single source', async (form) => {
  const passes = everyHalfPass(form);
  expect(new Set([...passes.values()].map(({ shader }) => shader.path)).size).toBeGreaterThan(20);
  const failures: string[] = [];
  for (const pass of passes.values()) {
    expect(pass.shader.source.startsWith('enable f16;')).toBe(form === 'native');
    await pipelines.get(pass).catch((error: unknown) => failures.push(`${pass.shader.path} ${JSON.stringify(pass.constants)}: ${String(error)}`));
  }
  expect(failures).toEqual([]);
});
