import type { Attributes, KernelDefinition, Variant } from '../../src/engine/contract.js';

export { checkVariant, randomInputs, worstDifferences } from '../../src/engine/check-kernel.js';

/**
 * One variant of each family, the last: variants such as `shared-memory-128x128` and `shared-memory-32x32` run the same
 * file with other constants. For tests that look at files and dispatches, not at numbers.
 */
export function distinctVariants<A extends Attributes>(kernel: KernelDefinition<A>): Variant<A>[] {
  return [...new Map(kernel.variants.map((variant) => [variant.id.replace(/-\d+x\d+$/, ''), variant])).values()];
}
