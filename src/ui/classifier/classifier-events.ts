import type { Prediction } from '../../tasks/classification/classifier.js';
import type { Evaluation } from '../../tasks/classification/evaluate.js';

/** A picture was classified. */
export class ClassifiedEvent extends Event {
  /** The picture's name. */
  readonly picture: string;
  /** The most probable classes, the best first. */
  readonly predictions: readonly Prediction[];
  constructor(picture: string, predictions: readonly Prediction[]) {
    super('gram-classified', { bubbles: true, composed: true });
    this.picture = picture;
    this.predictions = predictions;
  }
}

/** A picture could not be read and was left out. */
export class SkippedEvent extends Event {
  readonly picture: string;
  readonly reason: string;
  constructor(picture: string, reason: string) {
    super('gram-skipped', { bubbles: true, composed: true });
    this.picture = picture;
    this.reason = reason;
  }
}

/** A folder was judged. */
export class EvaluatedEvent extends Event {
  readonly evaluation: Evaluation;
  constructor(evaluation: Evaluation) {
    super('gram-evaluated', { bubbles: true, composed: true });
    this.evaluation = evaluation;
  }
}

declare global {
  interface GlobalEventHandlersEventMap {
    'gram-classified': ClassifiedEvent;
    'gram-skipped': SkippedEvent;
    'gram-evaluated': EvaluatedEvent;
  }
}
