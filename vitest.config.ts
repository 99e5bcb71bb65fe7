import { defineConfig } from 'vitest/config';
import { settled } from './test/seed-setting.ts';

const settings = settledOrExit();
process.stdout.write(`TOCSIN_SEED=${settings['TOCSIN_SEED']} TOCSIN_RUNS=${settings['TOCSIN_RUNS']}\n`);

function settledOrExit(): Record<string, string> {
  try {
    return settled(process.env);
  } catch (error) {
    // A sentence says what to do; a trace of the configuration's loader would hide it.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'threads',
    // Two cores would have one thread work and one wait for it.
    maxWorkers: '100%',
    // A wait that ends well costs nothing, and a busy machine is no fault of what is tested.
    testTimeout: 120_000 * Number(settings['TOCSIN_RUNS']),
    hookTimeout: 120_000,
    env: settings,
    setupFiles: ['./test/seed-setup.ts'],
    reporters: ['default', './test/closing-line.ts'],
  },
});
