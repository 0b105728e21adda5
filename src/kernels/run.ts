/**
 * The kernels as tasks run them. What is built leaves out of these what only checks and pages about kernels read: `CHECKING_FIELDS` of
 * scripts/lean-kernels.mjs. Whoever reads references, samples or summaries takes them from index.ts.
 */
export * from './list.js';
export { adamHyper, adamStepSize } from './adam/adam.js';
export { averageHyper } from './average-iterate/average-iterate.js';
export { gateShape } from './conv3x3-gated/gate.js';
export { HALF_ENTRY } from './record-half/record-half.js';
