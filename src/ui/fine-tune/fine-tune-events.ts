import type { EpochFigures } from '../../tasks/fine-tuning/checkpoint.js';
import type { Judgement } from '../../tasks/mobilenet/metrics.js';

/** An epoch is done; its state is kept. */
export class EpochEvent extends Event {
  readonly figures: EpochFigures;
  /** Epochs in all. */
  readonly epochs: number;
  constructor(figures: EpochFigures, epochs: number) {
    super('gram-epoch', { bubbles: true, composed: true });
    this.figures = figures;
    this.epochs = epochs;
  }
}

/** The trained net was judged by the pictures held back. */
export class JudgedEvent extends Event {
  readonly judgements: readonly Judgement[];
  constructor(judgements: readonly Judgement[]) {
    super('gram-judged', { bubbles: true, composed: true });
    this.judgements = judgements;
  }
}

/** Other pictures are to be trained on. */
export class DataChangedEvent extends Event {
  /** Names of the classes; empty when there is no data. */
  readonly classes: readonly string[];
  /** Labelled pictures. */
  readonly count: number;
  constructor(classes: readonly string[], count: number) {
    super('gram-data-changed', { bubbles: true, composed: true });
    this.classes = classes;
    this.count = count;
  }
}

declare global {
  interface GlobalEventHandlersEventMap {
    'gram-epoch': EpochEvent;
    'gram-judged': JudgedEvent;
    'gram-data-changed': DataChangedEvent;
  }
}
