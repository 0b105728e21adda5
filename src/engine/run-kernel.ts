import { DTYPE_BYTES, elementCount, type Attributes, type KernelDefinition, type Values } from './contract.js';
import { decodeValues, encodeValues } from './values.js';
import type { Engine } from './engine.js';
import { ProgramBuilder, type TensorHandle } from './program.js';

/** What to do before and after one checked call of a kernel. */
export interface RunKernelOptions {
  /** Pin a variant. */
  readonly variant?: string;
  /** Fill every output that is not in place, and all scratch, with NaN bits first, so that a missing write shows. */
  readonly poison?: boolean;
  /** Keep all tensors that may lie in half precision so (default: as the kernel defines them). */
  readonly half?: boolean;
}

/**
 * Runs one kernel once on values from the CPU and reads every output back. For tests, the self-test and the doctor:
 * programs use {@link ProgramBuilder}.
 */
export async function runKernel<A extends Attributes>(
  engine: Engine,
  kernel: KernelDefinition<A>,
  attributes: A,
  values: Values,
  options: RunKernelOptions = {},
): Promise<Record<string, Float64Array>> {
  const shapes = kernel.shapes(attributes);
  const pins = options.variant === undefined ? {} : { [kernel.name]: options.variant };
  const builder = new ProgramBuilder(engine, { pins });
  const tensors: Record<string, TensorHandle> = {};
  for (const spec of [...kernel.inputs, ...kernel.outputs]) {
    const dtype = options.half === true && kernel.half?.includes(spec.name) === true ? 'f16' : spec.dtype;
    tensors[spec.name] ??= builder.persistent(spec.name, shapes[spec.name] ?? [], { category: 'activations', dtype });
  }
  builder.call(kernel.name, kernel, attributes, tensors);
  const program = await builder.build();
  try {
    if (options.poison === true) poisonBuffers(engine, program.ownedStorage);
    for (const spec of [...kernel.inputs, ...kernel.outputs.filter((output) => output.inPlace === true)]) {
      const tensor = tensors[spec.name];
      const data = values[spec.name];
      if (tensor !== undefined && data !== undefined) engine.write(program.bufferOf(tensor), encodeValues(data, tensor.dtype));
    }
    program.prepare();
    program.run();
    const results: Record<string, Float64Array> = {};
    for (const spec of kernel.outputs) {
      const tensor = tensors[spec.name];
      if (tensor === undefined) continue;
      const bytes = await engine.read(program.bufferOf(tensor), 0, elementCount(tensor.shape) * DTYPE_BYTES[tensor.dtype]);
      results[spec.name] = decodeValues(bytes, tensor.dtype);
    }
    return results;
  } finally {
    program.destroy();
  }
}

/** Fills buffers with a quiet-NaN pattern (0x7fc0_beef as f32, NaN in f16 as well). */
export function poisonBuffers(engine: Engine, buffers: Iterable<GPUBuffer>): void {
  for (const buffer of buffers) engine.write(buffer, new Uint32Array(buffer.size / 4).fill(0x7fc0_7e00));
}
