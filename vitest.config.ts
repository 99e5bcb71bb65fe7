import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'threads',
    // Two cores would have one thread work and one wait for it.
    maxWorkers: '100%',
    // A wait that ends well costs nothing, and a busy machine is no fault of what is tested.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
