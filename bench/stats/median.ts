/** The statistics of the library, for the benchmarks of this folder. */
export { median, medianInterval, ratioInterval, type Interval } from '../../src/bench/statistics/median.js';
