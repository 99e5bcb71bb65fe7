import type { Database } from './database.ts';
import { maybeInt } from './row.ts';

const GROUP = `substr(o.delivery_id, 1, 6 + instr(substr(o.delivery_id, 7), '/'))`;
/**
 * Notifications of one group, `alert/GROUP/OPENED/NUMBER`, leave in the order in which they were made, or people would
 * read of an end before the beginning. One that has been put off, and so has a reason, goes alone: several that waited
 * would come due in any order. `isLeased` says of an earlier one, `e`, whether it is under way.
 */
export const inTurn = (isLeased: string): string => `(o.kind <> 'alert' OR NOT EXISTS (
  SELECT 1 FROM outbox e WHERE e.state <> 'done' AND e.state = 'pending' AND e.delivery_id >= ${GROUP} AND e.delivery_id < ${GROUP} || '~'
    AND e.destination = o.destination AND e.kind = 'alert' AND e.seq < o.seq
    AND (e.reason IS NOT NULL OR e.due_ms > o.due_ms OR e.urgency < o.urgency OR ${isLeased})))`;

/**
 * A leased delivery is due when its lease ends, if that is later; one behind another of its group, when that one is gone.
 * The first in turn is found in the order of an index; what is due before it is leased or behind another, and that is little.
 */
export function nextDueMs(db: Database, destination: string): number | undefined {
  const turn = inTurn('e.lease_until_ms > o.lease_until_ms');
  const first = db.get(
    `SELECT o.due_ms AS due FROM outbox o WHERE o.destination = ? AND o.state = 'pending' AND o.lease_until_ms <= o.due_ms AND ${turn}
     ORDER BY o.due_ms LIMIT 1`,
    destination,
  );
  const dueMs = maybeInt(first ?? {}, 'due');
  const leased = db.get(
    `SELECT min(o.lease_until_ms) AS due FROM outbox o
     WHERE o.destination = ? AND o.state = 'pending' AND o.due_ms < ? AND o.lease_until_ms > o.due_ms AND ${turn}`,
    destination,
    dueMs ?? Number.MAX_SAFE_INTEGER,
  );
  const times = [dueMs, maybeInt(leased, 'due')].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
