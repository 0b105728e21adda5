/** Every WGSL file alone, and with the constants of every variant, through Dawn's null backend: validation without a driver. */
import { beforeAll, describe, expect, it } from 'vitest';
import { copyProbe, multiplyAddProbe } from '../../src/bench/probes/probes.js';
import { erased } from '../../src/bench/suites/suite.js';
import type { Pass } from '../../src/engine/contract.js';
import { requestDevice, traitsOf, type DeviceTraits } from '../../src/engine/device.js';
import { PipelineCache, pipelineKey } from '../../src/engine/pipelines.js';
import { reflectShader } from '../../src/engine/wgsl.js';
import { KERNELS } from '../../src/kernels/index.js';
import { shaderFiles } from '../support/shader-files.js';

let device: GPUDevice;
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
  device = await requestDevice(adapter, 'null');
  pipelines = new PipelineCache(device);
  traits = traitsOf(device, adapter.info);
});

const files = shaderFiles();
/** The benchmarks' probes are kernels like any other. */
const ALL = [...KERNELS, erased(multiplyAddProbe), erased(copyProbe)];

describe('WGSL files', () => {
  it.each(files)('$path is valid alone, with its defaults, plain and expanded', async (shader) => {
    const missing = reflectShader(shader).enables.filter((name) => !traits.features.has(name === 'f16' ? 'shader-f16' : name));
    expect(missing, 'the null backend lacks a feature').toEqual([]);
    const module = device.createShaderModule({ code: shader.source });
    const { messages } = await module.getCompilationInfo();
    expect(messages.filter(({ type }) => type === 'error').map(({ lineNum, message }) => `${String(lineNum)}: ${message}`)).toEqual([]);
    await expect(pipelines.get({ shader })).resolves.toBeDefined();
  });

  it('are all used by a kernel', () => {
    const used = new Set(everyPass().map(({ shader }) => shader.path));
    expect(files.map(({ path }) => path).filter((path) => !used.has(path))).toEqual([]);
  });
});

/** The passes of every variant and sample, for a GPU and for software adapters with small subgroups. */
function everyPass(): Pass[] {
  const kinds = [4, 8, 32].map((subgroup) => ({ ...traits, isSoftware: subgroup < 32, subgroupMinSize: subgroup, subgroupMaxSize: subgroup }));
  return ALL.flatMap((kernel) =>
    kernel.variants.flatMap((variant) =>
      kinds.flatMap((kind) =>
        [...kernel.samples, ...(kernel.largeSamples ?? [])]
          .filter((sample) => variant.accepts(sample, kind) === true)
          .flatMap((sample) => [...(variant.prepare?.(sample, kind).passes ?? []), ...variant.passes(sample, kind)]),
      ),
    ),
  );
}

describe('constants of variants', () => {
  it('give valid pipelines, all of them, on adapters of both kinds', async () => {
    const passes = new Map(everyPass().map((pass) => [pipelineKey(pass.shader, pass.constants ?? {}), pass]));
    const failures: string[] = [];
    for (const pass of passes.values()) {
      await pipelines.get(pass).catch((error: unknown) => failures.push(`${JSON.stringify(pass.constants)}: ${String(error)}`));
    }
    expect(failures).toEqual([]);
    expect(passes.size).toBeGreaterThan(ALL.length);
  });
});
