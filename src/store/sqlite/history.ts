import { isJsonObject, readJson } from '../../core/json.ts';
import type { Attempts } from '../../core/records.ts';
import type { Database } from './database.ts';
import { json } from './row.ts';

/** Of each delivery, runs of attempts that ended alike. */
const MOST_RUNS = 8;
/** Of an answer, as much as anybody will read. Characters. */
const MAX_REASON = 600;

/** What became of one attempt, or what a person did about the delivery. */
export interface Entry extends Pick<Attempts, 'outcome'> {
  readonly reason?: string;
}

/** Adds to what a delivery has been through. An outage of hours leaves one entry, not one an attempt. */
export function remember(db: Database, seq: number, entry: Entry, nowMs: number): void {
  const row = db.get('SELECT history FROM outbox WHERE seq = ?', seq);
  const before = typeof row?.['history'] === 'string' ? json<Attempts[]>(row, 'history') : [];
  db.run('UPDATE outbox SET history = ? WHERE seq = ?', JSON.stringify(added(before, entry, nowMs)), seq);
}

function added(before: readonly Attempts[], { outcome, reason }: Entry, nowMs: number): readonly Attempts[] {
  const short = reason?.slice(0, MAX_REASON);
  const last = before.at(-1);
  if (last !== undefined && last.outcome === outcome && last.reason === short)
    return [...before.slice(0, -1), { ...last, atMs: nowMs, times: last.times + 1 }];
  const entry = { outcome, fromMs: nowMs, atMs: nowMs, times: 1 };
  return latest([...before, short === undefined ? entry : { ...entry, reason: short }]);
}

/** Without the oldest, but for what must be counted: an outage in between must not make unclear answers more than they may be. */
function latest(runs: readonly Attempts[]): readonly Attempts[] {
  if (runs.length <= MOST_RUNS) return runs;
  const round = roundStart(runs);
  const oldest = runs.findIndex(({ outcome }, index) => outcome !== 'unclear' || index < round);
  return latest(runs.filter((_, index) => index !== Math.max(oldest, 0)));
}

/** Where the present round begins: at the start, or behind the last redrive. */
function roundStart(runs: readonly { readonly outcome?: unknown }[]): number {
  return runs.findLastIndex(({ outcome }) => outcome === 'redriven') + 1;
}

/** How many answers were unclear in the present round. @param history the column; null where nothing is remembered */
export function unclearIn(history: unknown): number {
  if (typeof history !== 'string' || !history.includes('"unclear"')) return 0;
  const runs = readJson(history);
  if (!Array.isArray(runs)) return 0;
  const known = runs.filter(isJsonObject);
  return known
    .slice(roundStart(known))
    .map(({ outcome, times }) => (outcome === 'unclear' && typeof times === 'number' ? times : 0))
    .reduce((sum, times) => sum + times, 0);
}
