/** A reference case with one variant forced wherever it is taken, and how far the result is from the reference. */
import type { BoundCall } from '../../src/engine/program.js';
import type { Engine } from '../../src/engine/engine.js';
import type { VariantPins } from '../../src/engine/select.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import { createStyleTransfer, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import { expectedTensors, imageError, relativeL2, type GoldenCase } from './golden.js';

/** One variant of one kernel, forced. */
export interface ForcedVariant {
  readonly kernel: string;
  readonly variant: string;
  /** Pins of the calls that take it. */
  readonly pins: VariantPins;
  /** Calls that take it, and calls of the kernel. */
  readonly taken: number;
  readonly calls: number;
}

/** Errors of a case, each divided by what is allowed: at most 1 when the case holds. */
export interface CaseErrors {
  readonly gram: number;
  readonly gradient: number;
  readonly firstLosses: number;
  readonly losses: number;
  readonly image: number;
}

function makeRun(engine: Engine, { settings, content, styles, init }: GoldenCase, net: VggWeights, pins: VariantPins): Promise<StyleTransferRun> {
  return createStyleTransfer(engine, settings, { net, content, styles, init }, { pins });
}

/** Every variant of every kernel that has more than one, each for all calls of the case that it accepts. */
export async function forcedVariants(engine: Engine, golden: GoldenCase, net: VggWeights): Promise<ForcedVariant[]> {
  const run = await makeRun(engine, golden, net, {});
  const byKernel = new Map<string, BoundCall[]>();
  for (const call of [...run.targetCalls, ...run.calls]) byKernel.set(call.kernel, [...(byKernel.get(call.kernel) ?? []), call]);
  run.destroy();
  return [...byKernel].flatMap(([kernel, calls]) => {
    const variants = calls[0]?.definition.variants ?? [];
    if (variants.length < 2) return [];
    return variants.map((variant) => {
      const taking = calls.filter(({ attributes }) => variant.accepts(attributes, engine.traits) === true);
      return {
        kernel,
        variant: variant.id,
        pins: Object.fromEntries(taking.map(({ label }) => [label, variant.id])),
        taken: taking.length,
        calls: calls.length,
      };
    });
  });
}

/**
 * Runs the case with pins. Allowed: Gram matrices 1e-5 and losses of step 0 1e-5 (1e-4 with Winograd), later losses 1e-3,
 * gradient 1e-4, images RMS 5e-4 with 99.9% of the values within 2e-3; what the reference has as zero 1e-6 of the total.
 */
export async function errorsOf(engine: Engine, golden: GoldenCase, net: VggWeights, pins: VariantPins): Promise<CaseErrors> {
  const { config } = golden;
  const run = await makeRun(engine, golden, net, pins);
  const missed = Object.entries(pins).filter(([label, variant]) => run.variants[label] !== variant);
  try {
    if (missed.length > 0) throw new Error(`Pinned, but not used: ${missed.map(([label]) => label).join()}`);
    const exact = Object.values(run.variants).some((variant) => variant.startsWith('winograd')) ? 1e-4 : 1e-5;
    const firstGradient = await run.gradient();
    const tensors = expectedTensors(golden, firstGradient);
    const gram = Math.max(...run.gramTargets.map(({ layer, values }) => relativeL2(values, tensors.get(`gram.target.${layer}`)?.values ?? []))) / exact;
    const gradient = relativeL2(firstGradient, tensors.get('grad.total')?.values ?? []) / 1e-4;
    await run.run();
    const trace = await run.completeTrace();
    const loss = golden.trace.map((wanted, step) =>
      Math.max(
        ...(['style', 'content', 'tv', 'total'] as const).map((name) => {
          const allowed = wanted[name] === 0 ? 1e-6 * Math.abs(wanted.total) : (step === 0 ? exact : 1e-3) * Math.abs(wanted[name]);
          return Math.abs((trace[step]?.[name] ?? NaN) - wanted[name]) / allowed;
        }),
      ),
    );
    const { rms, shareBeyond } = imageError((await run.image()).data, tensors.get(`image.step${String(config.steps)}`)?.values ?? []);
    return { gram, gradient, firstLosses: loss[0] ?? NaN, losses: Math.max(...loss.slice(1)), image: Math.max(rms / 5e-4, shareBeyond / 1e-3) };
  } finally {
    run.destroy();
  }
}
