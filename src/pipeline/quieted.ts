import { type Inhibition, inhibitorsAmong } from '../alerts/inhibition.ts';
import { mutedUntil, mutingInterval, type SpeakingTimes } from '../alerts/intervals.ts';
import { quietedBy, type Silence, silencedBy } from '../alerts/quiet.ts';
import type { Quiet, QuietSubject } from '../alerts/quiet-subject.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { InhibitingAlert, StoredSilence, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';

/** Compiles the filter of a stored silence; undefined where this version cannot read it. */
export type CompileSilence = (silence: StoredSilence) => Silence<TermSource> | undefined;

export interface QuietDeps {
  readonly compileSilence: CompileSilence;
  readonly routes: readonly Route<TermSource>[];
  /** Planned maintenance, from the configuration. */
  readonly silences: readonly Silence<TermSource>[];
  readonly inhibitions: readonly Inhibition<TermSource>[];
}

/** Members looked at one by one. Of a larger group the mildest are not kept quiet: too much is told rather than too little. */
const MOST_MEMBERS = 5_000;
/**
 * Alerts that may inhibit others, the most severe of those that somebody was told of or is about to be. Where there are
 * more, the rest keeps nobody quiet: a flood can cost too many messages, and never one too few.
 */
const MOST_INHIBITORS = 5_000;

/** Which members of a group are kept quiet now, and why. */
export type QuietMembers = ReadonlyMap<string, Quiet>;

/** A route's mute time, and when it ends. */
export interface Mute {
  readonly by: string;
  readonly untilMs: number;
}

/** What keeps one alert quiet at one moment. */
export interface Quieting {
  of(subject: QuietSubject<TermSource>): Quiet | undefined;
  /** Undefined while the route may speak. */
  mutedUntil(route: Pick<Route<TermSource>, 'name' | 'speaking'>): Mute | undefined;
}

/** What is silent and what inhibits, as one transaction found it. */
export interface QuietState extends Pick<Quieting, 'mutedUntil'> {
  membersOf(tx: StoreTx, group: string): Promise<QuietMembers>;
}

const NOBODY: QuietMembers = new Map();

export async function readQuiet(tx: StoreTx, deps: QuietDeps, nowMs: number): Promise<QuietState> {
  const stored = (await tx.readSilences(nowMs)).flatMap((silence) => deps.compileSilence(silence) ?? []);
  const silences = [...deps.silences.filter(({ endsMs }) => endsMs > nowMs), ...stored];
  const quieting = await readQuieting(tx, { ...deps, silences }, nowMs);
  return {
    mutedUntil: quieting.mutedUntil,
    async membersOf(inTx, group) {
      if (silences.length === 0 && deps.inhibitions.length === 0) return NOBODY;
      const members = (await inTx.readMembers(group, MOST_MEMBERS)).map(({ alert }) => alert);
      const rest = members.length < MOST_MEMBERS ? [] : await namedMembers(inTx, group, silences);
      return new Map(
        [...members, ...rest].flatMap((alert) => {
          const quiet = quieting.of(subjectOf(alert));
          return quiet === undefined ? [] : [[alert.fingerprint, quiet] as const];
        }),
      );
    },
  };
}

/** Members of a large group that silences name: those are quiet, however mild. */
async function namedMembers(
  tx: StoreTx,
  group: string,
  silences: readonly Silence<TermSource>[],
): Promise<readonly StoredAlert[]> {
  const names = new Set(silences.flatMap(({ fingerprints }) => [...(fingerprints ?? [])]));
  const members: StoredAlert[] = [];
  for (const alert of await tx.readAlerts([...names])) {
    const groups = await tx.groupsOf(alert.fingerprint);
    if (groups.some(({ id }) => id === group)) members.push(alert);
  }
  return members;
}

/** The same for commands and for transactions, so that both tell the same story. */
export async function readQuieting(
  store: Pick<StoreTx, 'inhibitingAlerts'>,
  { silences, inhibitions, routes }: Omit<QuietDeps, 'compileSilence'>,
  nowMs: number,
): Promise<Quieting> {
  const mutes = new Map<string, Mute | undefined>();
  // Once for all groups of a route: time zones are slow to ask, and attackers make the groups.
  const muted: Quieting['mutedUntil'] = ({ name, speaking }) => {
    if (!mutes.has(name)) mutes.set(name, muteOf(speaking, nowMs));
    return mutes.get(name);
  };
  const known = new Map(routes.map((route) => [route.name, route]));
  const waitOf = (name: string): number => known.get(name)?.timing.groupWaitMs ?? 0;

  /** It waits for its turn alone. What held its group before does not matter, where that is looked at soon. */
  function isAboutToBeTold({ waitsIn }: InhibitingAlert): boolean {
    return waitsIn.some(({ route: name, heldBecause, lastNotifiedMs, dueMs = 0, quietUntilMs = 0 }) => {
      const route = known.get(name);
      if (route !== undefined && muted(route) !== undefined) return false;
      // Back too soon to wake anybody: nobody is told for hours.
      if (lastNotifiedMs === undefined && quietUntilMs > nowMs + waitOf(name)) return false;
      const isFirst = heldBecause === undefined && lastNotifiedMs === undefined;
      return isFirst || dueMs <= nowMs + waitOf(name);
    });
  }

  const longestMs = Math.max(0, ...routes.map(({ timing }) => timing.groupWaitMs));
  const open =
    inhibitions.length === 0 ? [] : await store.inhibitingAlerts(nowMs + longestMs, MOST_INHIBITORS);
  const told = open.filter(({ isTold }) => isTold).map(({ alert }) => subjectOf(alert));
  const waiting = open
    .filter((each) => !each.isTold && isAboutToBeTold(each))
    .map(({ alert }) => subjectOf(alert))
    .filter((subject) => silencedBy(subject, silences, nowMs) === undefined);
  const inhibitors = inhibitorsAmong(inhibitions, told, waiting);
  return { mutedUntil: muted, of: (subject) => quietedBy(subject, silences, inhibitors, nowMs) };
}

function muteOf(speaking: SpeakingTimes, nowMs: number): Mute | undefined {
  const untilMs = mutedUntil(speaking, nowMs);
  return untilMs === undefined ? undefined : { by: mutingInterval(speaking, nowMs), untilMs };
}

type Asked = Pick<
  StoredAlert,
  | 'fingerprint'
  | 'labels'
  | 'several'
  | 'count'
  | 'severity'
  | 'lastSeenMs'
  | 'episode'
  | 'openedAtMs'
  | 'exploited'
  | 'openedAs'
  | 'past'
>;

/** An alert as filters look at it. A term that has several values has none that a filter could hold for. */
export function subjectOf(alert: Asked): QuietSubject<TermSource> {
  const { fingerprint, count, severity, several = [] } = alert;
  const labels = { ...alert.labels, count, severity };
  const values = new Map(Object.entries(labels));
  const subject = {
    get: (term: string) => values.get(term),
    nowSeconds: Math.floor(alert.lastSeenMs / 1_000),
  };
  return { fingerprint, labels, several: new Set(several), course: alert, subject };
}
