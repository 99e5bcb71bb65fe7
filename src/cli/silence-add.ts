import { namesAt } from '../app/load.ts';
import { systemClock } from '../core/clock.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { RecordedStore } from '../core/records.ts';
import type { StoredSilence } from '../core/store.ts';
import { subjectOf } from '../pipeline/quieted.ts';
import { personOf } from './ack.ts';
import { readInstant } from './arguments.ts';
import { findAlert } from './find-alert.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { withStore } from './setup.ts';
import { filterOfAlert, matchesEverything, readFilter, type WrittenFilter } from './silence-filter.ts';
import { silenceJson } from './silence-list.ts';
import { jsonLine, moment } from './table.ts';

export interface SilenceAddOptions {
  readonly config: string;
  readonly alert?: string;
  /** Milliseconds. */
  readonly for: number;
  readonly from?: string;
  readonly reason: string;
  readonly by?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

const LONGEST_MS = 90 * 86_400_000;
const MAX_REASON = 500;
/** Open alerts that are looked at. */
const MOST_ALERTS = 5_000;

/** `tocsin silence add`: alerts that pass the filter tell nobody for a while. */
export async function addSilence(
  io: Io,
  filter: string | undefined,
  options: SilenceAddOptions,
): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const asked = askedOf(io, options, nowMs);
  if ((filter === undefined) === (options.alert === undefined))
    throw new CliError('say what is to be silent: a filter, or --alert FINGERPRINT');
  const known = () => namesAt({ file: options.config, cwd: io.cwd, env: io.env });
  const written = filter === undefined ? undefined : guarded(readFilter(io, filter, known()), options);
  await withStore(io, options.config, async (store) => {
    const { text, filter: compiled } = written ?? (await filterFrom(io, store, options.alert ?? ''));
    const silence = { ...asked, id: await freshId(store, systemRandom), when: text };
    await store.transaction((tx) => tx.writeSilence(silence));
    const open = await store.records.openAlerts(MOST_ALERTS);
    const alerts = open.filter((alert) => compiled.matches(subjectOf(alert).subject)).length;
    tell(io, silence, alerts, nowMs, options.json === true);
  });
  return 0;
}

function askedOf(io: Io, options: SilenceAddOptions, nowMs: number): Omit<StoredSilence, 'id' | 'when'> {
  const startsMs = options.from === undefined ? nowMs : readInstant('--from', options.from);
  const endsMs = startsMs + options.for;
  const reason = options.reason.trim().slice(0, MAX_REASON);
  if (options.for > LONGEST_MS)
    throw new CliError('--for: at most 90d; what is never to be told belongs in a route or a rule');
  if (endsMs <= nowMs) throw new CliError('it would be over already; see --from and --for');
  if (startsMs > nowMs + LONGEST_MS) throw new CliError('--from: at most 90 days ahead');
  if (reason === '') throw new CliError('--reason: say why; it is shown wherever the silence is');
  return { reason, createdBy: personOf(io, options.by), createdMs: nowMs, startsMs, endsMs };
}

function guarded(written: WrittenFilter, { all }: SilenceAddOptions): WrittenFilter {
  if (all === true || !matchesEverything(written)) return written;
  throw new CliError(
    'this filter keeps all or nearly all alerts quiet; narrow it, or say --all if that is what you mean',
  );
}

async function filterFrom(io: Io, { records }: RecordedStore, prefix: string): Promise<WrittenFilter> {
  const found = await findAlert(records, prefix);
  if ('alert' in found) return filterOfAlert(io, found.alert);
  throw new CliError(`--alert: ${found.message}`, 1);
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

function tell(io: Io, silence: StoredSilence, alerts: number, nowMs: number, json: boolean): void {
  if (json) {
    io.out(jsonLine(JSON.stringify({ ...silenceJson(silence), alerts })));
    return;
  }
  const from = silence.startsMs > nowMs ? ` from ${moment(silence.startsMs, nowMs)}` : '';
  io.out(`${silence.id}  silent${from} until ${moment(silence.endsMs, nowMs)}\n`);
  const matched = alerts === 1 ? '1 open alert matches' : `${alerts} open alerts match`;
  io.err(`${matched} now; end it with "tocsin silence expire ${silence.id}"\n`);
}
