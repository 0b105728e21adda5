import type { BenchRun } from '../../bench/result.js';

/** A benchmark has ended. */
export class BenchedEvent extends Event {
  readonly run: BenchRun;
  constructor(run: BenchRun) {
    super('gram-benched', { bubbles: true, composed: true });
    this.run = run;
  }
}

/** A variant was chosen for a shape on this device, or the choice was taken back. */
export class PinnedEvent extends Event {
  /** Names every call of the kernel with these attributes. */
  readonly shapeKey: string;
  /** Null when the engine chooses again. */
  readonly variant: string | null;
  constructor(shapeKey: string, variant: string | null) {
    super('gram-pinned', { bubbles: true, composed: true });
    this.shapeKey = shapeKey;
    this.variant = variant;
  }
}
