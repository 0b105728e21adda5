/** Whether a picture is computed as a whole: asked first, because most are. */
import { wholeBytes } from '../../engine/budget.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import type { MemoryPlan } from '../../engine/program.js';
import type { StyleTransferSettings } from '../settings.js';
import { planStep, type StepOptions, type StepPlan } from '../step-program.js';
import type { StepNet } from '../vgg-net.js';

/** What the settings say of tiles. The halo of a tile ends at the edge of the picture; a seamless one has none. */
export function askedTile({ tile = 'auto', seamless }: Pick<StyleTransferSettings, 'tile' | 'seamless'>): NonNullable<StyleTransferSettings['tile']> {
  return seamless === true ? 'off' : tile;
}

/** Whether a plan keeps to the memory budget and to what the device binds at once. */
export function fits(engine: Engine, memory: MemoryPlan, options: StepOptions): boolean {
  const { maxStorageBufferBindingSize } = (options.traits ?? engine.traits).limits;
  return memory.largestBindingBytes <= maxStorageBufferBindingSize && wholeBytes(memory) <= (options.budgetBytes ?? Infinity);
}

/** The plan of the whole, or the `out-of-memory` that refuses it. */
export function planWhole(engine: Engine, net: StepNet, settings: StyleTransferSettings, options: StepOptions): StepPlan | GramaryeError {
  try {
    return planStep(engine, net, settings, options);
  } catch (error) {
    if (error instanceof GramaryeError && error.code === 'out-of-memory') return error;
    throw error;
  }
}

/** Whether the run goes without tiles, as far as that shows before anything is allocated. Throws `out-of-memory` where tiles are off and nothing else would do. */
export function goesWhole(engine: Engine, net: StepNet, settings: StyleTransferSettings, options: StepOptions): boolean {
  const tile = askedTile(settings);
  if (typeof tile === 'number') return false;
  const plan = planWhole(engine, net, settings, options);
  if (!(plan instanceof GramaryeError)) return tile === 'off' || fits(engine, plan, options);
  if (tile === 'off') throw plan;
  return false;
}
