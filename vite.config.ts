import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { configureVulkan } from './scripts/vulkan.mjs';

configureVulkan();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Much of a test's time is waiting for a browser: two at a time keep even two processors busy.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Software adapters on shared machines compile slowly; a test that hangs still ends.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
