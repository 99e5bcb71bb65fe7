import type { Records } from '../../core/records.ts';
import type { StoredWindow, WindowKey } from '../../core/store.ts';
import type { Rule } from '../../rules/index.ts';

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
  const newest = window?.state.bins.at(-1)?.minute;
  if (window === undefined || newest === undefined) return { count: 0 };
  const bins = window.state.bins.filter(({ minute }) => minute > newest - minutes);
  const values = new Set(bins.flatMap(({ identities }) => identities));
  const oldest = bins[0]?.minute ?? newest;
  return {
    count: bins.reduce((sum, { count }) => sum + count, 0) + values.size,
    sinceMs: oldest * MINUTE_MS,
    toMs: (newest + 1) * MINUTE_MS,
  };
}
