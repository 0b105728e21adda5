import type { Picture } from '../../src/tasks/picture.js';
import type { Engine } from '../../src/engine/engine.js';
import { saveCheckpoint } from '../../src/tasks/checkpoints/checkpointed-run.js';
import { inputPrints } from '../../src/tasks/checkpoints/run-checkpoint.js';
import type { ImageRun } from '../../src/tasks/run-types.js';
import type { StyleTransferInputs } from '../../src/tasks/run-start.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';

/** A feature whose step is timed beside the plain one. */
export interface TimedFeature {
  readonly name: string;
  readonly settings: Partial<StyleTransferSettings>;
  /** What it takes besides the plain step's, given that. */
  readonly inputs?: (plain: StyleTransferInputs) => Partial<StyleTransferInputs>;
  /** What is done after the steps of a round. */
  readonly after?: (engine: Engine, run: ImageRun, inputs: StyleTransferInputs) => Promise<void>;
}

/** A mask with a soft edge: white on the left, or on the right. */
export function halfMask(side: number, isLeft: boolean, edge = 0.1): Picture {
  const data = Float32Array.from({ length: side * side * 3 }, (_, i) => {
    const right = Math.min(1, Math.max(0, 0.5 + ((Math.floor(i / 3) % side) / side - 0.5) / edge));
    return isLeft ? 1 - right : right;
  });
  return { height: side, width: side, data };
}

/** Features that change a step, at a result of `size` px. */
export function timedFeatures(size: number): TimedFeature[] {
  return [
    { name: 'L-BFGS, 10 pairs', settings: { optimizer: 'lbfgs' } },
    { name: 'averaged iterate', settings: { averageDecay: 0.99 } },
    { name: 'luminance only', settings: { colours: 'luminance' } },
    { name: 'Wasserstein statistic', settings: { statistic: 'wasserstein' } },
    {
      name: 'two styles by masks',
      settings: {},
      inputs: ({ styles }) => ({ styles: [...styles, ...styles], masks: [halfMask(size, true), halfMask(size, false)] }),
    },
    {
      name: 'two styles by masks, Wasserstein statistic',
      settings: { statistic: 'wasserstein' },
      inputs: ({ styles }) => ({ styles: [...styles, ...styles], masks: [halfMask(size, true), halfMask(size, false)] }),
    },
    {
      name: 'frame held to the one before',
      settings: { temporalWeight: 100 },
      inputs: ({ content }) => (content === undefined ? {} : { previous: { result: content, content } }),
    },
    { name: 'seamless', settings: { seamless: true } },
    {
      name: 'checkpoint every 4 steps',
      settings: {},
      after: async (engine, run, inputs) => {
        const store = { save: () => Promise.resolve(), load: () => Promise.resolve(undefined), remove: () => Promise.resolve() };
        await saveCheckpoint(engine, run, { store, every: 4, identity: { settings: run.settings, inputs: inputPrints(inputs) } });
      },
    },
    ...(size > 208 ? [{ name: 'tiles of 208 px', settings: { tile: 208 } }] : []),
  ];
}
