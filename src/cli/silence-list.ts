import { type Break, type Silence, standingOf } from '../alerts/quiet.ts';
import type { TocsinConfig } from '../app/load.ts';
import { compileSilence } from '../app/silence.ts';
import type { StoredAlert } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import type { RecordedStore } from '../core/records.ts';
import type { StoredSilence } from '../core/store.ts';
import { subjectOf } from '../pipeline/quieted.ts';
import type { TermSource } from '../rules/index.ts';
import { short } from './alert-view.ts';
import type { ExitCode, Io } from './io.ts';
import { brokenText } from './quiet.ts';
import { withStore } from './setup.ts';
import { aligned, away, clipped, iso, jsonLine } from './table.ts';

interface SilenceOptions {
  readonly config: string;
  readonly json?: boolean;
}

export interface SilenceListOptions extends SilenceOptions {
  readonly expired?: boolean;
}

interface Listed {
  readonly silence: StoredSilence;
  /** `over`: it was to last as long as its alerts, and they have ended. `broken`: for every alert that it names. */
  readonly state: 'active' | 'broken' | 'over' | 'to come' | 'expired';
  /** Open alerts that it keeps quiet now, and their matches that nobody was told of. */
  readonly alerts: number;
  readonly untold: number;
  /** Alerts that it keeps quiet no longer. */
  readonly broken: readonly BrokenAlert[];
  /** This version cannot read its filter: it keeps nothing quiet. */
  readonly isUnreadable?: true;
}

interface BrokenAlert extends Pick<Break, 'because'> {
  readonly fingerprint: string;
}

/** Open alerts that are looked at. */
const MOST_ALERTS = 5_000;
const MOST_BROKEN = 5;
const WEEK_MS = 7 * 86_400_000;

/** `tocsin silence list`: what is silent, for how long, and what that keeps quiet. */
export async function listSilences(io: Io, options: SilenceListOptions): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const { listed, unheard } = await withStore(io, options.config, async (store, config) => {
    const stored = await store.listSilences(options.expired === true ? 0 : nowMs);
    const all = [...planned(config, nowMs, options.expired === true), ...stored.map(compiledOf)];
    const open = await store.records.openAlerts(MOST_ALERTS);
    const week = { fromMs: nowMs - WEEK_MS, toMs: nowMs };
    const looked = await Promise.all(all.map((each) => look(store, each, open, nowMs)));
    return {
      listed: looked.filter(({ state }) => options.expired === true || state !== 'over'),
      unheard: await store.countUnheard(week),
    };
  });
  if (options.json === true) for (const each of listed) io.out(jsonLine(JSON.stringify(toJson(each))));
  else for (const line of toTable(listed, nowMs)) io.out(`${line}\n`);
  if (listed.length === 0) io.err('nothing is silent\n');
  const silenced = unheard.filter(({ reason }) => reason === 'silenced');
  const sum = silenced.reduce((total, { count }) => total + count, 0);
  if (sum > 0) io.err(`kept quiet until over in the last seven days: ${counted(sum, 'match', 'matches')}\n`);
  return 0;
}

interface Compiled {
  readonly silence: StoredSilence;
  readonly compiled: Silence<TermSource> | undefined;
}

function compiledOf(silence: StoredSilence): Compiled {
  return { silence, compiled: compileSilence(silence) };
}

/** Those of the configuration, as if somebody had added them. */
function planned({ silences, file }: TocsinConfig, nowMs: number, withExpired: boolean): readonly Compiled[] {
  return silences
    .filter(({ endsMs }) => withExpired || endsMs > nowMs)
    .map((compiled) => {
      const { when: _filter, ...silence } = compiled;
      const own = { when: `as ${file} says`, createdBy: file, createdMs: silence.startsMs };
      return { silence: { ...silence, ...own }, compiled };
    });
}

async function look(
  store: RecordedStore,
  { silence, compiled }: Compiled,
  open: readonly StoredAlert[],
  nowMs: number,
): Promise<Listed> {
  const { startsMs, endsMs, fingerprints } = silence;
  const state = endsMs <= nowMs ? 'expired' : startsMs > nowMs ? 'to come' : 'active';
  const nothing = { silence, state, alerts: 0, untold: 0, broken: [] } as const;
  if (compiled === undefined) return { ...nothing, isUnreadable: true };
  if (state === 'expired') return nothing;
  const asked = fingerprints === undefined ? open : await alertsOf(store, fingerprints);
  const stands = asked.map((alert) => ({ alert, standing: standingOf(subjectOf(alert), compiled) }));
  const broken = stands.flatMap(({ alert: { fingerprint }, standing }): BrokenAlert[] =>
    standing.kind === 'broken' ? [{ fingerprint, because: standing.because }] : [],
  );
  const silent = stands.filter(
    ({ alert, standing }) => standing.kind === 'silent' && alert.state !== 'resolved',
  );
  const untold = await Promise.all(silent.map(({ alert }) => untoldOf(store, alert.fingerprint)));
  return {
    ...{ silence, alerts: silent.length, untold: untold.reduce((sum, count) => sum + count, 0), broken },
    state: fingerprints === undefined ? state : (endOf(silence, stands, broken.length) ?? state),
  };
}

/** Those of the named alerts that are kept. */
async function alertsOf({ records }: RecordedStore, fingerprints: readonly string[]): Promise<StoredAlert[]> {
  return (await Promise.all(fingerprints.map((fingerprint) => records.findAlerts(fingerprint, 1)))).flat();
}

/** What has come of a silence that names its alerts, before its time has run out. */
function endOf(
  { untilResolved, fingerprints = [] }: StoredSilence,
  stands: readonly { readonly alert: StoredAlert; readonly standing: ReturnType<typeof standingOf> }[],
  broken: number,
): 'over' | 'broken' | undefined {
  const goesOn = stands.some(({ alert, standing }) => standing.kind !== 'over' && alert.state !== 'resolved');
  if (untilResolved === true && !goesOn) return 'over';
  return broken === fingerprints.length ? 'broken' : undefined;
}

/** An alert in several groups is counted once: as its largest backlog. */
async function untoldOf({ records }: RecordedStore, fingerprint: string): Promise<number> {
  const groups = await records.membershipsOf(fingerprint);
  return Math.max(0, ...groups.map(({ newCount }) => newCount));
}

/** For programs: times as ISO 8601. Either a filter or fingerprints say what is meant. */
export function silenceJson(silence: StoredSilence) {
  const { id, when, fingerprints, untilResolved, breakOnEscalation, reason, createdBy } = silence;
  return {
    id,
    ...(fingerprints === undefined ? { when } : { fingerprints }),
    ...{ reason, by: createdBy },
    ...{ untilResolved: untilResolved ?? false, breakOnEscalation: breakOnEscalation ?? false },
    ...{ created: iso(silence.createdMs), starts: iso(silence.startsMs), ends: iso(silence.endsMs) },
  };
}

function toJson({ silence, state, alerts, untold, broken, isUnreadable }: Listed) {
  return {
    ...{ ...silenceJson(silence), state, alerts, untold, unreadable: isUnreadable ?? false },
    broken: broken.map(({ fingerprint, because: { kind: reason, ...more } }) => ({
      fingerprint,
      reason,
      ...more,
    })),
  };
}

const HEADING = ['SILENCE', 'STATE', 'STARTS', 'ENDS', 'BY', 'ALERTS', 'UNTOLD', 'FILTER', 'REASON'];

/** A row a silence, and below it the alerts for which it is broken. */
function toTable(listed: readonly Listed[], nowMs: number): readonly string[] {
  if (listed.length === 0) return [];
  const rows = listed.map(({ silence, state, alerts, untold, isUnreadable }) => [
    ...[clipped(silence.id, 70), state, away(silence.startsMs, nowMs), away(silence.endsMs, nowMs)],
    ...[clipped(silence.createdBy, 30), String(alerts), String(untold)],
    isUnreadable === true ? 'not readable by this version' : meantText(silence),
    clipped(silence.reason, 100),
  ]);
  const [heading = '', ...lines] = aligned([HEADING, ...rows]);
  return [heading, ...listed.flatMap((each, index) => [lines[index] ?? '', ...brokenLines(each)])];
}

function meantText({ when, fingerprints, untilResolved }: StoredSilence): string {
  if (fingerprints === undefined) return clipped(when, 80);
  const names = fingerprints.slice(0, MOST_BROKEN).map(short).join(', ');
  const more = fingerprints.length > MOST_BROKEN ? ` and ${fingerprints.length - MOST_BROKEN} more` : '';
  return `alert ${names}${more}${untilResolved === true ? ' until over' : ''}`;
}

function brokenLines({ broken }: Listed): readonly string[] {
  const more = broken.length - MOST_BROKEN;
  return [
    ...broken.slice(0, MOST_BROKEN).map((each) => `  alert ${short(each.fingerprint)}: ${brokenText(each)}`),
    ...(more > 0 ? [`  and ${more} more for which it is broken`] : []),
  ];
}

/** `tocsin silence expire`: it ends now. Exit code 1 where no such silence goes on or is to come. */
export async function expireSilence(io: Io, id: string, options: SilenceOptions): Promise<ExitCode> {
  const { json } = options;
  const expired = await withStore(io, options.config, (store) => store.expireSilence(id, systemClock.now()));
  if (json === true) io.out(`${JSON.stringify({ id, expired })}\n`);
  else if (expired) io.out(`${id} has ended; what still goes on is told of within a minute\n`);
  else if (id.startsWith('config/'))
    io.err(`tocsin: ${clipped(id, 70)} stands in the configuration; take it out there\n`);
  else io.err(`tocsin: no silence ${clipped(id, 70)} goes on or is to come; see "tocsin silence list"\n`);
  return expired ? 0 : 1;
}
