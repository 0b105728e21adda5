/** Is a whole step right? Its gradient against differences of its own loss. */
import type { StyleTransferRun } from '../../tasks/style-transfer.js';
import type { Verdict } from '../method/check.js';

/**
 * Change of the image along the gradient's direction, in root mean square of its values. A narrow net is kinked at 2e-3: the slope
 * there is 8% off at 64 px, at 1e-4 it is within 1%, and f32 losses still tell such changes apart.
 */
const STEP_RMS = 1e-4;
/** Kinks of ReLU and pooling, and f32 losses, allow no closer. */
const ALLOWED = 0.05;

/**
 * Compares the slope of the loss along the gradient, by central differences, with the gradient's own length. A wrong kernel
 * anywhere on the way there or back changes one and not the other. Leaves the run at its start.
 */
export async function checkGradient(run: Pick<StyleTransferRun, 'snapshot' | 'restore' | 'gradient' | 'evaluate'>): Promise<Verdict> {
  const start = await run.snapshot();
  const gradient = await run.gradient();
  const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
  const scale = (STEP_RMS * Math.sqrt(gradient.length)) / length;
  const lossAt = async (sign: number): Promise<number> => {
    run.restore({ ...start, image: start.image.map((value, index) => value + sign * scale * (gradient[index] ?? 0)) });
    return (await run.evaluate()).total;
  };
  const slope = ((await lossAt(1)) - (await lossAt(-1))) / (2 * scale);
  run.restore(start);
  const worst = Math.abs(slope / (length * length) - 1);
  const isRight = worst <= ALLOWED;
  return {
    problems: isRight ? [] : [`the loss changes by ${(slope / (length * length)).toPrecision(4)} of what its gradient says`],
    check: {
      against: 'gradient',
      worst: Number.isFinite(worst) ? worst : Number.MAX_VALUE,
      allowed: ALLOWED,
      note: 'slope of the loss by central differences along the gradient',
    },
  };
}
