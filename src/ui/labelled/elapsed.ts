/** Pictures that must be done before the time left is told: the first ones wait for compiling and warming up. */
const MIN_DONE = 3;

/** Time left in ms at the mean pace so far, or undefined while that would be a guess. */
export function timeLeftMs(
  progress: { readonly done: number; readonly total: number; readonly startedAt: number },
  now = performance.now(),
): number | undefined {
  const { done, total, startedAt } = progress;
  return done < MIN_DONE || total <= done ? undefined : ((now - startedAt) / done) * (total - done);
}
