import type { Budget } from '../core/budget.ts';
import type { Clock } from '../core/clock.ts';
import { type Store, StoreError, type WaitingMark } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type BudgetVerdict, decideBudget, ENOUGH } from './budget.ts';

export interface Budgeted {
  readonly name: string;
  readonly budget: Budget;
}

export interface BudgetsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly destinations: readonly Budgeted[];
}

const INTERVAL_MS = 5_000;
/** What looking takes, of all time: a long queue is looked at more rarely. */
const SHARE = 20;
/** Deliveries in one turn on the store: others have theirs in between. */
const A_TURN = 2_000;
/** Of one pass; the next goes on. */
const SHED_TURNS = 50;

/** Keeps what waits for each destination within its budget: says while nothing more may be read, or sheds the oldest. */
export function createBudgets({ store, clock, telemetry, destinations }: BudgetsDeps) {
  /** Why, of those that are beyond theirs. */
  const over = new Map<string, string>();

  async function pass(): Promise<number | undefined> {
    if (destinations.length === 0) return undefined;
    const startMs = clock.now();
    try {
      for (const destination of destinations) await look(destination);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
    const tookMs = Math.max(0, clock.now() - startMs);
    return clock.now() + Math.max(INTERVAL_MS, tookMs * SHARE);
  }

  async function look({ name, budget }: Budgeted): Promise<void> {
    const nowMs = clock.now();
    const waiting = await measure(name, budget);
    const verdict = decideBudget(waiting, budget, over.has(name), nowMs);
    if (verdict.reason === 'within') return settle(name, undefined);
    if (budget.policy === 'block') return settle(name, blocking(name, verdict));
    await shed({ name, budget }, verdict, waiting.bytes, nowMs);
  }

  async function measure(name: string, { maxBytes, policy }: Budget) {
    const oldestMs = await store.oldestWaitingMs(name);
    // To block, it is enough to know that it is too much; to shed, by how much it is.
    const enough = maxBytes === undefined ? -1 : policy === 'block' ? maxBytes : Number.POSITIVE_INFINITY;
    let bytes = 0;
    let mark: WaitingMark | undefined;
    while (bytes <= enough) {
      const part = await store.measureWaiting(name, mark, A_TURN);
      bytes += part.bytes;
      mark = part.next;
      if (mark === undefined) break;
    }
    return { bytes, ...(oldestMs === undefined ? {} : { oldestMs }) };
  }

  /** Told when it begins and when it is over. */
  function settle(name: string, why: string | undefined): void {
    const before = over.get(name);
    if (why === undefined) over.delete(name);
    else over.set(name, before ?? why);
    if ((before === undefined) !== (why === undefined)) telemetry.overBudget(name, why);
  }

  async function shed(
    { name, budget }: Budgeted,
    { reason, why }: BudgetVerdict,
    bytes: number,
    nowMs: number,
  ): Promise<void> {
    const { maxAgeMs = 0, maxBytes = 0 } = budget;
    let left = bytes - maxBytes * ENOUGH;
    const bound = () => (reason === 'too-old' ? { beforeMs: nowMs - maxAgeMs } : { bytes: left });
    const total = { count: 0, bytes: 0 };
    const because = `shed to keep to the destination's budget: ${why}`;
    for (let turn = 0; turn < SHED_TURNS && (reason === 'too-old' || left > 0); turn += 1) {
      const request = { destination: name, reason: because, limit: A_TURN, ...bound() };
      const gone = await store.shed(request, nowMs);
      left -= gone.bytes;
      total.count += gone.count;
      total.bytes += gone.bytes;
      if (gone.count < A_TURN) break;
    }
    if (total.count > 0) telemetry.shed(name, total, because);
  }

  return {
    pass,
    /** Why nothing may be read now; undefined while it may. */
    blocked: (): string | undefined => over.values().next().value,
    /** Why reading waits for that destination. */
    overBudget: (name: string): string | undefined => over.get(name),
  };
}

function blocking(name: string, { why }: BudgetVerdict): string {
  return (
    `destination ${name} is beyond its budget: ${why}, so nothing more is read until it has caught up; ` +
    'mend the destination, or give it a larger budget or "policy: shed"'
  );
}
