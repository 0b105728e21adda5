/** Weights of the losses and settings of the optimiser, written to a step's uniforms. */
import type { Engine } from '../engine/engine.js';
import type { TensorHandle } from '../engine/program.js';
import { optimiserHyper } from './optimiser.js';
import type { LiveSettings, StyleTransferSettings } from './settings.js';
import type { StepProgram } from './step-program.js';
import type { StyleTarget } from './style-targets.js';
import type { ContentTarget } from './targets.js';

/** Targets as far as their weights follow from them. */
export interface WeighedTargets {
  readonly styleGoals: readonly StyleTarget[];
  readonly contents: ReadonlyMap<string, Pick<ContentTarget, 'meanSquare'>>;
}

/** The factor of a term: 1, or 1 over the mean square of its target. */
function normaliser(kind: 'none' | 'target', meanSquare: number): number {
  return kind === 'target' && meanSquare > 0 ? 1 / meanSquare : 1;
}

/** Writes what {@link LiveSettings} holds; the next step submitted uses it. `gradientScale` is a power of two; in f32 it is 1. */
export function writeLiveSettings(
  engine: Engine,
  { program, tensors }: Pick<StepProgram, 'program' | 'tensors'>,
  settings: StyleTransferSettings,
  live: LiveSettings,
  { styleGoals, contents }: WeighedTargets,
  gradientScale = 1,
): void {
  const write = (tensor: TensorHandle | undefined, ...values: number[]): void => {
    if (tensor !== undefined) engine.write(program.bufferOf(tensor), Float32Array.from(values));
  };
  write(tensors.weights, live.styleWeight, live.contentWeight, live.tvWeight);
  write(tensors.optimiser.hyper, ...optimiserHyper(settings, live));
  write(tensors.tvWeight, live.tvWeight);
  write(tensors.half?.unscale, 1 / gradientScale);
  const contentFactors = settings.contentLayers.map((layer) => {
    const factor = normaliser(settings.contentNormalize, contents.get(layer)?.meanSquare ?? 0);
    write(tensors.contentWeights.get(layer), live.contentWeight * factor * gradientScale * (tensors.shares?.get(layer) ?? 1));
    return factor;
  });
  if (contentFactors.length > 0) write(tensors.contentFactors, ...contentFactors);
  for (const { term, factor } of styleGoals) {
    write(tensors.styleTerms.get(term.id)?.normaliser, factor);
    write(tensors.styleTerms.get(term.id)?.weight, live.styleWeight * factor * gradientScale * (tensors.shares?.get(term.layer) ?? 1));
  }
}
