/** A time in which certain alerts tell nobody. `Subject` is whatever its filter looks at. */
export interface Silence<Subject> {
  readonly id: string;
  readonly startsMs: number;
  /** Not silent any more from here on. */
  readonly endsMs: number;
  readonly when: { matches(subject: Subject): boolean };
}

/** While an alert that `source` selects is open, those that `target` selects and that share `equal` tell nobody. */
export interface Inhibition<Subject> {
  readonly name: string;
  readonly source: { matches(subject: Subject): boolean };
  readonly target: { matches(subject: Subject): boolean };
  /** Terms whose values must be the same; absent values are the same as each other. */
  readonly equal: readonly string[];
}

/** An alert as silences and inhibition see it. */
export interface QuietSubject<Subject> {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string | number | boolean>>;
  readonly subject: Subject;
}

export type Quiet =
  | { readonly reason: 'silenced'; readonly by: string; readonly untilMs: number }
  | { readonly reason: 'inhibited'; readonly by: string; readonly inhibitor: string };

/** What keeps an alert quiet now; undefined where nothing does. Of several silences the one that lasts longest is named. */
export function quietedBy<Subject>(
  alert: QuietSubject<Subject>,
  silences: readonly Silence<Subject>[],
  inhibitors: readonly Inhibitors<Subject>[],
  nowMs: number,
): Quiet | undefined {
  return silencedBy(alert, silences, nowMs) ?? inhibitedBy(alert, inhibitors);
}

function silencedBy<Subject>(
  { subject }: QuietSubject<Subject>,
  silences: readonly Silence<Subject>[],
  nowMs: number,
): Quiet | undefined {
  const active = silences.filter(
    ({ startsMs, endsMs, when }) => startsMs <= nowMs && nowMs < endsMs && when.matches(subject),
  );
  const longest = active.reduce<Silence<Subject> | undefined>(
    (most, silence) => (most === undefined || silence.endsMs > most.endsMs ? silence : most),
    undefined,
  );
  return longest && { reason: 'silenced', by: longest.id, untilMs: longest.endsMs };
}

/** An inhibition with the open alerts that are its sources, by the values that targets must share. */
export interface Inhibitors<Subject> {
  readonly inhibition: Inhibition<Subject>;
  readonly byValues: ReadonlyMap<string, string>;
}

/** Looks at every open alert once: attackers choose how many there are. */
export function inhibitorsAmong<Subject>(
  inhibitions: readonly Inhibition<Subject>[],
  openAlerts: readonly QuietSubject<Subject>[],
): readonly Inhibitors<Subject>[] {
  return inhibitions.map((inhibition) => {
    const sources = openAlerts.filter(({ subject }) => inhibition.source.matches(subject));
    const byValues = sources.map((source) => [valuesOf(source, inhibition), source.fingerprint] as const);
    return { inhibition, byValues: new Map(byValues) };
  });
}

function valuesOf<Subject>({ labels }: QuietSubject<Subject>, { equal }: Inhibition<Subject>): string {
  return JSON.stringify(equal.map((term) => labels[term] ?? ''));
}

/** An alert that is itself a source of the rule is not its target too: two of them would silence each other. */
function inhibitedBy<Subject>(
  alert: QuietSubject<Subject>,
  inhibitors: readonly Inhibitors<Subject>[],
): Quiet | undefined {
  for (const { inhibition, byValues } of inhibitors) {
    if (byValues.size === 0) continue;
    if (!inhibition.target.matches(alert.subject) || inhibition.source.matches(alert.subject)) continue;
    const inhibitor = byValues.get(valuesOf(alert, inhibition));
    if (inhibitor !== undefined) return { reason: 'inhibited', by: inhibition.name, inhibitor };
  }
  return undefined;
}
