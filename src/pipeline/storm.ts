import type { Notification } from '../core/alert.ts';
import type { Digest, DigestTable } from '../core/digest.ts';
import type { OverflowCount, StoreTx } from '../core/store.ts';
import { groupTold } from './decide.ts';
import type { Listener } from './spread.ts';
import { overflowOf } from './spread.ts';

/** One summing-up message a minute at most. */
const INTERVAL_MS = 60_000;
/** A notification that could not be delivered for so long is history: it is summed up with the others. */
const OUTAGE_MS = 30 * 60_000;
/** Notifications summed up in one transaction. */
const WAITING_A_PASS = 500;
const ROWS = 5;

/** How soon a destination that has not taken its last summary is looked at again. */
const LOOK_AGAIN_MS = 60_000;

/** What was summed up, and when the next look is worth it; that is undefined where nothing waits. */
export interface SummedUp {
  readonly digest?: Digest;
  readonly againMs?: number;
}

export async function sumUp(tx: StoreTx, { name, rate }: Listener, nowMs: number): Promise<SummedUp> {
  if (rate === undefined) return {};
  await collectWaiting(tx, name, nowMs);
  const { sinceMs } = await tx.countWaiting(name);
  const staleMs = sinceMs === undefined ? [] : [Math.max(sinceMs + OUTAGE_MS, nowMs) + 1];
  const { digest, againMs } = await digestOverflow(tx, name, nowMs);
  const nextMs = Math.min(...staleMs, ...(againMs === undefined ? [] : [againMs]));
  return {
    ...(digest === undefined ? {} : { digest }),
    ...(Number.isFinite(nextMs) ? { againMs: nextMs } : {}),
  };
}

async function digestOverflow(tx: StoreTx, name: string, nowMs: number): Promise<SummedUp> {
  if (!(await tx.hasOverflow(name))) return {};
  const last = await tx.readBucket(timerOf(name));
  // A clock that was ahead of now wrote the last one down: nobody knows how long ago that was, and nothing must wait for its time.
  const dueMs = last === undefined || last.atMs > nowMs ? nowMs : last.atMs + INTERVAL_MS;
  if (nowMs < dueMs) return { againMs: dueMs };
  // One that its destination has not taken yet is followed by none: what comes meanwhile adds to the next.
  if (await tx.isDigestWaiting(name, 'storm')) return { againMs: nowMs + LOOK_AGAIN_MS };
  const taken = await tx.takeOverflow(name);
  if (taken === undefined) return {};
  const digest = stormDigest(name, taken.counts, taken.sinceMs, nowMs);
  await tx.insertDigest(digest);
  await tx.enqueue([{ destination: name, kind: 'digest', deliveryId: digest.id }], nowMs);
  await tx.writeBucket(timerOf(name), { tokens: 0, atMs: nowMs });
  return { digest };
}

/** A destination's name is never empty nor has a slash. */
function timerOf(name: string): string {
  return `digest/${name}`;
}

async function collectWaiting(tx: StoreTx, name: string, nowMs: number): Promise<void> {
  const reason = 'summed up in one message: it had waited for too long';
  const waiting = await tx.takeWaiting(name, nowMs - OUTAGE_MS, WAITING_A_PASS, reason, nowMs);
  if (waiting.length === 0) return;
  const sinceMs = Math.min(...waiting.map(({ createdAtMs }) => createdAtMs));
  await tx.addOverflow(name, waiting.flatMap(overflowOf), sinceMs);
  for (const notification of waiting) await rememberUnheard(tx, name, notification, nowMs);
}

/** Whoever had no message of an opening is not bothered with one of its end. */
async function rememberUnheard(tx: StoreTx, name: string, told: Notification, nowMs: number): Promise<void> {
  const group = told.reason === 'opened' ? await groupTold(tx, told) : undefined;
  if (group === undefined) return;
  const summedUpFor = [...new Set([...(group.summedUpFor ?? []), name])];
  await tx.writeGroups([{ ...group, summedUpFor }], nowMs);
}

/** Everything in one message. Its matches, and the rows of each table with their rest, add up exactly. */
function stormDigest(
  destination: string,
  counts: readonly OverflowCount[],
  sinceMs: number,
  nowMs: number,
): Digest {
  const sum = (kind: OverflowCount['kind']): number =>
    counts.reduce((total, each) => total + (each.kind === kind ? each.count : 0), 0);
  const severities = counts.filter(({ kind }) => kind === 'severity');
  return {
    id: `storm/${destination}/${sinceMs.toString(36)}-${nowMs.toString(36)}`,
    kind: 'storm',
    title: 'Summed up: more alerts than messages',
    fromMs: sinceMs,
    toMs: nowMs,
    timeZone: 'UTC',
    totals: [
      { name: 'Matches', count: sum('match') },
      { name: 'Notifications', count: sum('notification') },
      ...severities.map(({ name, count }) => ({ name: name === '' ? 'other severities' : name, count })),
    ],
    tables: [
      table('Top rules', counts, 'rule'),
      table('Top actors', counts, 'actor'),
      table('Top APIs', counts, 'api'),
    ].filter(({ rows, omittedCount }) => rows.length > 0 || omittedCount > 0),
    notes: [
      'These alerts had no message of their own: there were too many at once, or they were long past. "tocsin alerts" lists those that are open.',
    ],
    createdAtMs: nowMs,
  };
}

function table(title: string, counts: readonly OverflowCount[], kind: OverflowCount['kind']): DigestTable {
  const own = counts.filter((each) => each.kind === kind);
  const named = own.filter(({ name }) => name !== '').toSorted((a, b) => b.count - a.count);
  const rows = named.slice(0, ROWS).map(({ name, count }) => ({ name, count }));
  const shown = rows.reduce((sum, { count }) => sum + count, 0);
  const all = own.reduce((sum, { count }) => sum + count, 0);
  return { title, rows, omittedRows: named.length - rows.length, omittedCount: all - shown };
}
