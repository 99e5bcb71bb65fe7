import { parseRuns, parseSeed } from './seed-setting.ts';

/** For tests that make their cases themselves; fast-check has it already. */
export const SEED = parseSeed(process.env['TOCSIN_SEED'] ?? '');
const TIMES = parseRuns(process.env['TOCSIN_RUNS'] ?? '');

/** So many runs of a property, or more where more are asked for. */
export function runs(count: number): number {
  return count * TIMES;
}
