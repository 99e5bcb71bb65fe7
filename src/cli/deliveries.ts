import { systemClock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import type { DeliveryRecord, DeliveryState, Store } from '../core/store.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { withStore } from './setup.ts';
import { jsonLine, many } from './table.ts';

interface DeliveriesOptions {
  readonly config: string;
  readonly destination?: string;
  readonly json?: boolean;
}

export interface ListOptions extends DeliveriesOptions {
  readonly state?: DeliveryState;
  readonly limit: number;
}

export interface ChangeOptions extends DeliveriesOptions {
  readonly all?: boolean;
}

/** `tocsin deliveries list`: what waits, what was given up and why. */
export async function listDeliveries(io: Io, options: ListOptions): Promise<ExitCode> {
  const { destination, state, limit } = options;
  const filter = {
    limit,
    ...(state === undefined ? {} : { state }),
    ...(destination === undefined ? {} : { destination }),
  };
  const records = await withStore(io, options.config, (store) => store.listDeliveries(filter));
  for (const record of records)
    io.out(options.json ? jsonLine(JSON.stringify(record)) : `${lineOf(record)}\n`);
  if (records.length === limit) io.err(`only the first ${limit} are shown; raise --limit to see more\n`);
  return 0;
}

function lineOf(record: DeliveryRecord): string {
  const { seq, destination, state, attempts, deliveryId, reason } = record;
  const told = reason === undefined ? '' : `  ${reason}`;
  const line = `${seq}  ${state}  ${destination}  ${counted(attempts, 'attempt')}  ${deliveryId}${told}`;
  // A feed chooses its ids, and a terminal obeys control characters.
  return line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** `tocsin deliveries redrive`: dead letters go back to the queue under their old ids. */
export function redriveDeliveries(
  io: Io,
  seqs: readonly string[],
  options: ChangeOptions,
): Promise<ExitCode> {
  return change(
    io,
    seqs,
    options,
    'redriven; the running daemon sends them within a minute',
    (store, selection) => store.redrive(selection, systemClock.now()),
  );
}

/** `tocsin deliveries discard`: dead letters are given up for good. */
export function discardDeliveries(
  io: Io,
  seqs: readonly string[],
  options: ChangeOptions,
): Promise<ExitCode> {
  return change(io, seqs, options, 'discarded', (store, selection) =>
    store.discard(selection, systemClock.now()),
  );
}

const NONE = 'nothing is changed: there is no such dead letter; see "tocsin deliveries list --state dead"';

type Selection = Parameters<Store['redrive']>[0];

async function change(
  io: Io,
  seqs: readonly string[],
  options: ChangeOptions,
  done: string,
  work: (store: Store, selection: Selection) => Promise<number>,
): Promise<ExitCode> {
  const selection = selectionOf(seqs, options);
  const changed = await withStore(io, options.config, (store) => work(store, selection));
  const told = changed === 0 ? NONE : `${many(changed, 'dead delivery', 'dead deliveries')} ${done}`;
  io.out(`${options.json ? JSON.stringify({ changed }) : told}\n`);
  return changed === 0 && seqs.length > 0 ? 1 : 0;
}

/** Everything is never meant by saying nothing. */
function selectionOf(seqs: readonly string[], { destination, all }: ChangeOptions): Selection {
  if (seqs.length === 0 && destination === undefined && all !== true) {
    throw new CliError(
      'say which: numbers from "tocsin deliveries list --state dead", --destination NAME, or --all',
    );
  }
  const numbers = seqs.map(Number);
  const wrong = seqs.find((_, index) => !Number.isSafeInteger(numbers[index]));
  if (wrong !== undefined)
    throw new CliError(`${JSON.stringify(wrong)} is not a delivery's number; see "tocsin deliveries list"`);
  return {
    ...(destination === undefined ? {} : { destination }),
    ...(numbers.length === 0 ? {} : { seqs: numbers }),
  };
}
