/** WebGPU in Node for tests: the benchmarks' own way. A machine without an adapter fails here, it never skips. */
export { nodeEngine, nodeGpu } from '../../bench/node-gpu.js';
