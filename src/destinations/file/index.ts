import type { Clock } from '../../core/clock.ts';
import type { Delivery, Destination, Outcome } from '../../core/delivery.ts';
import { startDeadline } from '../../net/index.ts';
import type { AdapterDeps, DestinationType } from '../../schema/adapter.ts';
import { heardAs, listUnlessPaced } from '../alert-slices.ts';
import { batchOutcome, deliveriesOutcome } from '../batch-outcome.ts';
import { recordsOf } from '../siem/index.ts';
import { siemText } from '../siem-text.ts';
import { type FileConfig, fileConfig, locateFile, STDOUT } from './config.ts';
import { classifyOutput } from './failure.ts';
import { systemFiles } from './files.ts';
import { createLogFile } from './log-file.ts';
import type { Appended, Output } from './output.ts';
import { createStdout } from './stdout.ts';

/** JSON Lines or CEF lines, in a file that rotates or on stdout. */
export const fileDestination: DestinationType<FileConfig> = {
  type: 'file',
  otherNames: {
    stdout: 'path: "-"',
    console: 'path: "-"',
    log: '',
    json: '',
    jsonl: '',
    ndjson: '',
    jsonlines: '',
  },
  config: fileConfig,
  locate: locateFile,
  exclusive: shownPath,
  create: (config, deps) => createFile(config, outputOf(config, deps), deps.clock),
};

function outputOf(config: FileConfig, { clock }: AdapterDeps): Output {
  const { path, max_size: maxBytes, rotate: every, keep } = config;
  if (path === STDOUT) return createStdout(clock);
  return createLogFile({ path, maxBytes, every, keep, clock, files: systemFiles });
}

/** For a writer to end between two writes once it is told to: it knows how far it came. */
const GRACE_MS = 100;
const CLOSE_MS = 2_000;

export function createFile(config: FileConfig, output: Output, clock: Clock): Destination {
  /** Writes must not overlap, and one that a disk keeps for long is still under way when its deadline is over. */
  let turn: Promise<unknown> = Promise.resolve();
  const heard = listUnlessPaced(config.rate);

  async function deliver(batch: readonly Delivery[], signal: AbortSignal): Promise<Outcome> {
    const records = batch.map((delivery) => recordsOf(heardAs(delivery, heard.hearing)));
    const encoded = records.flat().map((record) => siemText(record, config.schema));
    const lines = encoded.flatMap((each) => (typeof each === 'string' ? [Buffer.from(`${each}\n`)] : []));
    const dead = encoded.map((each) => (typeof each === 'string' ? undefined : each));
    const { lines: done, code } = await appendInTime(lines, signal);
    const failure = code === undefined ? undefined : classifyOutput(shownPath(config), code);
    return deliveriesOutcome(
      batchOutcome(dead, done, failure),
      records.map(({ length }) => length),
    );
  }

  async function appendInTime(lines: readonly Buffer[], signal: AbortSignal): Promise<Appended> {
    const deadline = startDeadline(config.timeout, signal);
    const mine = turn.then(() => output.append(lines, deadline.signal));
    turn = mine;
    const appended = await Promise.race([mine, stopped(deadline.signal, clock)]);
    const why = deadline.why();
    deadline.dispose();
    return appended.code === 'STOPPED' && why === 'timeout' ? { ...appended, code: 'TIMEOUT' } : appended;
  }

  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    ...heard,
    redact: config.redact,
    batch: { maxItems: config.batch.max_items },
    deliver,
    close: () => Promise.race([turn.then(() => output.close()), clock.sleep(CLOSE_MS)]),
  };
}

function stopped(signal: AbortSignal, clock: Clock): Promise<Appended> {
  return new Promise((resolve) => {
    const giveUp = async (): Promise<void> => {
      await clock.sleep(GRACE_MS);
      resolve({ lines: 0, code: 'STOPPED' });
    };
    if (signal.aborted) void giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

function shownPath({ path }: FileConfig): string {
  return path === STDOUT ? 'stdout' : path;
}
