import { urgencyFrom } from '../alerts/urgency.ts';
import type { Digest } from '../core/digest.ts';
import { placeOf } from '../core/notification-id.ts';
import type { OverflowCount, StoreTx, TakenNotification } from '../core/store.ts';
import { groupTold } from './decide.ts';
import type { Listener } from './spread.ts';
import { overflowOf } from './spread.ts';
import { digestsOf } from './storm-digest.ts';

/** One summing-up message a minute at most. */
const INTERVAL_MS = 60_000;
/** A notification that could not be delivered for so long is history: it is summed up with the others. */
const OUTAGE_MS = 30 * 60_000;
/** Notifications summed up in one transaction. */
const WAITING_A_PASS = 500;

/** How soon a destination that has not taken its last summary is looked at again. */
const LOOK_AGAIN_MS = 60_000;

/** What was summed up, and when the next look is worth it; that is undefined where nothing waits. */
export interface SummedUp {
  readonly digests: readonly Digest[];
  readonly againMs?: number;
}

export async function sumUp(tx: StoreTx, listener: Listener, nowMs: number): Promise<SummedUp> {
  const staleMs = listener.rate === undefined ? undefined : await collectStale(tx, listener, nowMs);
  const { digests, againMs } = await digestOverflow(tx, listener.name, nowMs);
  const times = [staleMs, againMs].filter((time) => time !== undefined);
  return { digests, ...(times.length === 0 ? {} : { againMs: Math.min(...times) }) };
}

/** @returns when the next of what waits for it has waited for too long */
async function collectStale(tx: StoreTx, listener: Listener, nowMs: number): Promise<number | undefined> {
  await collectWaiting(tx, listener, nowMs);
  const { sinceMs } = await tx.countWaiting(listener.name);
  if (sinceMs === undefined) return undefined;
  // What is CRITICAL waits on however long it has waited: that is no reason to look again at once.
  return sinceMs + OUTAGE_MS > nowMs ? sinceMs + OUTAGE_MS + 1 : nowMs + LOOK_AGAIN_MS;
}

async function digestOverflow(tx: StoreTx, name: string, nowMs: number): Promise<SummedUp> {
  if (!(await tx.hasOverflow(name))) return { digests: [] };
  const last = await tx.readBucket(timerOf(name));
  // A clock that was ahead of now wrote the last one down: nobody knows how long ago that was, and nothing must wait for its time.
  const dueMs = last === undefined || last.atMs > nowMs ? nowMs : last.atMs + INTERVAL_MS;
  if (nowMs < dueMs) return { digests: [], againMs: dueMs };
  // One that its destination has not taken yet is followed by none: what comes meanwhile adds to the next.
  if (await tx.isDigestWaiting(name, 'storm')) return { digests: [], againMs: nowMs + LOOK_AGAIN_MS };
  const taken = await tx.takeOverflow(name);
  if (taken === undefined) return { digests: [] };
  const digests = digestsOf(name, taken.counts, taken.sinceMs, nowMs);
  for (const digest of digests) {
    await tx.insertDigest(digest);
    await tx.enqueue(
      [{ destination: name, kind: 'digest', deliveryId: digest.id, urgency: urgencyOfDigest(digest) }],
      nowMs,
    );
  }
  await tx.writeBucket(timerOf(name), { tokens: 0, atMs: nowMs });
  return { digests };
}

/** Behind the messages that are as severe as the worst in it. */
function urgencyOfDigest({ severity = 'INFO' }: Digest): number {
  return Math.max(1, urgencyFrom(severity) - 1);
}

/** A destination's name is never empty nor has a slash. */
function timerOf(name: string): string {
  return `digest/${name}`;
}

async function collectWaiting(tx: StoreTx, { name, hearing }: Listener, nowMs: number): Promise<void> {
  const taken = await tx.takeWaiting(
    {
      ...{ destination: name, beforeMs: nowMs - OUTAGE_MS, limit: WAITING_A_PASS },
      ...{ belowUrgency: urgencyFrom('CRITICAL'), edits: hearing === 'edits' },
      reason: 'summed up in one message: it had waited for too long',
    },
    nowMs,
  );
  if (taken.length === 0) return;
  const sinceMs = Math.min(...taken.map(({ notification }) => notification.createdAtMs));
  const counts = taken.flatMap(({ notification }) => countsOf(notification));
  await tx.addOverflow(name, counts, sinceMs);
  for (const each of taken) await rememberSummary(tx, name, each, nowMs);
}

/** What wakes nobody and counts nothing is not worth a word where it came too late. */
function countsOf(notification: TakenNotification['notification']): readonly OverflowCount[] {
  const { reason } = notification;
  if (reason === 'shrank' || reason === 'acknowledged') return [];
  return overflowOf(notification, reason === 'resolved' ? 'gathered' : 'backlog');
}

/** Whoever had no message of an opening knows of it by the summary. */
async function rememberSummary(
  tx: StoreTx,
  name: string,
  { notification, isKnown }: TakenNotification,
  nowMs: number,
): Promise<void> {
  if (isKnown || notification.reason === 'resolved') return;
  const group = await groupTold(tx, placeOf(notification.id).opening);
  if (group === undefined) return;
  const sinceMs = group.told?.[name]?.sinceMs ?? nowMs;
  const told = { ...group.told, [name]: { how: 'summary' as const, sinceMs } };
  await tx.writeGroups([{ ...group, told }], nowMs);
}
