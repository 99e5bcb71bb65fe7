import { type Backfilling, isDaemonRunning, keepsHistory, openBackfill } from '../app/backfill.ts';
import type { Setup } from '../app/load.ts';
import { systemClock } from '../core/clock.ts';
import type { Feed } from '../core/event.ts';
import { systemRandom } from '../core/random.ts';
import type { FeedReader, Source } from '../core/source.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { backfillId, planBackfill, sentenceOf, type Wanted } from './backfill-plan.ts';
import { asJson, asText, incompleteness } from './backfill-result.ts';
import { type Outcome, readFeed } from './backfill-run.ts';
import { type GivenRange, readRange } from './backfill-time.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { createProgress, type Progress } from './progress.ts';
import { orCliError, requireSetup } from './setup.ts';

export interface BackfillOptions {
  readonly config: string;
  readonly from: string;
  readonly to: string;
  readonly source?: string;
  readonly feed?: Feed;
  readonly dryRun?: boolean;
  readonly rate: number;
  readonly again?: boolean;
  readonly json?: boolean;
}

/** What one run of the command works with. */
interface Run {
  readonly io: Io;
  readonly options: BackfillOptions;
  readonly range: GivenRange;
  readonly opened: Backfilling;
  readonly progress: Progress;
}

/** `tocsin backfill`: history goes to whoever takes events, and people get one summary of it. */
export async function backfill(io: Io, options: BackfillOptions): Promise<ExitCode> {
  const range = readRange(options.from, options.to, systemClock.now());
  const setup = requireSetup(io, options.config, 'nothing is read');
  const progress = createProgress(io, 'events', systemClock.now);
  try {
    const opened = open(setup, options, progress);
    try {
      return await readAll({ io, options, range, opened, progress }, setup);
    } finally {
      await opened.close();
    }
  } catch (error) {
    return orCliError(error);
  }
}

function open(setup: Setup, { dryRun = false, rate }: BackfillOptions, progress: Progress): Backfilling {
  const logger = createLogger('warn', { write: (line) => progress.tell(line.trimEnd()) });
  return openBackfill({
    ...{ setup, clock: systemClock, random: systemRandom, telemetry: createTelemetry(logger) },
    ...{ isTrial: dryRun, rate, onPause: progress.tell },
  });
}

async function readAll(run: Run, setup: Setup): Promise<ExitCode> {
  const chosen = chooseFeeds(run);
  const outcomes: Outcome[] = [];
  for (const wanted of chosen) {
    if (run.io.stop.aborted) break;
    outcomes.push(await backfillFeed(run, wanted));
  }
  const isAnythingNew = outcomes.some(({ state }) => state !== undefined && state.fresh > 0);
  if (isAnythingNew && run.options.dryRun !== true) run.progress.tell(whoDelivers(setup));
  return worstOf(outcomes.map(({ code }) => code));
}

function worstOf(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce((worst, code) => (code > worst ? code : worst), 0);
}

function whoDelivers(setup: Setup): string {
  return isDaemonRunning(setup)
    ? 'the running daemon delivers what is new within a minute'
    : 'no daemon runs on this store; the next "tocsin run" delivers what is new';
}

/** Those that keep history, of what was asked for; the others are named. */
function chooseFeeds({ options, range, opened, progress }: Run): readonly Wanted[] {
  const asked = askedFor(opened.sources, options);
  const chosen = asked.flatMap(({ source, reader }): Wanted[] => {
    if (!keepsHistory(reader)) {
      progress.tell(
        `${reader.source} ${reader.feed} keeps no history that could be read, and is passed over`,
      );
      return [];
    }
    const { dryRun: isTrial = false, again = false } = options;
    return [{ reader, range, lookbackMs: source.lookbackMs, isTrial, again }];
  });
  if (chosen.length > 0) return chosen;
  throw new CliError('none of these feeds keeps history; "tocsin sources" lists the feeds there are');
}

function askedFor(
  sources: readonly Source[],
  { source: name, feed }: BackfillOptions,
): readonly { readonly source: Source; readonly reader: FeedReader }[] {
  const named = sources.filter((source) => name === undefined || source.name === name);
  if (named.length === 0) {
    const names = sources.map((source) => source.name).join(', ');
    throw new CliError(`there is no source ${JSON.stringify(name)}; the configuration has ${names}`);
  }
  const found = named.flatMap((source) =>
    source.readers
      .filter((reader) => feed === undefined || reader.feed === feed)
      .map((reader) => ({ source, reader })),
  );
  if (found.length > 0) return found;
  throw new CliError(`no source that was asked for reads the feed ${feed}; add it to its "feeds" first`);
}

async function backfillFeed(run: Run, wanted: Wanted): Promise<Outcome> {
  const { io, options, opened, progress } = run;
  const plan = planBackfill(wanted, await known(opened, wanted), systemClock.now());
  progress.tell(sentenceOf(plan, wanted));
  if (plan.kind === 'never_polled') return { code: 2 };
  if (plan.kind === 'live') return { code: 0 };
  const outcome: Outcome =
    plan.kind === 'done'
      ? { code: 0, state: plan.state }
      : await readFeed(wanted.reader, plan, opened, progress, io);
  const { state } = outcome;
  if (state === undefined) return outcome;
  const isTrial = options.dryRun === true;
  const lines = options.json === true ? [asJson(state, isTrial)] : asText(state, isTrial, opened.windowed);
  for (const line of lines) io.out(`${line}\n`);
  const missing = incompleteness(state);
  for (const line of missing) progress.tell(`incomplete: ${line}; "--again" reads the slice anew`);
  return missing.length > 0 ? { state, code: worstOf([outcome.code, 1]) } : outcome;
}

async function known({ store }: Backfilling, { reader, range }: Wanted) {
  const states = await store.readFeedStates();
  const feed = states.find(({ source, feed: name }) => source === reader.source && name === reader.feed);
  return { feed, stored: await store.readBackfill(backfillId(reader, range)) };
}
