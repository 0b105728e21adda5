/** Features of a run, all on one engine: compiling kernels takes longer than running them. */
import { afterAll } from 'vitest';
import { sharedEngine } from './features/engine.js';
import './features/checkpoints.js';
import './features/multi-scale.js';
import './features/optimiser.js';
import './features/seamless.js';
import './features/sequence.js';
import './features/style-terms.js';

afterAll(async () => {
  (await sharedEngine()).destroy();
});
