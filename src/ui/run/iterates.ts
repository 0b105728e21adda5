import type { RunSnapshot } from '../../tasks/style-transfer.js';

/** A kept state of a run. */
export interface Iterate {
  readonly id: number;
  /** Lines of work: 1 is the first, every branch opens another. */
  readonly line: number;
  readonly step: number;
  readonly snapshot: RunSnapshot;
}

/** How much is kept at most. */
export interface IterateLimits {
  readonly count: number;
  readonly sizeBytes: number;
}

function sizeOf({ snapshot }: Iterate): number {
  return Object.values(snapshot.state).reduce((sum, { byteLength }) => sum + byteLength, snapshot.image.byteLength);
}

/** Kept states of a run, by line and step; thins itself out evenly when it grows beyond its limits. */
export class Iterates {
  #list: readonly Iterate[] = [];
  #line = 1;
  #lines = 1;
  #nextId = 1;
  readonly #limits: IterateLimits;

  constructor(limits: IterateLimits = { count: 24, sizeBytes: 256e6 }) {
    this.#limits = limits;
  }

  /** All of them, by line and step. */
  get list(): readonly Iterate[] {
    return this.#list;
  }

  /** The line that is being worked on. */
  get line(): number {
    return this.#line;
  }

  /** Keeps a state on the present line; one of the same step there is replaced. */
  keep(snapshot: RunSnapshot): Iterate {
    const iterate = { id: this.#nextId++, line: this.#line, step: snapshot.step, snapshot };
    const others = this.#list.filter(({ line, step }) => line !== iterate.line || step !== iterate.step);
    this.#list = [...others, iterate].sort((a, b) => a.line - b.line || a.step - b.step);
    while (this.#isOverLimit()) this.#thin();
    return iterate;
  }

  /** Goes on from `iterate` and forgets what came after it on its line. */
  returnTo(iterate: Iterate): void {
    this.#line = iterate.line;
    this.#list = this.#list.filter(({ line, step }) => line !== iterate.line || step <= iterate.step);
  }

  /** Goes on from `iterate` on a line of its own. */
  branchFrom(iterate: Iterate): void {
    const isTip = !this.#list.some(({ line, step }) => line === iterate.line && step > iterate.step);
    this.#line = isTip ? iterate.line : ++this.#lines;
  }

  /** The state to come back to with {@link restore}. */
  save(): { readonly list: readonly Iterate[]; readonly line: number } {
    return { list: this.#list, line: this.#line };
  }

  /** Comes back to a saved state. */
  restore({ list, line }: ReturnType<Iterates['save']>): void {
    this.#list = list;
    this.#line = line;
  }

  /** Forgets everything. */
  clear(): void {
    this.#list = [];
    this.#line = 1;
    this.#lines = 1;
  }

  #isOverLimit(): boolean {
    const size = this.#list.reduce((sum, iterate) => sum + sizeOf(iterate), 0);
    return this.#list.length > 3 && (this.#list.length > this.#limits.count || size > this.#limits.sizeBytes);
  }

  /** Drops the one whose neighbours are closest together; the ends of a line stay. */
  #thin(): void {
    let closest = -1;
    let distance = Infinity;
    for (let index = 1; index < this.#list.length - 1; index++) {
      const [before, at, after] = [this.#list[index - 1], this.#list[index], this.#list[index + 1]];
      if (before === undefined || at === undefined || after === undefined || before.line !== at.line || after.line !== at.line) continue;
      if (after.step - before.step < distance) {
        distance = after.step - before.step;
        closest = index;
      }
    }
    // Only tips of lines are left: the oldest goes.
    this.#list = this.#list.filter((_, index) => index !== Math.max(closest, 0));
  }
}
