import { createInterface } from 'node:readline';
import { seenOf } from '../alerts/escalation.ts';
import { nearest } from '../config/words.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { RecordedStore } from '../core/records.ts';
import { highestSeverity, severityRank } from '../core/severity.ts';
import type { SeenAlert, StoredSilence } from '../core/store.ts';
import { subjectOf } from '../pipeline/quieted.ts';
import { groupText, short } from './alert-view.ts';
import { findAlert } from './find-alert.ts';
import { CliError, type Io } from './io.ts';
import { matchesEverything, type WrittenFilter } from './silence-filter.ts';
import { clipped, many } from './table.ts';

/** Open alerts that are looked at, the most severe first. */
const MOST_ALERTS = 20_000;
/** Alerts that one silence may name. */
const MOST_NAMED = 100;
/** Alerts of a filter's that a silence remembers; it is read at each look at due groups. */
const MOST_SEEN = 500;
const MOST_LISTED = 5;

/** The open alerts that a filter covers now. */
export interface Covered {
  readonly alerts: readonly StoredAlert[];
  /** More alerts are open than were looked at. */
  readonly isPartial: boolean;
}

export async function coveredBy({ records }: RecordedStore, { filter }: WrittenFilter): Promise<Covered> {
  const open = await records.openAlerts(MOST_ALERTS + 1);
  const looked = open.slice(0, MOST_ALERTS);
  const alerts = looked.filter((alert) => filter.matches(subjectOf(alert).subject));
  return { alerts, isPartial: open.length > MOST_ALERTS };
}

/** `22 open alerts` */
function coveredText({ alerts, isPartial }: Covered): string {
  const text = many(alerts.length, 'open alert');
  return isPartial ? `${text} among the ${MOST_ALERTS} most severe` : text;
}

/** What an operator is shown he pastes to others: secrets in it are masked. */
export type Mask = (text: string) => string;

interface Consent {
  readonly yes?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** A filter may cover more than its maker thinks: above one alert he says that he means it. `--all` has said so already. */
export async function agree(
  io: Io,
  written: WrittenFilter,
  covered: Covered,
  { yes, all, json }: Consent,
  mask: Mask,
): Promise<void> {
  const isMany = covered.alerts.length > 1 || covered.isPartial;
  if (!isMany || yes === true || (all === true && matchesEverything(written))) return;
  if (json === true || !isAttended(io))
    throw new CliError(
      `nothing is silenced: the filter covers ${coveredText(covered)}; say --yes if all of them are meant, or name alerts with --alert`,
    );
  io.err(`the filter covers ${coveredText(covered)}:\n`);
  for (const line of listing(covered.alerts)) io.err(`  ${mask(line)}\n`);
  io.err('keep all of them quiet? [y/N] ');
  const answer = await firstLine(io);
  // Nobody pressed Enter: what is said next begins a line of its own.
  if (answer === undefined) io.err('\n');
  if (answer === undefined || !/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing is silenced', 1);
}

/** Whether somebody can be asked: what is piped in is no answer. */
function isAttended({ terminal, stdin }: Io): boolean {
  return terminal && 'isTTY' in stdin && stdin.isTTY === true;
}

async function firstLine({ stdin, stop }: Io): Promise<string | undefined> {
  const lines = createInterface({ input: stdin, signal: stop });
  try {
    for await (const line of lines) return line;
    return undefined;
  } finally {
    lines.close();
  }
}

function listing(alerts: readonly StoredAlert[]): readonly string[] {
  const more = alerts.length - MOST_LISTED;
  return [...alerts.slice(0, MOST_LISTED).map(alertText), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** `3fa90c12 HIGH sqli actor=203.0.113.9` */
export function alertText({ fingerprint, severity, rule, group }: StoredAlert): string {
  return `${short(fingerprint)} ${severity} ${clipped(rule, 60)} ${clipped(groupText(group), 100)}`;
}

/** The alerts that were named, each once. */
export async function namedAlerts(
  { records }: RecordedStore,
  prefixes: readonly string[],
  untilResolved: boolean,
): Promise<readonly StoredAlert[]> {
  if (prefixes.length > MOST_NAMED) throw new CliError(`--alert: at most ${MOST_NAMED} alerts a silence`);
  const named = new Map<string, StoredAlert>();
  for (const prefix of prefixes) {
    const found = await findAlert(records, prefix);
    if (!('alert' in found)) throw new CliError(`--alert: ${found.message}`, 1);
    const { alert } = found;
    if (untilResolved && alert.state === 'resolved')
      throw new CliError(`--until-resolved: alert ${short(alert.fingerprint)} is over already`, 1);
    named.set(alert.fingerprint, alert);
  }
  return [...named.values()];
}

/** What the maker of a silence saw of its alerts. Of more than can be remembered, exploits that succeeded and the most severe. */
export function sightOf(alerts: readonly StoredAlert[]): Pick<StoredSilence, 'seen' | 'worstSeen'> {
  const worstFirst = alerts.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, MOST_SEEN);
  const seen = worstFirst.map((alert): [string, SeenAlert] => [alert.fingerprint, seenOf(alert)]);
  const worst = alerts
    .map(({ severity }) => severity)
    .reduce<SeenAlert['severity'] | undefined>((a, b) => highestSeverity(a ?? b, b), undefined);
  return { seen: Object.fromEntries(seen), ...(worst === undefined ? {} : { worstSeen: worst }) };
}

function weightOf({ exploited, severity }: StoredAlert): number {
  return (exploited === true ? 100 : 0) + severityRank(severity);
}

/** Of each value that a filter asks for and no alert has that is kept: a slip, perhaps. */
export async function slips(store: RecordedStore, { filter }: WrittenFilter): Promise<readonly string[]> {
  const asked = filter.comparisons.filter(({ operator, text }) => operator === 'eq' && text !== '');
  if (asked.length === 0) return [];
  const kept = await store.listAlerts({ limit: MOST_ALERTS });
  return asked.flatMap(({ term, text }) => {
    const values = new Set(
      kept
        .map((alert) => subjectOf(alert).labels[term])
        .flatMap((value) => (value === undefined ? [] : [String(value)])),
    );
    const wanted = text.trim().toLowerCase();
    if ([...values].some((value) => value.trim().toLowerCase() === wanted)) return [];
    const near = nearest(text, values);
    const meant = near === undefined ? '' : `; did you mean ${JSON.stringify(clipped(near, 100))}?`;
    return [`no alert that is kept has the ${term} ${JSON.stringify(clipped(text, 100))}${meant}`];
  });
}
