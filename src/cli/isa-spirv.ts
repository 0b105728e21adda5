/** The process that has Dawn print SPIR-V: `fork`ed by the command line, because Dawn prints to the process's own streams. */
import { writeSync } from 'node:fs';
import type { ShaderText } from '../bench/isa/plan.js';
import { GramaryeError, messageOf } from '../engine/errors.js';
import { toPlainError } from '../engine/plain-error.js';
import { shaderMark, type SpirvOutcome } from './isa/spirv.js';

/** Bounds are checked by AMD's hardware, so the clamps are left out as browsers do there. */
const TOGGLES = ['enable-dawn-features=dump_shaders,disable_robustness'];

async function compileAll(shaders: readonly ShaderText[]): Promise<SpirvOutcome> {
  let dawn;
  try {
    dawn = await import('webgpu');
  } catch (error) {
    throw new GramaryeError('webgpu-missing', 'Dawn for Node is not installed.', { remedy: 'Run "npm install webgpu".', cause: error });
  }
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create(TOGGLES);
  // Dawn's object must stay referenced, or Node aborts in the middle of an await.
  Object.assign(globalThis, { gramaryeDawn: gpu });
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new GramaryeError('adapter-missing', 'Dawn found no Vulkan driver.', { remedy: 'Install Chromium or mesa-vulkan-drivers.' });
  const device = await adapter.requestDevice({
    requiredFeatures: (['shader-f16', 'subgroups'] as const).filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: adapter.limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage,
    },
  });
  const problems: string[] = [];
  for (const [index, { source, overrides }] of shaders.entries()) {
    for (const stream of [1, 2]) writeSync(stream, shaderMark(index));
    try {
      const module = device.createShaderModule({ code: source });
      await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main', constants: { ...overrides } } });
      problems.push('');
    } catch (error) {
      problems.push(messageOf(error).split('\n', 1)[0] ?? 'the shader does not compile');
    }
  }
  for (const stream of [1, 2]) writeSync(stream, shaderMark(shaders.length));
  return { problems };
}

// A live timer: Node ends otherwise while only the GPU is at work.
const alive = setInterval(() => undefined, 1_000);
process.once('message', ({ shaders }: { readonly shaders: readonly ShaderText[] }) => {
  void compileAll(shaders)
    .catch((error: unknown): SpirvOutcome => ({ error: toPlainError(error) }))
    .then((outcome) => {
      process.send?.(outcome);
      clearInterval(alive);
      process.disconnect();
      // What was printed has been written; Dawn's threads need not be waited for.
      setImmediate(() => process.exit(0));
    });
});
