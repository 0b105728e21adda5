/**
 * L-BFGS as the textbook has it (Nocedal and Wright, "Numerical optimization", algorithm 7.4), on vectors in float64, with the
 * project's rules for the box, the line search and the choice of pairs. Shares no code with the kernels: the kernels work on inner products.
 */

/** Loss and gradient at a point. */
export type Objective = (x: Float64Array) => { readonly loss: number; readonly gradient: Float64Array };

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

export class TextbookLbfgs {
  readonly #objective: Objective;
  readonly #history: number;
  readonly #firstRms: number;
  readonly #clip: boolean;
  #pairs: { s: Float64Array; y: Float64Array }[] = [];
  #base: { x: Float64Array; loss: number; gradient: Float64Array } | undefined;
  #direction = new Float64Array();
  #length = 1;
  #refusals = 0;
  trial: Float64Array;
  /** What happened, a letter a step: t taken, r refused, x restarted. */
  story = '';

  constructor(objective: Objective, start: Float64Array, { history, firstRms, clip }: { history: number; firstRms: number; clip: boolean }) {
    this.#objective = objective;
    this.#history = history;
    this.#firstRms = firstRms;
    this.#clip = clip;
    this.trial = start;
  }

  step(): void {
    const { loss, gradient } = this.#objective(this.trial);
    const base = this.#base;
    const s = this.trial.map((value, i) => value - (base?.x[i] ?? value));
    const slope = base === undefined ? 0 : dot(base.gradient, s);
    if (base !== undefined && !(loss <= base.loss + 1e-4 * slope + 1e-6 * Math.abs(base.loss))) {
      this.#refuse(base, loss, slope);
      return;
    }
    if (base !== undefined) {
      const y = gradient.map((value, i) => (s[i] === 0 ? 0 : value - (base.gradient[i] ?? 0)));
      if (dot(y, y) > 0 && dot(s, y) > 1e-4 * Math.abs(slope)) this.#pairs = [...this.#pairs, { s, y }].slice(-this.#history);
    }
    const x = this.trial;
    const free = (i: number): boolean => !this.#clip || !(((x[i] ?? 0) <= 0 && (gradient[i] ?? 0) > 0) || ((x[i] ?? 0) >= 1 && (gradient[i] ?? 0) < 0));
    const reduced = gradient.map((value, i) => (free(i) ? value : 0));
    let direction = this.#twoLoops(reduced);
    if (this.#pairs.length === 0 || dot(direction, reduced) >= 0) {
      this.#pairs = [];
      direction = reduced.map((value) => (-value * this.#firstRms * Math.sqrt(x.length)) / Math.sqrt(dot(reduced, reduced)));
    }
    this.#direction = direction.map((value, i) => (free(i) ? value : 0));
    this.#base = { x, loss, gradient };
    this.#length = 1;
    this.#refusals = 0;
    this.story += 't';
    this.#move(x);
  }

  #twoLoops(gradient: Float64Array): Float64Array {
    let q = Float64Array.from(gradient);
    const alphas: number[] = [];
    for (const { s, y } of this.#pairs.toReversed()) {
      const alpha = dot(s, q) / dot(s, y);
      alphas.unshift(alpha);
      q = q.map((value, i) => value - alpha * (y[i] ?? 0));
    }
    const newest = this.#pairs.at(-1);
    if (newest !== undefined) q = q.map((value) => (value * dot(newest.s, newest.y)) / dot(newest.y, newest.y));
    this.#pairs.forEach(({ s, y }, index) => {
      const beta = dot(y, q) / dot(s, y);
      q = q.map((value, i) => value + ((alphas[index] ?? 0) - beta) * (s[i] ?? 0));
    });
    return q.map((value) => -value);
  }

  #refuse(base: { x: Float64Array; loss: number; gradient: Float64Array }, loss: number, slope: number): void {
    this.#refusals++;
    if (this.#refusals > 8) {
      const held = base.gradient.map((g, i) => (this.#clip && (((base.x[i] ?? 0) <= 0 && g > 0) || ((base.x[i] ?? 0) >= 1 && g < 0)) ? 0 : g));
      this.#pairs = [];
      this.#length = 0.1;
      this.#refusals = 0;
      this.#direction = held.map((value) => (-value * this.#firstRms * Math.sqrt(held.length)) / Math.sqrt(dot(held, held)));
      this.story += 'x';
    } else {
      const bend = loss - base.loss - slope;
      this.#length *= bend > 0 && Number.isFinite(bend) ? Math.min(0.5, Math.max(0.1, -slope / (2 * bend))) : 0.1;
      this.story += 'r';
    }
    this.#move(base.x);
  }

  #move(from: Float64Array): void {
    this.trial = from.map((value, i) => {
      const x = value + this.#length * (this.#direction[i] ?? 0);
      return this.#clip ? Math.min(1, Math.max(0, x)) : x;
    });
  }
}
