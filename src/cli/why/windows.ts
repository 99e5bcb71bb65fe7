import type { Records } from '../../core/records.ts';
import type { StoredWindow, WindowKey } from '../../core/store.ts';
import { type Rule, windowTotal } from '../../rules/index.ts';

const MINUTE_MS = 60_000;

/** How far a rule's window has come for one group, up to the newest minute that it counted in. */
export interface WindowStory {
  readonly rule: string;
  readonly name: string;
  readonly minutes: number;
  readonly needed: number;
  /** What is counted: matches, or different values. */
  readonly counts: 'matches' | 'values';
  readonly count: number;
  /** Absent where nothing is counted: it fired in that minute, or what it counted has aged out. */
  readonly sinceMs?: number;
  readonly toMs?: number;
}

export async function windowStories(
  records: Records,
  rule: Rule,
  keys: readonly WindowKey[],
): Promise<readonly WindowStory[]> {
  const stored = new Map((await records.readWindows(keys)).map((window) => [window.condition, window]));
  return rule.aggregations.map(({ name, condition }, index) => {
    const { windowThreshold: minutes, matchCount, distinctIdentifier } = condition;
    return {
      ...{ rule: rule.id, name, minutes, needed: distinctIdentifier?.count ?? matchCount },
      counts: distinctIdentifier === undefined ? 'matches' : 'values',
      ...counted(stored.get(index), minutes),
    };
  });
}

function counted(
  window: StoredWindow | undefined,
  minutes: number,
): Pick<WindowStory, 'count' | 'sinceMs' | 'toMs'> {
  const total = window === undefined ? undefined : windowTotal(window.state, minutes);
  if (total === undefined) return { count: 0 };
  const { count, oldestMinute, newestMinute } = total;
  return { count, sinceMs: oldestMinute * MINUTE_MS, toMs: (newestMinute + 1) * MINUTE_MS };
}
