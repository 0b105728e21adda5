/** Whether a device computes what it should: every kernel in every variant it accepts, against the float64 reference. */
import { checkVariant } from '../engine/check-kernel.js';
import type { KernelDefinition } from '../engine/contract.js';
import type { Engine } from '../engine/engine.js';
import { GramaryeError, messageOf, throwIfAborted } from '../engine/errors.js';
import { KERNELS } from '../kernels/index.js';

/** One kernel in one variant. */
export interface SelfTestCheck {
  readonly kernel: string;
  readonly variant: string;
  /** Empty when the check has passed. */
  readonly problems: readonly string[];
}

/** How a self-test is watched and stopped. */
export interface SelfTestOptions {
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called before each check, and with `done === total` after the last. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

interface PlannedCheck {
  readonly kernel: KernelDefinition;
  readonly variant: string;
  readonly attributes: KernelDefinition['samples'][number];
}

/** The cheapest sample a variant takes on this device: the reference is slow, and the page shall not stand still for it. */
function plan(engine: Engine, kernel: KernelDefinition): PlannedCheck[] {
  return kernel.variants.flatMap((variant) => {
    const taken = kernel.samples.filter((attributes) => variant.accepts(attributes, engine.traits) === true);
    const [attributes] = [...taken].sort((a, b) => kernel.cost(a).flops - kernel.cost(b).flops);
    return attributes === undefined ? [] : [{ kernel, variant: variant.id, attributes }];
  });
}

/** Runs all checks, on random numbers of a seed. Rejects with `aborted` or `device-lost`; a kernel that fails is a result. */
export async function selfTest(engine: Engine, options: SelfTestOptions = {}): Promise<SelfTestCheck[]> {
  const checks = KERNELS.flatMap((kernel) => plan(engine, kernel));
  const results: SelfTestCheck[] = [];
  for (const [index, { kernel, variant, attributes }] of checks.entries()) {
    throwIfAborted(options.signal);
    options.onProgress?.(index, checks.length, `${kernel.name}/${variant}`);
    let problems: readonly string[];
    try {
      problems = await checkVariant(engine, kernel, variant, attributes, options.seed ?? index);
    } catch (error) {
      const isKnown = error instanceof GramaryeError && error.code === 'device-lost';
      if (isKnown) throw error;
      if (engine.isLost) throw new GramaryeError('device-lost', 'The graphics device was lost during the self-test.', { remedy: 'Try again.', cause: error });
      problems = [`${kernel.name}/${variant}: ${messageOf(error)}`];
    }
    results.push({ kernel: kernel.name, variant, problems });
  }
  options.onProgress?.(checks.length, checks.length, '');
  return results;
}
