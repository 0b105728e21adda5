/** Gradients of float64 references against central differences of the references they are gradients of. */
import { expect } from 'vitest';
import type { Values } from '../../src/engine/contract.js';
import { Philox } from '../../src/engine/random.js';

const STEP = 1e-5;
const TRIALS = 24;

/** A function of named tensors with its claimed gradients. */
export interface GradientCase {
  readonly inputs: Values;
  readonly seed: number;
  /** The differentiated function. */
  readonly forward: (values: Values) => Float64Array;
  /** The gradients by input name, given the gradient of the output. */
  readonly backward: (values: Values, gradient: Float64Array) => Readonly<Record<string, Float64Array>>;
}

/**
 * Compares the gradients of Σ r · output, r random, with central differences at up to 24 places of each input. The
 * function must be smooth within 1e-5 of the inputs.
 */
export function expectGradients({ inputs, seed, forward, backward }: GradientCase): void {
  const random = new Philox(seed, 7);
  const factors = Float64Array.from(forward(inputs), () => 2 * random.nextUniform() - 1);
  const loss = (values: Values): number => forward(values).reduce((sum, value, i) => sum + value * (factors[i] ?? 0), 0);
  for (const [name, gradient] of Object.entries(backward(inputs, factors))) {
    const input = inputs[name] ?? new Float64Array();
    expect(gradient.length).toBe(input.length);
    for (let trial = 0; trial < TRIALS; trial++) {
      const at = Math.floor(random.nextUniform() * input.length);
      const moved = (by: number): Values => ({ ...inputs, [name]: input.map((value, i) => (i === at ? value + by : value)) });
      const difference = (loss(moved(STEP)) - loss(moved(-STEP))) / (2 * STEP);
      const size = Math.max(1, Math.abs(difference));
      expect((gradient[at] ?? NaN) / size, `${name}[${String(at)}]`).toBeCloseTo(difference / size, 5);
    }
  }
}
