import { defineConfig } from 'vitest/config';
import { configureVulkan } from './scripts/vulkan.mjs';

configureVulkan();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
