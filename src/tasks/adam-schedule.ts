/**
 * Step size of Adam's t-th update, t from 1, in float64: lr · √(1 − β2^t) / (1 − β1^t). Keras's form, in which ε stands
 * outside the bias correction (Kingma and Ba, "Adam", ICLR 2015, section 2).
 */
export function adamStepSize(
  { learningRate, beta1, beta2 }: { readonly learningRate: number; readonly beta1: number; readonly beta2: number },
  t: number,
): number {
  return (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
}
