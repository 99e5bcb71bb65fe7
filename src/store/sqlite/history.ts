import type { Attempts } from '../../core/records.ts';
import type { Database } from './database.ts';
import { json } from './row.ts';

/** Of each delivery, runs of attempts that ended alike. */
const MOST_RUNS = 8;
/** Of an answer, as much as anybody will read. Characters. */
const MAX_REASON = 300;

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
  return [...before, short === undefined ? entry : { ...entry, reason: short }].slice(-MOST_RUNS);
}
