import type { Engine } from '../../../src/engine/engine.js';
import { nodeEngine } from '../../support/node-gpu.js';

let engine: Promise<Engine> | undefined;

/** One engine for all tests of a process: its kernels are compiled once. */
export function sharedEngine(): Promise<Engine> {
  engine ??= nodeEngine();
  return engine;
}
