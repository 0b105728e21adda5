/**
 * The scale of gradients in half precision (after Micikevicius et al., "Mixed precision training", ICLR 2018). Weights of the loss terms
 * are multiplied with it, the gradient to the image is divided by it. A power of two changes no digit, so all that it decides is which
 * numbers overflow or lose digits below 2⁻¹⁴.
 */
import type { HalfReport } from './loss-reader.js';
import { MAX_SCALE_EXPONENT, type StyleTransferSettings } from './settings.js';

/**
 * Where the largest scaled gradient is to lie, as a power of two: 2⁴ times below the largest number, for gradients that grow, and 2²⁶
 * times above the smallest number with all its digits, for gradients that shrink as the losses fall.
 */
const AIM_EXPONENT = 11;
/** Off by less than this, a scale is kept. */
const SLACK_EXPONENTS = 2;
/** A largest scaled gradient below this has come so far down that small ones lose digits. */
const TOO_SMALL = 2 ** -3;

/** A gradient scale: given, or chosen from what was stored. */
export class GradientScale {
  /** More evaluations are not worth it: every one brings the scale as near as the gradients then show. */
  static readonly ROUNDS = 6;
  /** True where it is found here; false in f32 and where the settings give it. */
  readonly isChosen: boolean;
  #value: number;

  constructor({ precision, gradientScale }: Pick<StyleTransferSettings, 'precision' | 'gradientScale'>) {
    this.isChosen = precision === 'f16' && gradientScale === undefined;
    this.#value = precision === 'f16' ? (gradientScale ?? 1) : 1;
  }

  /** The power of two; 1 in f32. */
  get value(): number {
    return this.#value;
  }

  /** Takes a scale that was chosen before. */
  set(value: number): void {
    if (this.isChosen) this.#value = value;
  }

  /** Brings the largest gradient to where it should be. True when the scale changed. */
  aim(report: HalfReport | undefined): boolean {
    if (!this.isChosen || report === undefined || !(report.largestGradient > 0)) return false;
    const off = AIM_EXPONENT - Math.floor(Math.log2(report.largestGradient));
    if (Math.abs(off) <= SLACK_EXPONENTS) return false;
    const exponent = Math.min(MAX_SCALE_EXPONENT, Math.max(-MAX_SCALE_EXPONENT, Math.log2(this.#value) + off));
    const changed = this.#value !== 2 ** exponent;
    this.#value = 2 ** exponent;
    return changed;
  }

  /** The same during a run, only where gradients overflow or all but vanish. */
  adapt(report: HalfReport | undefined): boolean {
    if (report === undefined || (report.nonFiniteGradients === 0 && report.largestGradient >= TOO_SMALL)) return false;
    return this.aim(report);
  }
}
