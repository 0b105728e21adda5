/** How long a variant's pipelines take to compile. */
import type { Attributes, KernelDefinition } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { findVariant } from '../../engine/select.js';

/** Milliseconds on the wall, and how many pipelines of the variant were not known before. */
export interface Compilation {
  readonly compileMs: number;
  readonly compiledPipelines: number;
}

/** Compiles all pipelines of a variant, in parallel. Throws `shader-invalid`. */
export async function compileVariant(engine: Engine, kernel: KernelDefinition, attributes: Attributes, id: string, now: () => number): Promise<Compilation> {
  const variant = findVariant(kernel, id);
  const passes = [...(variant.prepare?.(attributes, engine.traits).passes ?? []), ...variant.passes(attributes, engine.traits)];
  const before = engine.pipelines.size;
  const start = now();
  await Promise.all(passes.map((pass) => engine.pipelines.get(pass)));
  return { compileMs: now() - start, compiledPipelines: engine.pipelines.size - before };
}
