import type { TraceEntry } from '../../tasks/style-transfer.js';
import type { Iterate } from '../run/iterates.js';
import type { RunState } from '../run/job.js';

/** A run began: `steps` is how many it will take in all. */
export class StartedEvent extends Event {
  readonly steps: number;
  constructor(steps: number) {
    super('gram-started', { bubbles: true, composed: true });
    this.steps = steps;
  }
}

/** Steps were done; several may be reported at once. */
export class SteppedEvent extends Event {
  /** Steps done so far. */
  readonly step: number;
  /** Steps to do in all. */
  readonly steps: number;
  /** Losses of the newest image whose losses are known. */
  readonly losses: TraceEntry;
  constructor(step: number, steps: number, losses: TraceEntry) {
    super('gram-stepped', { bubbles: true, composed: true });
    this.step = step;
    this.steps = steps;
    this.losses = losses;
  }
}

/** A run came to rest at its last step. */
export class FinishedEvent extends Event {
  readonly steps: number;
  readonly timeMs: number;
  constructor(steps: number, timeMs: number) {
    super('gram-finished', { bubbles: true, composed: true });
    this.steps = steps;
    this.timeMs = timeMs;
  }
}

/** The element failed; it shows why, and the page may too. */
export class FailedEvent extends Event {
  readonly error: unknown;
  constructor(error: unknown) {
    super('gram-failed', { bubbles: true, composed: true });
    this.error = error;
  }
}

/** The attribute `state` has changed. */
export class StateChangedEvent extends Event {
  readonly state: RunState;
  constructor(state: RunState) {
    super('gram-state-changed', { bubbles: true, composed: true });
    this.state = state;
  }
}

/** A state of the run was kept, to return to. */
export class IterateKeptEvent extends Event {
  readonly iterate: Iterate;
  constructor(iterate: Iterate) {
    super('gram-iterate-kept', { bubbles: true, composed: true });
    this.iterate = iterate;
  }
}

declare global {
  interface GlobalEventHandlersEventMap {
    'gram-started': StartedEvent;
    'gram-stepped': SteppedEvent;
    'gram-finished': FinishedEvent;
    'gram-failed': FailedEvent;
    'gram-state-changed': StateChangedEvent;
    'gram-iterate-kept': IterateKeptEvent;
  }
}
