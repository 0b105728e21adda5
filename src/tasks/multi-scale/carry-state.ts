/** What a run takes along from one size to the next. */
import { TRIAL } from '../optimiser.js';
import type { Dimensions } from '../pictures/picture-size.js';
import { resizeGently, resizePictureGently } from '../pictures/resize.js';
import { AVERAGE, AVERAGE_WEIGHT } from '../presentation.js';
import type { RunSnapshot } from '../run-types.js';

/**
 * A state at another size: the image (its average, where one is kept) and Adam's moments. Losses are means over positions, so that the
 * gradient of one value shrinks as the number of values grows: the moments are scaled with it, the second by the square. L-BFGS begins
 * again, because pairs of another size say nothing about the new function; so does the average.
 */
export async function carryState(snapshot: RunSnapshot, to: Dimensions): Promise<RunSnapshot> {
  const from = { height: snapshot.height, width: snapshot.width };
  const image = averagedOf(snapshot) ?? snapshot.image;
  const { data } = await resizePictureGently({ ...from, data: image }, to);
  const state: Record<string, Float32Array<ArrayBuffer>> = {};
  const shrink = (from.height * from.width) / (to.height * to.width);
  const { firstMoment, secondMoment } = snapshot.state;
  if (firstMoment !== undefined && snapshot.state[TRIAL] === undefined) {
    state.firstMoment = (await resizeGently(firstMoment, from, to, 3, 'cubic')).map((value) => value * shrink);
  }
  if (secondMoment !== undefined && snapshot.state[TRIAL] === undefined) {
    // The cubic filter overshoots; a second moment must stay positive.
    state.secondMoment = (await resizeGently(secondMoment, from, to, 3, 'linear')).map((value) => value * shrink * shrink);
  }
  return { ...snapshot, ...to, image: data, state };
}

/** The bias-corrected average of iterates; undefined where a state has none. */
export function averagedOf({ state }: Pick<RunSnapshot, 'state'>): Float32Array<ArrayBuffer> | undefined {
  const average = state[AVERAGE];
  const [weight = 0] = state[AVERAGE_WEIGHT] ?? [];
  return average === undefined || weight === 0 ? undefined : average.map((value) => value / weight);
}
