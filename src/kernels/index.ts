/** All kernels. A new one adds one line here. */
import type { KernelDefinition } from '../engine/contract.js';
import { totalVariation } from './total-variation/total-variation.js';

export { totalVariation };

/** Every kernel of the engine, for tests, benchmarks, the doctor and the documentation. */
export const KERNELS: readonly KernelDefinition[] = [totalVariation];
