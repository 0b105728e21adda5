/** All kernels. A new one adds one line here and its name below. */
import type { KernelDefinition } from '../engine/contract.js';
import { fill } from './fill/fill.js';
import { totalVariation } from './total-variation/total-variation.js';

export { fill, totalVariation };

/** Every kernel of the engine, for tests, benchmarks, the doctor and the documentation. */
export const KERNELS: readonly KernelDefinition[] = [fill, totalVariation];
