import { defineConfig } from 'vitest/config';
import { configureVulkan } from './scripts/vulkan.mjs';

configureVulkan();

/** Whole commands over many files, browsers or variants, and elements that train. The gate has twenty minutes; these have `npm run test:long`. */
const LONG_TESTS = [
  'test/e2e/bench-page.test.ts',
  'test/e2e/checkpoint-command.test.ts',
  'test/e2e/classifier-commands.test.ts',
  'test/e2e/connect.test.ts',
  'test/e2e/evaluate-command.test.ts',
  'test/e2e/fine-tune-command.test.ts',
  'test/e2e/packed.test.ts',
  'test/e2e/sequence-command.test.ts',
  'test/e2e/site-examples.test.ts',
  'test/e2e/site-looks.test.ts',
  'test/e2e/style-falls.test.ts',
  'test/tasks/golden-variants.test.ts',
  'test/tasks/half-gradient.test.ts',
  'test/ui/classifier.test.ts',
  'test/ui/fine-tune.test.ts',
  'test/ui/labelled-mishaps.test.ts',
  'test/ui/gallery.test.ts',
  'test/ui/leaving.test.ts',
  'test/ui/lost-device.test.ts',
  'test/ui/picture-well.test.ts',
  'test/ui/small-elements.test.ts',
  'test/ui/studio-keyboard.test.ts',
  'test/ui/style-transfer-kept.test.ts',
];
const isLong = process.env.LONG_TESTS === '1';

export default defineConfig({
  test: {
    include: isLong ? LONG_TESTS : ['test/**/*.test.ts'],
    exclude: isLong ? [] : ['**/node_modules/**', ...LONG_TESTS],
    pool: 'forks',
    // Software adapters on shared machines compile slowly; a test that hangs still ends.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
