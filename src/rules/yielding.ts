import { type Severity, severityRank } from '../core/severity.ts';

/** A rule that matched an event, as far as yielding goes. */
export interface Voice {
  readonly rule: { readonly id: string; readonly yields?: true };
  readonly severity: Severity;
}

/**
 * The order in which the matches of one event are decided: rules that do not yield, then those that do, the most severe
 * first and equals by their ids. Each may yield to what was decided before it and raises an alert, so that two rules
 * that yield never do so to each other, which would leave nobody to tell of the event.
 */
export function inYieldingOrder<Each extends Voice>(voices: readonly Each[]): readonly Each[] {
  if (!voices.some(({ rule }) => rule.yields)) return voices;
  const { plain = [], yielding = [] } = Object.groupBy(voices, ({ rule }) =>
    rule.yields ? 'yielding' : 'plain',
  );
  const byWeight = (a: Each, b: Each): number =>
    severityRank(b.severity) - severityRank(a.severity) || (a.rule.id < b.rule.id ? -1 : 1);
  return [...plain, ...yielding.toSorted(byWeight)];
}

/** Those that a rule may yield to: at least as severe as it is. @param raised what raises an alert on the same event */
export function louderThan<Other extends Pick<Voice, 'severity'>>(
  { rule, severity }: Voice,
  raised: readonly Other[],
): readonly Other[] {
  if (!rule.yields) return [];
  return raised.filter((other) => severityRank(other.severity) >= severityRank(severity));
}

/** What each rule that yields gives way to, by its id, if nothing but its own match decided whether a rule raises an alert. */
export function yieldsAmong(
  voices: readonly (Voice & { readonly windows: readonly unknown[] })[],
): ReadonlyMap<string, readonly string[]> {
  const raised: Voice[] = [];
  const found = new Map<string, readonly string[]>();
  for (const voice of inYieldingOrder(voices)) {
    const louder = louderThan(voice, raised);
    if (louder.length > 0) found.set(voice.rule.id, idsOf(louder));
    // Whether a window lets its rule raise an alert is not to be known from one event.
    else if (voice.windows.length === 0) raised.push(voice);
  }
  return found;
}

function idsOf(voices: readonly Voice[]): readonly string[] {
  return voices.map(({ rule }) => rule.id);
}
