import { counted } from '../core/counted.ts';
import type { DeliveryCount, OpenCount } from '../core/store.ts';

/** What a store holds that cannot be cleared. */
export interface Filling {
  readonly deliveries: readonly DeliveryCount[];
  readonly openAlerts: readonly OpenCount[];
  readonly windows: readonly OpenCount[];
}

/** Destinations that one sentence names. */
const NAMED = 3;
/** Less than so many of anything fills no store. */
const WORTH_A_WORD = 100;

/** What fills it, and what to do about that, so that nobody mends what is not broken. */
export function explainFilling({ deliveries, openAlerts, windows }: Filling, nowMs: number): string {
  const large = deliveries.filter(({ count }) => count >= WORTH_A_WORD);
  const waiting = large.filter(({ state }) => state === 'pending');
  const dead = large.filter(({ state }) => state === 'dead');
  const open = sum(openAlerts);
  const counting = sum(windows);
  const isCrowded = open + counting >= WORTH_A_WORD;
  const held = [
    ...named(
      waiting,
      (each) =>
        `${counted(each.count, 'delivery that waits', 'deliveries that wait')} for ${each.destination}${since(each, nowMs)}`,
    ),
    ...named(dead, ({ count, destination }) => `${count} dead letters of ${destination}`),
    ...(isCrowded
      ? [
          `${counted(open, 'open alert')} and ${counted(counting, 'window that still counts', 'windows that still count')}`,
        ]
      : []),
  ];
  const advice = [
    ...(waiting.length > 0 ? ['see whether those destinations take deliveries, and how fast'] : []),
    ...(dead.length > 0 ? ['redrive or discard the dead letters'] : []),
    ...(isCrowded ? ['alerts and windows end by themselves'] : []),
    'or raise retention.max_size and restart',
  ];
  if (held.length === 0)
    return 'next to nothing waits in it: what it holds is cleared by itself within minutes, or raise retention.max_size and restart';
  return `it holds ${held.join(', ')}; ${advice.join(', ')}`;
}

function named(
  counts: readonly DeliveryCount[],
  sentence: (count: DeliveryCount) => string,
): readonly string[] {
  const largest = counts.toSorted((a, b) => b.count - a.count);
  const rest = largest.slice(NAMED);
  const others = rest.reduce((total, { count }) => total + count, 0);
  const more = rest.length === 0 ? [] : [`${others} more of ${counted(rest.length, 'other destination')}`];
  return [...largest.slice(0, NAMED).map(sentence), ...more];
}

function since({ oldestMs }: DeliveryCount, nowMs: number): string {
  if (oldestMs === undefined || nowMs - oldestMs < 60_000) return '';
  return ` (the oldest for ${Math.round((nowMs - oldestMs) / 60_000)} min)`;
}

function sum(counts: readonly OpenCount[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
