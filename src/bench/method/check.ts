/** Is a variant right? Against the float64 reference, at the timed shape or, where that is too much work, at a smaller one. */
import { elementCount, type Attributes, type KernelDefinition, type Values } from '../../engine/contract.js';
import { allowedDifference, randomInputs, worstDifferences } from '../../engine/check-kernel.js';
import type { Engine } from '../../engine/engine.js';
import { runKernel } from '../../engine/run-kernel.js';
import { describe } from '../../engine/select.js';
import type { CaseCheck } from '../result.js';

/** Operations that a reference may take: about a second of a processor. */
export const REFERENCE_FLOPS = 3.2e8;
/** Elements of all tensors that a reference may take. */
const REFERENCE_ELEMENTS = 8e6;
/** Dimensions that may shrink without changing what a kernel does; channels stay. */
const SHRINKABLE = new Set(['height', 'width', 'positions', 'pixels', 'count', 'batch', 'size', 'invocations']);

/** Inputs and wanted outputs of one kernel call. */
export interface ReferenceValues {
  readonly inputs: Values;
  readonly wanted: Values;
}

/** Computes a reference: here, or in a worker where a page must stay responsive. */
export type ReferenceSource = (kernel: KernelDefinition, attributes: Attributes, seed: number) => Promise<ReferenceValues>;

/** Random inputs and what the definition makes of them, on this thread. */
export const referenceHere: ReferenceSource = async (kernel, attributes, seed) => {
  const inputs = randomInputs(kernel, attributes, seed);
  return Promise.resolve({ inputs, wanted: kernel.reference(attributes, inputs) });
};

function isAffordable(kernel: KernelDefinition, attributes: Attributes): boolean {
  const elements = Object.values(kernel.shapes(attributes)).reduce((sum, shape) => sum + elementCount(shape), 0);
  return kernel.cost(attributes).flops <= REFERENCE_FLOPS && elements <= REFERENCE_ELEMENTS;
}

/** The shape itself, or the largest that halving its largest spatial dimension gives and the reference can afford. */
export function checkableAttributes(kernel: KernelDefinition, attributes: Attributes): Attributes {
  let reduced = attributes;
  while (!isAffordable(kernel, reduced)) {
    const candidates = Object.entries(reduced).filter(
      (entry): entry is [string, number] => SHRINKABLE.has(entry[0]) && typeof entry[1] === 'number' && entry[1] > 1,
    );
    const largest = candidates.reduce<[string, number] | undefined>((best, entry) => (best === undefined || entry[1] > best[1] ? entry : best), undefined);
    if (largest === undefined) return reduced;
    const [name, value] = largest;
    // Keeps multiples of four, which many variants insist on for flat sizes.
    const half = value >= 8 && value % 8 === 0 ? value / 2 : Math.floor(value / 2);
    reduced = { ...reduced, [name]: Math.max(1, half) };
  }
  return reduced;
}

/** What a check found. */
export interface Verdict {
  readonly check: CaseCheck;
  /** What is wrong, one line an output; empty when right. */
  readonly problems: readonly string[];
}

/** Compares outputs with the wanted ones. */
export function compareOutputs(
  kernel: KernelDefinition,
  attributes: Attributes,
  variant: string,
  got: Values,
  wanted: Values,
  against: CaseCheck['against'],
  slack = 1,
): Verdict {
  const differences = worstDifferences(got, wanted).map((difference) => ({
    ...difference,
    allowed: slack * allowedDifference(kernel, attributes, variant, difference.output),
  }));
  const problems = differences
    .filter(({ relative, allowed }) => !(relative <= allowed))
    .map(
      ({ output, index, got: value, wanted: expected, relative, allowed }) =>
        `${output}[${String(index)}] is ${value.toPrecision(6)}, wanted ${expected.toPrecision(6)}: ${relative.toExponential(1)} of its size, allowed ${allowed.toExponential(1)}`,
    );
  const floating = differences.filter(({ allowed }) => allowed > 0);
  return {
    problems,
    check: {
      against,
      worst: finite(Math.max(0, ...(problems.length > 0 ? differences : floating).map(({ relative }) => relative))),
      allowed: Math.max(0, ...floating.map(({ allowed }) => allowed)),
    },
  };
}

/** JSON has no infinity. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.MAX_VALUE;
}

/** Runs one variant on the reference's inputs with poisoned outputs. */
export async function checkAgainstReference(
  engine: Engine,
  kernel: KernelDefinition,
  variant: string,
  attributes: Attributes,
  { inputs, wanted }: ReferenceValues,
  timed: Attributes,
): Promise<Verdict> {
  const got = await runKernel(engine, kernel, attributes, inputs, { variant, poison: true });
  const isSame = attributes === timed;
  const verdict = compareOutputs(kernel, attributes, variant, got, wanted, isSame ? 'reference' : 'smaller-reference');
  return isSame
    ? verdict
    : { ...verdict, check: { ...verdict.check, note: `checked at ${describe(attributes)}; at the timed shape variants are held against each other` } };
}
