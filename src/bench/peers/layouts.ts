/** Other engines keep channels first. */

/** The values of [outer, inner] as [inner, outer]. */
export function transposed(values: ArrayLike<number>, outer: number, inner: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(outer * inner);
  for (let row = 0; row < outer; row++) for (let column = 0; column < inner; column++) result[column * outer + row] = values[row * inner + column] ?? NaN;
  return result;
}

/** A filter [3, 3, in, out] as [out, in, 3, 3]. */
export function toOihw(weights: Float32Array, inChannels: number, outChannels: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(weights.length);
  weights.forEach((value, at) => {
    const tap = Math.floor(at / (inChannels * outChannels));
    result[((at % outChannels) * inChannels + (Math.floor(at / outChannels) % inChannels)) * 9 + tap] = value;
  });
  return result;
}
