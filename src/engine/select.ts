import type { Attributes, KernelDefinition, Variant } from './contract.js';
import type { DeviceTraits } from './device.js';
import { GramaryeError } from './errors.js';

/** Variant ids by kernel name, for a user or a test that pins them. */
export type VariantPins = Readonly<Record<string, string>>;

/** A variant by id. Throws `unknown-variant`. */
export function findVariant<A extends Attributes>(kernel: KernelDefinition<A>, id: string): Variant<A> {
  const variant = kernel.variants.find((candidate) => candidate.id === id);
  if (variant === undefined) {
    throw new GramaryeError('unknown-variant', `Kernel ${kernel.name} has no variant "${id}".`, {
      remedy: `It has ${kernel.variants.map((candidate) => candidate.id).join(', ')}.`,
    });
  }
  return variant;
}

/** The variants that take these attributes on this device, the most preferred first. */
export function acceptedVariants<A extends Attributes>(kernel: KernelDefinition<A>, attributes: A, traits: DeviceTraits): Variant<A>[] {
  const preference = (variant: Variant<A>): number => variant.preference?.(attributes, traits) ?? 0;
  return kernel.variants.filter((variant) => variant.accepts(attributes, traits) === true).sort((a, b) => preference(b) - preference(a));
}

/**
 * The variant to use: the pinned one, else the most preferred that accepts. Throws `unknown-variant` for a pin that does not
 * accept, and `unsupported` with every variant's reason when none does.
 */
export function selectVariant<A extends Attributes>(kernel: KernelDefinition<A>, attributes: A, traits: DeviceTraits, pins: VariantPins = {}): Variant<A> {
  const pin = pins[kernel.name];
  if (pin !== undefined) {
    const variant = findVariant(kernel, pin);
    const verdict = variant.accepts(attributes, traits);
    if (verdict !== true)
      throw new GramaryeError('unknown-variant', `Kernel ${kernel.name}: the pinned variant "${pin}" does not take ${describe(attributes)}: ${verdict}.`);
    return variant;
  }
  const [best] = acceptedVariants(kernel, attributes, traits);
  if (best !== undefined) return best;
  const reasons = kernel.variants.map((variant) => `${variant.id}: ${String(variant.accepts(attributes, traits))}`);
  throw new GramaryeError('unsupported', `Kernel ${kernel.name} has no variant for ${describe(attributes)} on this device (${reasons.join('; ')}).`);
}

/** Attributes as short text. */
export function describe(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
