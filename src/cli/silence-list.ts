import type { Silence } from '../alerts/quiet.ts';
import type { TocsinConfig } from '../app/load.ts';
import { compileSilence } from '../app/silence.ts';
import type { StoredAlert } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import type { RecordedStore } from '../core/records.ts';
import type { StoredSilence } from '../core/store.ts';
import { subjectOf } from '../pipeline/quieted.ts';
import type { TermSource } from '../rules/index.ts';
import type { ExitCode, Io } from './io.ts';
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
  readonly state: 'active' | 'to come' | 'expired';
  /** Open alerts that it keeps quiet now, and their matches that nobody was told of. */
  readonly alerts: number;
  readonly untold: number;
  /** This version cannot read its filter: it keeps nothing quiet. */
  readonly isBroken?: true;
}

/** Open alerts that are looked at. */
const MOST_ALERTS = 5_000;
const WEEK_MS = 7 * 86_400_000;

/** `tocsin silence list`: what is silent, for how long, and what that keeps quiet. */
export async function listSilences(io: Io, options: SilenceListOptions): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const { listed, unheard } = await withStore(io, options.config, async (store, config) => {
    const stored = await store.listSilences(options.expired === true ? 0 : nowMs);
    const all = [...planned(config, nowMs, options.expired === true), ...stored.map(compiledOf)];
    const open = await store.records.openAlerts(MOST_ALERTS);
    const week = { fromMs: nowMs - WEEK_MS, toMs: nowMs };
    return {
      listed: await Promise.all(all.map((each) => look(store, each, open, nowMs))),
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
  readonly filter: Silence<TermSource>['when'] | undefined;
}

function compiledOf(silence: StoredSilence): Compiled {
  return { silence, filter: compileSilence(silence)?.when };
}

/** Those of the configuration, as if somebody had added them. */
function planned({ silences, file }: TocsinConfig, nowMs: number, withExpired: boolean): readonly Compiled[] {
  return silences
    .filter(({ endsMs }) => withExpired || endsMs > nowMs)
    .map(({ when: filter, ...silence }) => {
      const own = { when: `as ${file} says`, createdBy: file, createdMs: silence.startsMs };
      return { silence: { ...silence, ...own }, filter };
    });
}

async function look(
  store: RecordedStore,
  { silence, filter }: Compiled,
  open: readonly StoredAlert[],
  nowMs: number,
): Promise<Listed> {
  const { startsMs, endsMs } = silence;
  const state = endsMs <= nowMs ? 'expired' : startsMs > nowMs ? 'to come' : 'active';
  const nothing = { silence, state, alerts: 0, untold: 0 } as const;
  if (filter === undefined) return { ...nothing, isBroken: true };
  if (state === 'expired') return nothing;
  const alerts = open.filter((alert) => filter.matches(subjectOf(alert).subject));
  const untold = await Promise.all(alerts.map(({ fingerprint }) => untoldOf(store, fingerprint)));
  return { ...nothing, alerts: alerts.length, untold: untold.reduce((sum, count) => sum + count, 0) };
}

/** An alert in several groups is counted once: as its largest backlog. */
async function untoldOf({ records }: RecordedStore, fingerprint: string): Promise<number> {
  const groups = await records.membershipsOf(fingerprint);
  return Math.max(0, ...groups.map(({ newCount }) => newCount));
}

/** For programs: times as ISO 8601. */
export function silenceJson({ id, when, reason, createdBy, createdMs, startsMs, endsMs }: StoredSilence) {
  const times = { created: iso(createdMs), starts: iso(startsMs), ends: iso(endsMs) };
  return { id, when, reason, by: createdBy, ...times };
}

function toJson({ silence, state, alerts, untold, isBroken }: Listed) {
  return { ...silenceJson(silence), state, alerts, untold, unreadable: isBroken ?? false };
}

const HEADING = ['SILENCE', 'STATE', 'STARTS', 'ENDS', 'BY', 'ALERTS', 'UNTOLD', 'FILTER', 'REASON'];

function toTable(listed: readonly Listed[], nowMs: number): readonly string[] {
  if (listed.length === 0) return [];
  const rows = listed.map(({ silence, state, alerts, untold, isBroken }) => [
    ...[clipped(silence.id, 70), state, away(silence.startsMs, nowMs), away(silence.endsMs, nowMs)],
    ...[clipped(silence.createdBy, 30), String(alerts), String(untold)],
    ...[isBroken === true ? 'not readable by this version' : clipped(silence.when, 80)],
    clipped(silence.reason, 100),
  ]);
  return aligned([HEADING, ...rows]);
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
