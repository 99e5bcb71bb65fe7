import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explainFailure, summary } from './report.ts';
import { playRounds } from './rounds.ts';

const ROUNDS = 20;
const FIRST_SEED = 1;
/** Begun rounds are finished after it; no further one begins. */
const BUDGET_MS = 45_000;

test('rounds of kills, cuts, full disks and lying receivers: nothing lost, nothing paged twice', {
  timeout: 150_000,
}, async () => {
  expect(existsSync('dist/main.js'), 'run "npm run build" first').toBe(true);
  const startedMs = performance.now();
  const results = await playRounds({ rounds: ROUNDS, seed: FIRST_SEED, atOnce: 4, budgetMs: BUDGET_MS });
  const failed = results.filter(({ findings }) => findings.length > 0);
  process.stdout.write(`${summary(results, performance.now() - startedMs)}\n`);
  expect(failed.map(explainFailure)).toEqual([]);
  expect(results.length).toBeGreaterThan(3);
});
