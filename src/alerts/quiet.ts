import type { Severity } from '../core/severity.ts';
import type { SeenAlert } from '../core/store.ts';
import { type Course, type Escalation, escalatedSince, escalatedUnseen } from './escalation.ts';
import { type Inhibitors, inhibitedBy } from './inhibition.ts';
import type { Quiet, QuietSubject } from './quiet-subject.ts';

export type { Quiet } from './quiet-subject.ts';

/** A time in which certain alerts tell nobody. `Subject` is whatever its filter looks at. */
export interface Silence<Subject> {
  readonly id: string;
  readonly startsMs: number;
  /** Not silent any more from here on. */
  readonly endsMs: number;
  readonly when: { matches(subject: Subject): boolean };
  /** The alerts that are meant, by fingerprint; absent: all that pass `when`. */
  readonly fingerprints?: ReadonlySet<string>;
  /** For each alert it is over with the episode that was seen. */
  readonly untilResolved?: true;
  /** An alert that becomes worse than what was seen is silent no longer. */
  readonly breakOnEscalation?: true;
  /** What its maker saw, by fingerprint; and the worst of it. */
  readonly seen?: Readonly<Record<string, SeenAlert>>;
  readonly worstSeen?: Severity;
  /** When its maker looked; absent: when it begins. */
  readonly createdMs?: number;
}

/** What keeps an alert quiet now; undefined where nothing does. Of several silences the one that lasts longest is named. */
export function quietedBy<Subject>(
  alert: QuietSubject<Subject>,
  silences: readonly Silence<Subject>[],
  inhibitors: readonly Inhibitors<Subject>[],
  nowMs: number,
): Quiet | undefined {
  return silencedBy(alert, silences, nowMs) ?? inhibitedBy(alert, inhibitors);
}

export function silencedBy<Subject>(
  alert: QuietSubject<Subject>,
  silences: readonly Silence<Subject>[],
  nowMs: number,
): Quiet | undefined {
  const active = silences.filter(
    (silence) => goesOn(silence, nowMs) && standingOf(alert, silence).kind === 'silent',
  );
  const longest = active.reduce<Silence<Subject> | undefined>(
    (most, silence) => (most === undefined || silence.endsMs > most.endsMs ? silence : most),
    undefined,
  );
  return longest && { reason: 'silenced', by: longest.id, untilMs: longest.endsMs };
}

/** A silence that would keep an alert quiet, had it not become worse than what the silence was made for. */
export interface Break {
  readonly by: string;
  readonly because: Escalation;
}

export function brokenFor<Subject>(
  alert: QuietSubject<Subject>,
  silences: readonly Silence<Subject>[],
  nowMs: number,
): readonly Break[] {
  return silences.flatMap((silence): Break[] => {
    if (!goesOn(silence, nowMs)) return [];
    const standing = standingOf(alert, silence);
    return standing.kind === 'broken' ? [{ by: silence.id, because: standing.because }] : [];
  });
}

function goesOn<Subject>({ startsMs, endsMs }: Silence<Subject>, nowMs: number): boolean {
  return startsMs <= nowMs && nowMs < endsMs;
}

/**
 * How a silence and an alert stand to each other, whatever the time:
 * - `silent`: the silence keeps it quiet
 * - `other`: the silence means other alerts
 * - `over`: the silence was to last as long as an episode that has ended
 * - `broken`: the alert is worse than what the silence was made for
 */
export type Standing =
  | { readonly kind: 'silent' | 'other' | 'over' }
  | { readonly kind: 'broken'; readonly because: Escalation };

export function standingOf<Subject>(alert: QuietSubject<Subject>, silence: Silence<Subject>): Standing {
  const { when, fingerprints, untilResolved } = silence;
  const isMeant =
    fingerprints === undefined ? when.matches(alert.subject) : fingerprints.has(alert.fingerprint);
  if (!isMeant) return { kind: 'other' };
  const seen = seenBy(silence, alert.fingerprint);
  if (untilResolved === true && seen?.openedAtMs !== alert.course.openedAtMs) return { kind: 'over' };
  const because = silence.breakOnEscalation === true ? escalationOf(alert.course, silence, seen) : undefined;
  return because === undefined ? { kind: 'silent' } : { kind: 'broken', because };
}

function seenBy<Subject>({ seen = {} }: Silence<Subject>, fingerprint: string): SeenAlert | undefined {
  return Object.hasOwn(seen, fingerprint) ? seen[fingerprint] : undefined;
}

function escalationOf<Subject>(
  course: Course,
  { worstSeen, createdMs, startsMs }: Silence<Subject>,
  seen: SeenAlert | undefined,
): Escalation | undefined {
  if (seen !== undefined) return escalatedSince(course, seen);
  return escalatedUnseen(course, worstSeen, createdMs ?? startsMs);
}
