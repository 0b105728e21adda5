/** Checks kernels against their float64 references: for the self-test of a device, and for tests. */
import { elementCount, type Attributes, type KernelDefinition, type Values } from './contract.js';
import type { Engine } from './engine.js';
import { drawValues, Philox } from './random.js';
import { runKernel } from './run-kernel.js';
import { fromHalf, toHalf } from './values.js';
import { describe as describeAttributes } from './select.js';

/** One line of the table of worst differences. */
export interface Difference {
  readonly output: string;
  readonly index: number;
  readonly got: number;
  readonly wanted: number;
  /** The difference over the size of the wanted value: see {@link worstDifferences}. */
  readonly relative: number;
}

/** Random inputs for every input (and in-place output) of a kernel, rounded to f32 so that both sides see the same numbers. */
export function randomInputs<A extends Attributes>(kernel: KernelDefinition<A>, attributes: A, seed: number): Values {
  const random = new Philox(seed);
  const uniform = (low: number, high: number): number => Math.fround(low + (high - low) * random.nextUniform());
  const shapes = kernel.shapes(attributes);
  const given = kernel.generate?.(attributes, uniform) ?? {};
  const values: Record<string, Float64Array> = {};
  for (const spec of [...kernel.inputs, ...kernel.outputs.filter((output) => output.inPlace === true)]) {
    values[spec.name] = given[spec.name] ?? drawValues(elementCount(shapes[spec.name] ?? []), () => uniform(-1, 1));
  }
  return values;
}

/**
 * The worst difference of each output between kernel and reference, over the wanted value or the reference's root mean square, whichever
 * is larger. Rounding follows the size of what is summed: a diagonal entry of a Gram matrix is many times the root mean square of
 * all entries, and so is its rounding; a value near zero is a sum of others that cancel, and rounds as they do.
 */
export function worstDifferences(results: Values, wanted: Values): Difference[] {
  return Object.entries(wanted).map(([output, reference]) => {
    const got = results[output] ?? new Float64Array();
    const rms = Math.sqrt(reference.reduce((sum, value) => sum + value * value, 0) / Math.max(reference.length, 1)) || 1;
    let worst: Difference = { output, index: -1, got: NaN, wanted: NaN, relative: got.length === reference.length ? 0 : Infinity };
    reference.forEach((value, index) => {
      const difference = Math.abs((got[index] ?? NaN) - value) / Math.max(rms, Math.abs(value));
      if (!(difference <= worst.relative))
        worst = { output, index, got: got[index] ?? NaN, wanted: value, relative: Number.isNaN(difference) ? Infinity : difference };
    });
    return worst;
  });
}

/**
 * The allowed largest relative difference of a variant's output, as {@link worstDifferences} measures it, in f32 or with `half` in half
 * precision; 0 for integers, which are bits or counters: no error of theirs is small.
 */
export function allowedDifference<A extends Attributes>(kernel: KernelDefinition<A>, attributes: A, variant: string, output: string, half = false): number {
  const dtype = kernel.outputs.find(({ name }) => name === output)?.dtype;
  if (dtype === 'u32' || dtype === 'i32') return 0;
  return half ? (kernel.halfTolerance?.(attributes, variant) ?? 4e-3) : (kernel.tolerance?.(attributes, variant) ?? 2e-5);
}

/** The inputs with those that may lie in half precision rounded to it. */
export function halfInputs<A extends Attributes>(kernel: KernelDefinition<A>, values: Values): Values {
  const isHalf = (name: string): boolean => kernel.half?.includes(name) === true;
  return Object.fromEntries(Object.entries(values).map(([name, data]) => [name, isHalf(name) ? data.map((value) => fromHalf(toHalf(value))) : data]));
}

/**
 * Runs one variant on fresh random data with poisoned outputs, with `half` in half precision where the kernel allows it; returns a
 * table of outputs beyond tolerance, empty when good.
 */
export async function checkVariant<A extends Attributes>(
  engine: Engine,
  kernel: KernelDefinition<A>,
  variant: string,
  attributes: A,
  seed: number,
  half = false,
): Promise<string[]> {
  const drawn = randomInputs(kernel, attributes, seed);
  const inputs = half ? halfInputs(kernel, drawn) : drawn;
  const wanted = kernel.reference(attributes, inputs);
  const results = await runKernel(engine, kernel, attributes, inputs, { variant, poison: true, half });
  return worstDifferences(results, wanted)
    .map((difference) => ({ ...difference, allowed: allowedDifference(kernel, attributes, variant, difference.output, half) }))
    .filter(({ relative, allowed }) => !(relative <= allowed))
    .map(
      ({ output, index, got, wanted: value, relative, allowed }) =>
        `${kernel.name}/${variant}${half ? ' in half precision' : ''} (${describeAttributes(attributes)}) ${output}[${String(index)}]: got ${String(got)}, wanted ${String(value)}, ${relative.toExponential(1)} of its size, allowed ${allowed.toExponential(1)}`,
    );
}
