import { namesAt } from '../app/load.ts';
import { systemClock } from '../core/clock.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { RecordedStore } from '../core/records.ts';
import type { StoredSilence } from '../core/store.ts';
import { createRedactor } from '../redaction/index.ts';
import { personOf } from './ack.ts';
import { readInstant } from './arguments.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { withStore } from './setup.ts';
import { matchesEverything, readFilter, type WrittenFilter } from './silence-filter.ts';
import { silenceJson } from './silence-list.ts';
import { agree, alertText, coveredBy, type Mask, namedAlerts, sightOf, slips } from './silence-scope.ts';
import { jsonLine, many, moment } from './table.ts';

export interface SilenceAddOptions {
  readonly config: string;
  /** Beginnings of fingerprints. */
  readonly alert?: readonly string[];
  /** Milliseconds. */
  readonly for?: number;
  readonly untilResolved?: boolean;
  readonly breakOnEscalation?: boolean;
  readonly from?: string;
  readonly reason: string;
  readonly by?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const DAY_MS = 86_400_000;
const LONGEST_MS = 90 * DAY_MS;
/** Without `--for`: an alert that never ends must not be silent for ever. */
const UNTIL_RESOLVED_MS = 7 * DAY_MS;
const MAX_REASON = 500;

/** What a silence is to mean, and what is said of it. */
interface Scope extends Pick<StoredSilence, 'when' | 'fingerprints' | 'untilResolved' | 'breakOnEscalation'> {
  readonly sight: Pick<StoredSilence, 'seen' | 'worstSeen'>;
  readonly alerts: number;
  /** For people. */
  readonly said: readonly string[];
}

/** `tocsin silence add`: alerts that are named, or that pass a filter, tell nobody for a while. */
export async function addSilence(
  io: Io,
  filter: string | undefined,
  options: SilenceAddOptions,
): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const { alert: prefixes } = options;
  const asked = askedOf(io, options, nowMs);
  if ((filter === undefined) === (prefixes === undefined))
    throw new CliError('say what is to be silent: a filter, or --alert FINGERPRINT');
  const known = () => namesAt({ file: options.config, cwd: io.cwd, env: io.env });
  const written = filter === undefined ? undefined : guarded(readFilter(io, filter, known()), options);
  await withStore(io, options.config, async (store, config) => {
    const mask: Mask = createRedactor(config.redaction).text;
    const scope =
      written === undefined
        ? await scopeOfAlerts(store, prefixes ?? [], options)
        : await scopeOfFilter(io, store, written, options, mask);
    const { sight, alerts, said, ...meant } = scope;
    const id = await freshId(store, systemRandom);
    const silence: StoredSilence = { id, ...asked, ...meant, ...sight };
    await store.transaction((tx) => tx.writeSilence(silence));
    tell(io, silence, { alerts, said: said.map(mask) }, nowMs, options.json === true);
  });
  return 0;
}

function askedOf(io: Io, options: SilenceAddOptions, nowMs: number): Omit<StoredSilence, 'id' | 'when'> {
  const startsMs = options.from === undefined ? nowMs : readInstant('--from', options.from);
  const lastsMs = options.for ?? UNTIL_RESOLVED_MS;
  const reason = options.reason.trim().slice(0, MAX_REASON);
  if (options.untilResolved === true && options.alert === undefined)
    throw new CliError('--until-resolved: needs --alert; a filter names no alert that could be over');
  if (options.for === undefined && options.untilResolved !== true)
    throw new CliError('--for: say for how long, such as 2h; only --until-resolved may go without');
  if (lastsMs > LONGEST_MS)
    throw new CliError('--for: at most 90d; what is never to be told belongs in a route or a rule');
  if (startsMs + lastsMs <= nowMs) throw new CliError('it would be over already; see --from and --for');
  if (startsMs > nowMs + LONGEST_MS) throw new CliError('--from: at most 90 days ahead');
  if (reason === '') throw new CliError('--reason: say why; it is shown wherever the silence is');
  const createdBy = personOf(io, options.by);
  return { reason, createdBy, createdMs: nowMs, startsMs, endsMs: startsMs + lastsMs };
}

function guarded(written: WrittenFilter, { all }: SilenceAddOptions): WrittenFilter {
  if (all === true || !matchesEverything(written)) return written;
  throw new CliError(
    'this filter keeps all or nearly all alerts quiet; narrow it, or say --all if that is what you mean',
  );
}

async function scopeOfAlerts(
  store: RecordedStore,
  prefixes: readonly string[],
  { untilResolved }: SilenceAddOptions,
): Promise<Scope> {
  const alerts = await namedAlerts(store, prefixes, untilResolved === true);
  return {
    // Empty, so that an earlier version that opens this store keeps nothing quiet by it.
    when: '',
    fingerprints: alerts.map(({ fingerprint }) => fingerprint),
    ...(untilResolved === true ? { untilResolved } : {}),
    breakOnEscalation: true,
    sight: sightOf(alerts),
    alerts: alerts.filter(({ state }) => state !== 'resolved').length,
    said: [
      ...alerts.map(
        (alert) => `alert ${alertText(alert)}${alert.state === 'resolved' ? ', which is over now' : ''}`,
      ),
      `${untilResolved === true ? 'silent until it is over; ' : ''}it breaks if the alert becomes more severe or an exploit succeeds`,
    ],
  };
}

async function scopeOfFilter(
  io: Io,
  store: RecordedStore,
  written: WrittenFilter,
  options: SilenceAddOptions,
  mask: Mask,
): Promise<Scope> {
  const covered = await coveredBy(store, written);
  const { length } = covered.alerts;
  await agree(io, written, covered, options, mask);
  const breaks = options.breakOnEscalation === true;
  const matched = `${many(length, 'open alert')} ${length === 1 ? 'matches' : 'match'} now`;
  return {
    when: written.text,
    ...(breaks ? { breakOnEscalation: true } : {}),
    sight: breaks ? sightOf(covered.alerts) : {},
    alerts: length,
    said: length === 0 ? [matched, ...(await slips(store, written))] : [matched],
  };
}

/** Without letters and digits that look alike. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const LETTERS_AND_DIGITS = `${LETTERS}23456789`;
const ID_LENGTH = 5;

/** Short enough to type, and no option or number. */
async function freshId(store: RecordedStore, random: Random): Promise<string> {
  const taken = new Set((await store.listSilences(0)).map(({ id }) => id));
  const pick = (letters: string): string => letters.charAt(Math.floor(random() * letters.length));
  for (;;) {
    const rest = Array.from({ length: ID_LENGTH - 1 }, () => pick(LETTERS_AND_DIGITS));
    const id = [pick(LETTERS), ...rest].join('');
    if (!taken.has(id)) return id;
  }
}

function tell(
  io: Io,
  silence: StoredSilence,
  { alerts, said }: Pick<Scope, 'alerts' | 'said'>,
  nowMs: number,
  json: boolean,
): void {
  const end = `end it with "tocsin silence expire ${silence.id}"`;
  if (json) {
    io.out(jsonLine(JSON.stringify({ ...silenceJson(silence), alerts })));
    if (alerts === 0) io.err(`${said.join('\n')}\n`);
    return;
  }
  const from = silence.startsMs > nowMs ? ` from ${moment(silence.startsMs, nowMs)}` : '';
  io.out(`${silence.id}  silent${from} until ${moment(silence.endsMs, nowMs)}\n`);
  for (const line of said.slice(0, -1)) io.err(`${line}\n`);
  io.err(`${said.at(-1) ?? ''}; ${end}\n`);
}
