/** Whether a run is tiled, and in which size. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import type { MemoryPlan } from '../../engine/program.js';
import { netUpTo, type VggWeights } from '../../models/vgg19.js';
import type { StyleTransferSettings } from '../settings.js';
import type { StepOptions, StepPlan } from '../step-program.js';
import type { StepNet } from '../vgg-net.js';
import { planTiledStep } from './tiled-step.js';
import { TILE_WORKING_BYTES, tileSides } from './tile-sides.js';
import { askedTile, fits, planWhole } from './whole.js';
import { planTiles, type TilePlan } from './windows.js';

/** Bytes of a plan besides image, optimiser and the net's own weights. */
export function workingBytes({ byCategory }: MemoryPlan): number {
  return byCategory.activations + byCategory.scratch + byCategory.targets + byCategory['transformed-weights'];
}

/** A step's memory, and how its picture is cut, if it is. */
export interface PlannedRun {
  readonly memory: StepPlan;
  readonly tiles: TilePlan | undefined;
}

/**
 * Plans a step as the settings ask: whole, in tiles of a given size, or (`auto`) whole where that fits the memory budget and the
 * device's largest binding, else in the largest tiles that do. With `refusal`, which the device gave, the whole is not considered. Nothing is allocated. Throws `bad-option` for a size that does not fit
 * the net, `out-of-memory` where nothing fits.
 */
export function planRun(engine: Engine, net: StepNet, settings: StyleTransferSettings, options: StepOptions = {}, refusal?: GramaryeError): PlannedRun {
  const tile = askedTile(settings);
  const tiled = (side: number, recording: StepOptions): PlannedRun => {
    const tiles = planTiles(settings, net.layers, side);
    return { tiles, memory: planTiledStep(engine, net, settings, tiles, recording) };
  };
  if (typeof tile === 'number') return tiled(tile, options);
  const whole = refusal ?? planWhole(engine, net, settings, options);
  if (!(whole instanceof GramaryeError) && (tile === 'off' || fits(engine, whole, options))) return { memory: whole, tiles: undefined };
  if (tile === 'off') throw whole instanceof GramaryeError ? whole : new GramaryeError('internal', 'A plan was neither made nor refused.');
  const { budgetBytes, ...unlimited } = options;
  const sides = tileSides(net.layers, Math.max(settings.height, settings.width));
  for (const side of sides) {
    const planned = tiled(side, unlimited);
    if (fits(engine, planned.memory, options) && (budgetBytes !== undefined || workingBytes(planned.memory) <= TILE_WORKING_BYTES)) return planned;
  }
  // The smallest with everything given up that can be.
  const least = sides.at(-1);
  if (least !== undefined) {
    const planned = tiled(least, options);
    if (fits(engine, planned.memory, options)) return planned;
  }
  if (whole instanceof GramaryeError) throw whole;
  throw new GramaryeError(
    'out-of-memory',
    `A kernel of this run binds ${String(whole.largestBindingBytes)} bytes; this device allows ${String((options.traits ?? engine.traits).limits.maxStorageBufferBindingSize)}, and no tile does with less.`,
    { remedy: 'Choose a smaller size.' },
  );
}

/** Side of the tiles to take after the device had no room for the picture as a whole; undefined where the error or the settings say otherwise. */
export function tileAfterRefusal(engine: Engine, net: VggWeights, settings: StyleTransferSettings, error: unknown): number | undefined {
  if (!(error instanceof GramaryeError) || error.code !== 'out-of-memory' || (settings.tile ?? 'auto') !== 'auto' || settings.seamless === true)
    return undefined;
  const layers = netUpTo(net, [...settings.styleLayers.map(({ layer }) => layer), ...settings.contentLayers]);
  const bare = layers.map(({ name, inChannels, outChannels, pooledBefore }) => ({ name, inChannels, outChannels, pooledBefore }));
  return planRun(engine, { layers: bare, preprocess: net.preprocess.name }, settings, {}, error).tiles?.tileSize;
}
