export { checkVariant, randomInputs, worstDifferences, type Difference } from '../../src/engine/check-kernel.js';
