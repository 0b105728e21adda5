import type { Attributes, KernelDefinition, Variant } from './contract.js';
import type { DeviceTraits } from './device.js';
import { GramaryeError } from './errors.js';

/**
 * Variant ids that a user, a test or the tuner pins, by what they name: one call by its label (`block3_conv2`), every call of a
 * kernel with the same attributes by its shape key ({@link shapeKey}), or every call of a kernel by the kernel's name. The
 * most particular wins.
 */
export type VariantPins = Readonly<Record<string, string>>;

/** Names every call of a kernel with these attributes: `conv3x3ReluGate(height 8, width 8, inChannels 64, outChannels 64)`. */
export function shapeKey(kernel: string, attributes: Attributes): string {
  return `${kernel}(${describe(attributes)})`;
}

/** The pin of a call, and what names it. */
function pinOf(kernel: string, attributes: Attributes, pins: VariantPins, label: string | undefined): string | undefined {
  for (const key of [...(label === undefined ? [] : [label]), shapeKey(kernel, attributes), kernel]) {
    if (Object.hasOwn(pins, key)) return pins[key];
  }
  return undefined;
}

/** True when pins say something about a call. */
export function isPinned({ kernel, attributes, label }: { kernel: string; attributes: Attributes; label: string }, pins: VariantPins): boolean {
  return pinOf(kernel, attributes, pins, label) !== undefined;
}

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
 * The variant to use: the pinned one, else the most preferred that accepts. `label` names the call for pins. Throws
 * `unknown-variant` for a pin that does not accept, and `unsupported` with every variant's reason when none does.
 */
export function selectVariant<A extends Attributes>(
  kernel: KernelDefinition<A>,
  attributes: A,
  traits: DeviceTraits,
  pins: VariantPins = {},
  label?: string,
): Variant<A> {
  const pin = pinOf(kernel.name, attributes, pins, label);
  if (pin !== undefined) {
    const variant = findVariant(kernel, pin);
    const verdict = variant.accepts(attributes, traits);
    if (verdict !== true)
      throw new GramaryeError(
        'unknown-variant',
        `Kernel ${kernel.name}: the pinned variant "${pin}" does not take ${describe(attributes)}${label === undefined ? '' : ` (${label})`}: ${verdict}.`,
        {
          remedy: 'Pin another variant, or none.',
        },
      );
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
