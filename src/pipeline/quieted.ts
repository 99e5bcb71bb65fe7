import { mutedUntil, mutingInterval, type SpeakingTimes } from '../alerts/intervals.ts';
import {
  type Inhibition,
  inhibitorsAmong,
  type Quiet,
  type QuietSubject,
  quietedBy,
  type Silence,
} from '../alerts/quiet.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { GroupMember, StoredSilence, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';

/** Compiles the filter of a stored silence; undefined where this version cannot read it. */
export type CompileSilence = (silence: StoredSilence) => Silence<TermSource> | undefined;

export interface QuietDeps {
  readonly compileSilence: CompileSilence;
  /** Planned maintenance, from the configuration. */
  readonly silences: readonly Silence<TermSource>[];
  readonly inhibitions: readonly Inhibition<TermSource>[];
}

/** Members looked at one by one. Of a larger group the mildest are not kept quiet: too much is told rather than too little. */
const MOST_MEMBERS = 5_000;
/** Open alerts that may inhibit others. */
const MOST_INHIBITORS = 5_000;

/** Which members of a group are kept quiet now, and why. */
export type QuietMembers = ReadonlyMap<string, Quiet>;

/** What is silent and what inhibits, as one transaction found it. */
export interface QuietState {
  /** A route's mute time and when it ends; undefined while it may speak. */
  mutedUntil(route: Route<TermSource>): { readonly by: string; readonly untilMs: number } | undefined;
  membersOf(tx: StoreTx, group: string): Promise<QuietMembers>;
}

const NOBODY: QuietMembers = new Map();

export async function readQuiet(tx: StoreTx, deps: QuietDeps, nowMs: number): Promise<QuietState> {
  const stored = (await tx.readSilences(nowMs)).flatMap((silence) => deps.compileSilence(silence) ?? []);
  const silences = [...deps.silences.filter(({ endsMs }) => endsMs > nowMs), ...stored];
  const open = deps.inhibitions.length === 0 ? [] : (await tx.openAlerts(MOST_INHIBITORS)).map(subjectOf);
  const inhibitors = inhibitorsAmong(deps.inhibitions, open);
  const mutes = new Map<string, ReturnType<QuietState['mutedUntil']>>();
  return {
    // Once for all groups of a route: time zones are slow to ask, and attackers make the groups.
    mutedUntil({ name, speaking }) {
      if (!mutes.has(name)) mutes.set(name, muteOf(speaking, nowMs));
      return mutes.get(name);
    },
    async membersOf(inTx, group) {
      if (silences.length === 0 && deps.inhibitions.length === 0) return NOBODY;
      const members = await inTx.readMembers(group, MOST_MEMBERS);
      return new Map(
        members.flatMap(({ alert }: GroupMember) => {
          const quiet = quietedBy(subjectOf(alert), silences, inhibitors, nowMs);
          return quiet === undefined ? [] : [[alert.fingerprint, quiet] as const];
        }),
      );
    },
  };
}

function muteOf(speaking: SpeakingTimes, nowMs: number): ReturnType<QuietState['mutedUntil']> {
  const untilMs = mutedUntil(speaking, nowMs);
  return untilMs === undefined ? undefined : { by: mutingInterval(speaking, nowMs), untilMs };
}

/** An alert as filters look at it. */
export function subjectOf(
  alert: Pick<StoredAlert, 'fingerprint' | 'labels' | 'count' | 'severity' | 'lastSeenMs'>,
): QuietSubject<TermSource> {
  const { fingerprint, count, severity } = alert;
  const labels = { ...alert.labels, count, severity };
  const values = new Map(Object.entries(labels));
  const subject = {
    get: (term: string) => values.get(term),
    nowSeconds: Math.floor(alert.lastSeenMs / 1_000),
  };
  return { fingerprint, labels, subject };
}
