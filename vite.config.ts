import { defineConfig } from 'vitest/config';
import { configureVulkan } from './scripts/vulkan.mjs';

configureVulkan();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Software adapters on shared machines compile slowly; a test that hangs still ends.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
