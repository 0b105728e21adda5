/** One and the same optimisation step for every engine: nets, pictures, targets and weights of the losses. */
import { stepProblem as suiteProblem } from '../../src/bench/step/step-problem.js';
import { GramaryeError } from '../../src/engine/errors.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import type { Picture } from '../../src/tasks/picture.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';

/** What an engine is given. */
export interface StepProblem {
  readonly net: VggWeights;
  readonly settings: StyleTransferSettings;
  readonly content: Picture;
  readonly style: Picture;
  readonly start: Picture;
}

/** The step of the suites at full width, for an image of `size`². */
export function stepProblem(size: number): StepProblem {
  const { settings, start, inputs } = suiteProblem(size, 1);
  const { net, content } = inputs;
  const [style] = inputs.styles;
  if (content === undefined || style === undefined) throw new GramaryeError('internal', 'The step of the suites lacks a picture.');
  return { net, settings, content, style, start };
}
