/** Runs that keep checkpoints, and runs that go on from one. */
import type { Engine } from '../../engine/engine.js';
import { adapterIdentity, adapterName, makeVariantMap } from '../../engine/variant-map.js';
import type { ImageRun, ResumeState, RunOptions } from '../run-types.js';
import type { CheckpointStore } from './store.js';
import { decodeRunCheckpoint, encodeRunCheckpoint, requireSameRun, type RunCheckpoint, type RunIdentity } from './run-checkpoint.js';

/** What a checkpoint was found to be good for. */
export interface Resumption {
  readonly checkpoint: RunCheckpoint;
  /** For the options that the run is made with. */
  readonly resume: ResumeState;
  /** Why the rest may differ in the last bits from a run that was never interrupted; none where it will not. */
  readonly remarks: readonly string[];
}

/**
 * Reads the checkpoint of a run; undefined where there is none. `name` names it in errors.
 *
 * @throws GramaryeError `bad-option` where it is damaged, of another version or of another run.
 */
export async function findCheckpoint(store: CheckpointStore, name: string, identity: RunIdentity, engine: Engine): Promise<Resumption | undefined> {
  const bytes = await store.load();
  if (bytes === undefined) return undefined;
  const checkpoint = decodeRunCheckpoint(bytes, name);
  requireSameRun(checkpoint, identity, name);
  const here = adapterIdentity(engine.traits);
  const isSame = JSON.stringify(checkpoint.map.adapter) === JSON.stringify(here);
  const remarks = isSame
    ? []
    : [`${name} was written on ${adapterName(checkpoint.map.adapter)}; this is ${adapterName(here)}: the rest may differ in the last bits.`];
  return { checkpoint, resume: { snapshot: checkpoint.snapshot, variants: checkpoint.map.variants }, remarks };
}

/** How checkpoints of a run are kept. */
export interface Checkpointing {
  readonly store: CheckpointStore;
  /** Steps between checkpoints, from 1. */
  readonly every: number;
  readonly identity: RunIdentity;
}

/** Writes the present state of a run. Throws what the store throws. */
export async function saveCheckpoint(engine: Engine, run: ImageRun, { store, every, identity }: Checkpointing): Promise<void> {
  const map = makeVariantMap(engine.traits, run.variants);
  await store.save(encodeRunCheckpoint({ ...identity, snapshot: await run.snapshot(), map, every }));
}

/**
 * {@link ImageRun.run}, with a checkpoint after every `every`th step and after the last. The steps are the same as without: a checkpoint
 * reads and changes nothing.
 */
export async function runWithCheckpoints(engine: Engine, run: ImageRun, checkpointing: Checkpointing, options: RunOptions = {}): Promise<number> {
  const { onProgress } = options;
  const { every } = checkpointing;
  const target = options.steps ?? run.settings.steps;
  while (run.steps < target) {
    const next = Math.min(target, (Math.floor(run.steps / every) + 1) * every);
    await run.run({
      ...options,
      steps: next,
      ...(onProgress === undefined
        ? {}
        : {
            onProgress: (progress) => {
              onProgress({ ...progress, total: target });
            },
          }),
    });
    if (run.steps < next) break;
    await saveCheckpoint(engine, run, checkpointing);
  }
  return run.steps;
}
