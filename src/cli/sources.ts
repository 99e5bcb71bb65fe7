import type { Setup } from '../app/load.ts';
import { openStoreBeside } from '../app/store.ts';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import type { FeedReader, Source } from '../core/source.ts';
import type { Store } from '../core/store.ts';
import type { ExitCode, Io } from './io.ts';
import { orCliError, requireSetup } from './setup.ts';
import { asJson, asTable, type FeedReport, isWrong, stateOf } from './sources-report.ts';

export interface SourcesOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** `tocsin sources`: how each feed does. Exit code 1 where one fails, is stale or has gaps. */
export async function showSources(io: Io, options: SourcesOptions): Promise<ExitCode> {
  const setup = requireSetup(io, options.config, 'its sources and its store cannot be found');
  const nowMs = systemClock.now();
  const reports = await readReports(setup, nowMs).catch(orCliError);
  const lines =
    options.json === true
      ? reports.map((report) => asJson(report, nowMs))
      : asTable(reports, nowMs, io.colour.out);
  for (const line of lines) io.out(`${line}\n`);
  return reports.some(isWrong) ? 1 : 0;
}

async function readReports(setup: Setup, nowMs: number): Promise<readonly FeedReport[]> {
  const store = openStoreBeside(setup);
  const sources = setup.config.sources.map((source) =>
    source.create({ clock: systemClock, random: systemRandom }),
  );
  try {
    const feeds = sources.flatMap((source) => source.readers.map((reader) => ({ source, reader })));
    return await Promise.all(feeds.map(({ source, reader }) => readReport(store, source, reader, nowMs)));
  } finally {
    await Promise.all(sources.map((source) => source.close()));
    await store.close();
  }
}

const ALL_TIME = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

async function readReport(
  store: Store,
  patience: Source,
  { source, feed }: FeedReader,
  nowMs: number,
): Promise<FeedReport> {
  const states = await store.readFeedStates();
  const known = states.find((state) => state.source === source && state.feed === feed);
  const hasCursor = (await store.readCursor(source, feed)) !== undefined;
  const events = await store.countEvents({ source, feed }, ALL_TIME);
  return { source, feed, known, events, state: stateOf(known, hasCursor, patience, nowMs) };
}
