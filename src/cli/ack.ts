import { expectAcknowledged } from '../alerts/group.ts';
import { acknowledge } from '../alerts/lifecycle.ts';
import type { Acknowledgement, StoredAlert } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import type { RecordedStore } from '../core/records.ts';
import { groupText, short } from './alert-view.ts';
import { findAlert } from './find-alert.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { withStore } from './setup.ts';
import { jsonLine, visible } from './table.ts';

export interface AckOptions {
  readonly config: string;
  readonly by?: string;
  readonly note?: string;
  readonly json?: boolean;
}

interface Acknowledged {
  readonly asked: string;
  /** `over`: it is resolved. */
  readonly result: 'acknowledged' | 'already' | 'over' | 'unknown' | 'ambiguous';
  readonly message: string;
  readonly alert?: StoredAlert;
}

const MAX_NAME = 100;
const MAX_NOTE = 500;

/** `tocsin ack`: somebody has it in hand. Exit code 1 where one of them could not be taken. */
export async function acknowledgeAlerts(
  io: Io,
  asked: readonly string[],
  options: AckOptions,
): Promise<ExitCode> {
  const by = personOf(io, options.by);
  const note = options.note?.slice(0, MAX_NOTE);
  const hand = { atMs: systemClock.now(), by, ...(note === undefined ? {} : { note }) };
  const results = await withStore(io, options.config, async (store) => {
    const all: Acknowledged[] = [];
    for (const prefix of new Set(asked)) all.push(await acknowledgeOne(store, prefix, hand));
    return all;
  });
  for (const each of results) {
    const isDone = each.result === 'acknowledged' || each.result === 'already';
    if (options.json === true) io.out(jsonLine(JSON.stringify(toJson(each))));
    else if (isDone) io.out(`${each.message}\n`);
    else io.err(`tocsin: ${each.message}\n`);
  }
  return results.every(({ result }) => result === 'acknowledged' || result === 'already') ? 0 : 1;
}

/** Who says so: `--by`, else whoever is logged in. */
export function personOf({ env }: Io, by: string | undefined): string {
  const name = (by ?? env['USER'] ?? env['LOGNAME'] ?? '').trim();
  if (name === '') throw new CliError('nobody is logged in here: say who you are with --by NAME');
  return name.slice(0, MAX_NAME);
}

/** Read, judged and written in one transaction: the daemon counts matches of the same alert meanwhile. */
async function acknowledgeOne(
  store: RecordedStore,
  asked: string,
  hand: Acknowledgement,
): Promise<Acknowledged> {
  const found = await findAlert(store.records, asked);
  if (!('alert' in found)) return { asked, ...found };
  const { fingerprint } = found.alert;
  return store.transaction(async (tx): Promise<Acknowledged> => {
    const [alert] = await tx.readAlerts([fingerprint]);
    if (alert === undefined)
      return { asked, result: 'unknown', message: `alert ${short(fingerprint)} has aged out` };
    const verdict = acknowledge(alert, hand);
    if (verdict.reason !== 'acknowledged') return { asked, ...notTaken(alert, verdict.reason), alert };
    await tx.writeAlerts([verdict.alert], hand.atMs);
    const groups = await tx.groupsOf(fingerprint);
    await tx.writeGroups(
      groups.map((group) => expectAcknowledged(group, hand.atMs)),
      hand.atMs,
    );
    const message = `acknowledged ${titleOf(alert)}`;
    return { asked, result: 'acknowledged', message, alert: verdict.alert };
  });
}

function notTaken(alert: StoredAlert, result: 'already' | 'over') {
  if (result === 'over') return { result, message: `${titleOf(alert)} is over; nothing to take in hand` };
  return {
    result,
    message: `${visible(alert.acknowledged?.by ?? '')} has ${titleOf(alert)} in hand already`,
  };
}

function titleOf({ fingerprint, rule, group }: StoredAlert): string {
  return `${short(fingerprint)} ${visible(rule)} ${groupText(group)}`;
}

function toJson({ asked, result, message, alert }: Acknowledged) {
  const { fingerprint, acknowledged: hand } = alert ?? {};
  const by = hand && { at: new Date(hand.atMs).toISOString(), by: hand.by, note: hand.note };
  return { asked, result, message, fingerprint, acknowledged: by };
}
