import type { Quiet, QuietSubject } from './quiet-subject.ts';

/** While an alert that `source` selects is open and told of, those that `target` selects and that share `equal` tell nobody. */
export interface Inhibition<Subject> {
  readonly name: string;
  readonly source: { matches(subject: Subject): boolean };
  readonly target: { matches(subject: Subject): boolean };
  /** Terms whose values must be the same. */
  readonly equal: readonly string[];
  /** Where neither has a value, that is the same, too. */
  readonly equalAbsent?: true;
}

/** An inhibition with the alerts that are its sources now, by the values that targets must share. */
export interface Inhibitors<Subject> {
  readonly inhibition: Inhibition<Subject>;
  readonly byValues: ReadonlyMap<string, string>;
}

/** What inhibits by one rule under the same values. */
interface Bucket<Subject> {
  /** The first alert found to inhibit. */
  by?: string;
  /** Alerts of which it is not known yet. */
  open: number;
  /** Those whose telling depends on it. */
  readonly dependents: Waiting<Subject>[];
}

/** An alert that nobody was told of yet, and what it depends on. */
interface Waiting<Subject> {
  readonly alert: QuietSubject<Subject>;
  readonly inhibits: Bucket<Subject>[];
  readonly dependsOn: Bucket<Subject>[];
  isDecided: boolean;
}

/**
 * What inhibits now. Alerts that somebody was told of do. Those that only wait to be told of do unless something inhibits
 * them: nothing is kept quiet by what is quiet itself. Alerts that wait and would keep each other quiet in a circle keep
 * nobody quiet: too much is told rather than too little.
 *
 * Looks at every alert once for each inhibition: attackers choose how many there are.
 * @param told open alerts that somebody was told of, the most severe first
 * @param waiting open alerts that are to be told of and that no silence or mute time keeps quiet, likewise
 */
export function inhibitorsAmong<Subject>(
  inhibitions: readonly Inhibition<Subject>[],
  told: readonly QuietSubject<Subject>[],
  waiting: readonly QuietSubject<Subject>[] = [],
): readonly Inhibitors<Subject>[] {
  const buckets = inhibitions.map(() => new Map<string, Bucket<Subject>>());
  for (const alert of told)
    for (const bucket of bucketsOf(alert, inhibitions, buckets)) bucket.by ??= alert.fingerprint;
  const undecided = waiting.map((alert): Waiting<Subject> => {
    const inhibits = bucketsOf(alert, inhibitions, buckets);
    for (const bucket of inhibits) bucket.open += 1;
    return { alert, inhibits, dependsOn: [], isDecided: false };
  });
  for (const each of undecided) each.dependsOn.push(...dependenciesOf(each, inhibitions, buckets));
  settle(undecided);
  return inhibitions.map((inhibition, index) => {
    const found = [...(buckets[index] ?? [])].flatMap(([values, { by }]) =>
      by === undefined ? [] : [[values, by] as const],
    );
    return { inhibition, byValues: new Map(found) };
  });
}

/** The places in which an alert inhibits others; made where they are not there yet. */
function bucketsOf<Subject>(
  alert: QuietSubject<Subject>,
  inhibitions: readonly Inhibition<Subject>[],
  buckets: readonly Map<string, Bucket<Subject>>[],
): Bucket<Subject>[] {
  return inhibitions.flatMap((inhibition, index) => {
    const byValues = buckets[index];
    const values = valuesOf(alert, inhibition);
    if (values === undefined || !inhibition.source.matches(alert.subject)) return [];
    const bucket = byValues?.get(values) ?? { open: 0, dependents: [] };
    byValues?.set(values, bucket);
    return [bucket];
  });
}

function dependenciesOf<Subject>(
  waiting: Waiting<Subject>,
  inhibitions: readonly Inhibition<Subject>[],
  buckets: readonly Map<string, Bucket<Subject>>[],
): Bucket<Subject>[] {
  return inhibitions.flatMap((inhibition, index) => {
    const byValues = buckets[index];
    if (byValues === undefined || byValues.size === 0) return [];
    const values = targetValues(waiting.alert, inhibition);
    const bucket = values === undefined ? undefined : byValues.get(values);
    bucket?.dependents.push(waiting);
    return bucket === undefined ? [] : [bucket];
  });
}

/** Decides who inhibits as far as one follows from another; what is left stands in circles and inhibits nobody. */
function settle<Subject>(waiting: readonly Waiting<Subject>[]): void {
  const queue = [...waiting];
  for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
    if (each.isDecided) continue;
    const isInhibited = each.dependsOn.some(({ by }) => by !== undefined);
    if (!isInhibited && each.dependsOn.some(({ open }) => open > 0)) continue;
    each.isDecided = true;
    for (const bucket of each.inhibits) {
      const wasSettled = bucket.by !== undefined;
      bucket.open -= 1;
      if (!isInhibited) bucket.by ??= each.alert.fingerprint;
      if (!wasSettled && (bucket.by !== undefined || bucket.open === 0)) queue.push(...bucket.dependents);
    }
  }
}

/** Undefined where an alert has several values in a term, or none: it shares them with nobody. */
function valuesOf<Subject>(
  { labels, several }: QuietSubject<Subject>,
  { equal, equalAbsent }: Inhibition<Subject>,
): string | undefined {
  const values: (string | number | boolean | null)[] = [];
  for (const term of equal) {
    const value = labels[term] ?? '';
    if (value === '' && (several.has(term) || equalAbsent !== true)) return undefined;
    values.push(value === '' ? null : value);
  }
  return JSON.stringify(values);
}

/** An alert that is itself a source of the rule is not its target too: two of them would silence each other. */
function targetValues<Subject>(
  alert: QuietSubject<Subject>,
  inhibition: Inhibition<Subject>,
): string | undefined {
  const values = valuesOf(alert, inhibition);
  if (values === undefined || !inhibition.target.matches(alert.subject)) return undefined;
  return inhibition.source.matches(alert.subject) ? undefined : values;
}

export function inhibitedBy<Subject>(
  alert: QuietSubject<Subject>,
  inhibitors: readonly Inhibitors<Subject>[],
): Quiet | undefined {
  for (const { inhibition, byValues } of inhibitors) {
    if (byValues.size === 0) continue;
    const values = targetValues(alert, inhibition);
    const inhibitor = values === undefined ? undefined : byValues.get(values);
    if (inhibitor !== undefined) return { reason: 'inhibited', by: inhibition.name, inhibitor };
  }
  return undefined;
}
