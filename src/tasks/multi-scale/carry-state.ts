/** What a run takes along from one size to the next. */
import type { Dimensions } from '../pictures/picture-size.js';
import { resizeGently, resizePictureGently } from '../pictures/resize.js';
import { AVERAGE, AVERAGE_WEIGHT } from '../presentation.js';
import type { RunSnapshot } from '../run-types.js';

/**
 * A state at another size: the image, or its average where one is kept. With `carriesMoments` Adam's moments go along. Losses are means
 * over positions, so that the gradient of one value shrinks as the number of values grows: the moments are scaled with it, the second by
 * the square. Otherwise the optimiser begins again, as L-BFGS always does, because pairs of another size say nothing about the new
 * function; so does the average.
 */
export async function carryState(snapshot: RunSnapshot, to: Dimensions, carriesMoments = false): Promise<RunSnapshot> {
  const from = { height: snapshot.height, width: snapshot.width };
  const image = averagedOf(snapshot) ?? snapshot.image;
  const { data } = await resizePictureGently({ ...from, data: image }, to);
  const { firstMoment, secondMoment } = snapshot.state;
  const carried = { ...snapshot, ...to, image: data };
  if (!carriesMoments || firstMoment === undefined || secondMoment === undefined) return { ...carried, state: {} };
  const shrink = (from.height * from.width) / (to.height * to.width);
  const first = await resizeGently(firstMoment, from, to, 3, 'cubic');
  // The cubic filter overshoots; a second moment must stay positive.
  const second = await resizeGently(secondMoment, from, to, 3, 'linear');
  return { ...carried, state: { firstMoment: first.map((value) => value * shrink), secondMoment: second.map((value) => value * shrink * shrink) } };
}

/** The bias-corrected average of iterates; undefined where a state has none. */
export function averagedOf({ state }: Pick<RunSnapshot, 'state'>): Float32Array<ArrayBuffer> | undefined {
  const average = state[AVERAGE];
  const [weight = 0] = state[AVERAGE_WEIGHT] ?? [];
  return average === undefined || weight === 0 ? undefined : average.map((value) => value / weight);
}
