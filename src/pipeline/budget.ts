import type { Budget } from '../core/budget.ts';

/** What waits for a destination. */
export interface Waiting {
  /** When the oldest was enqueued; undefined while nothing waits. */
  readonly oldestMs?: number;
  readonly bytes: number;
}

/** Once exceeded, it is exceeded down to this share: nothing flaps around a bound, and not every event sheds another. */
export const ENOUGH = 0.9;

export type BudgetReason = 'within' | 'too-old' | 'too-much';

export interface BudgetVerdict {
  readonly reason: BudgetReason;
  /** One sentence without what to do about it; absent within. */
  readonly why?: string;
}

/** Whether what waits for a destination is beyond its budget. Pure. @param wasOver so it was found the last time */
export function decideBudget(
  waiting: Waiting,
  { maxAgeMs, maxBytes }: Budget,
  wasOver: boolean,
  nowMs: number,
): BudgetVerdict {
  const share = wasOver ? ENOUGH : 1;
  // A clock that went back makes nothing older.
  const ageMs = waiting.oldestMs === undefined ? 0 : nowMs - waiting.oldestMs;
  if (maxBytes !== undefined && waiting.bytes > maxBytes * share)
    return {
      reason: 'too-much',
      why: `more than ${megabytes(maxBytes * share)} wait (${of('max_bytes', megabytes(maxBytes))})`,
    };
  if (maxAgeMs !== undefined && ageMs > maxAgeMs * share)
    return {
      reason: 'too-old',
      why: `the oldest has waited for ${span(ageMs)} (${of('max_age', span(maxAgeMs))})`,
    };
  return { reason: 'within' };
}

const of = (key: string, amount: string): string => `budget.${key} is ${amount}`;

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e5) / 10} MB`;
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
] as const;

/** As the configuration writes it, in the largest unit of which there are two or that it fills. */
function span(ms: number): string {
  const [unitMs, unit] = UNITS.find(([each]) => ms >= 2 * each || ms === each) ?? [1_000, 's'];
  return `${Math.round(ms / unitMs)}${unit}`;
}
