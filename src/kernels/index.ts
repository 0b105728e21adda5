/** All kernels, by name and as a list. A new one adds one line to list.ts. */
import type { KernelDefinition } from '../engine/contract.js';
import * as list from './list.js';

export * from './list.js';

/** Every kernel of the engine, for tests, benchmarks, the doctor and the documentation. */
export const KERNELS: readonly KernelDefinition[] = Object.values(list);
