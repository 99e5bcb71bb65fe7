import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery, Destination, Outcome, Stream } from '../../src/core/delivery.ts';
import { type Event, eventId } from '../../src/core/event.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Cursor, FeedReader, Page, Source } from '../../src/core/source.ts';
import type { Store } from '../../src/core/store.ts';
import type { NotifyDeps } from '../../src/pipeline/notify.ts';
import { compileRuleSet, parseRules, type RuleSet } from '../../src/rules/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts';
import { ManualClock, START_MS } from './manual-clock.ts';

export type LogLine = Readonly<Record<string, unknown>>;

/** A real store in a folder of its own, a clock that stands still, and a telemetry whose lines are kept. */
export interface Bench {
  readonly clock: ManualClock;
  readonly telemetry: Telemetry;
  readonly logs: readonly LogLine[];
  readonly folder: string;
  readonly file: string;
  readonly store: Store;
  /** Closes the store and opens its file again, as the next process would. */
  restart(): Promise<Store>;
  close(): Promise<void>;
}

/** A place for a store in a folder of its own. */
export function temporaryFile(): {
  readonly folder: string;
  readonly file: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { folder, file: join(folder, 'tocsin.db'), remove };
}

export function createBench(): Bench {
  const { folder, file, remove } = temporaryFile();
  const open = (): Store => openSqliteStore({ file, exclusive: true });
  let store = open();
  return {
    ...recordedTelemetry(),
    clock: new ManualClock(),
    folder,
    file,
    get store() {
      return store;
    },
    async restart() {
      await store.close();
      store = open();
      return store;
    },
    async close() {
      await store.close();
      remove();
    },
  };
}

/** A store that may not grow at all. */
export const openTight = (file: string): Store => openSqliteStore({ file, exclusive: true, maxBytes: 1 });

/** What another process opens beside a daemon. */
export const openBeside = (file: string): Store => openSqliteStore({ file, exclusive: false });

/** A store that forgets everything at its end. */
export const openInMemory = (): Store => openSqliteStore({ file: ':memory:', exclusive: false });

export function recordedTelemetry(): { telemetry: Telemetry; logs: readonly LogLine[] } {
  const logs: LogLine[] = [];
  const logger = createLogger('debug', { write: (line) => void logs.push(JSON.parse(line)) });
  return { telemetry: createTelemetry(logger), logs };
}

/** The `msg` of every line. */
export const messages = (logs: readonly LogLine[]): string[] => logs.map((line) => String(line['msg']));

export const FEED = { source: 'akto', feed: 'malicious_events' } as const;

/** @param atS event time, seconds after the bench's start */
export function event(feedId: string, raw: JsonObject = {}, atS = 0): Event {
  return {
    ...FEED,
    id: idOf(feedId),
    feedId,
    timeMs: START_MS + atS * 1_000,
    raw: { id: feedId, actor: '203.0.113.9', ...raw },
  };
}

export const idOf = (feedId: string): string => eventId(FEED.source, FEED.feed, feedId);

export const page = (events: readonly Event[], cursor: Cursor = {}): Page => {
  return { events, cursor, rejected: [] };
};

type Poll = FeedReader['poll'];

export const reader = (poll: Poll = async function* () {}): FeedReader => ({ ...FEED, poll });

export const source = (poll: Poll, over: Partial<Source> = {}): Source => ({
  name: FEED.source,
  type: 'memory',
  schedule: '* * * * * *',
  deadlineMs: 60_000,
  lookbackMs: 0,
  staleAfterMs: 900_000,
  readers: [reader(poll)],
  close: async () => undefined,
  ...over,
});

type Audible = Pick<NotifyDeps, 'listeners' | 'routes' | 'compileSilence' | 'silences' | 'inhibitions'>;

/** Who hears of alerts, and by which routes; nothing keeps any of them quiet. */
export function listening(names: readonly string[], routes: NotifyDeps['routes'] = []): Audible {
  const listeners = names.map((name) => ({ name }));
  return { listeners, routes, compileSilence: () => undefined, silences: [], inhibitions: [] };
}

/** Rules from their texts; a text that is no rule fails the test. */
export function rules(...texts: readonly string[]): RuleSet {
  const parsed = parseRules(texts.map((text, index) => ({ file: `rule-${index}.yaml`, text })));
  const errors = parsed.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('; '));
  return compileRuleSet(parsed.rules);
}

export interface RecordingDestination extends Destination {
  /** Every batch it was given, as ids. */
  readonly batches: readonly (readonly string[])[];
  readonly deliveries: readonly Delivery[];
}

type Answer = (batch: readonly Delivery[], signal: AbortSignal) => Outcome | Promise<Outcome>;

/** A destination that remembers what it was given and answers as told. */
export function recording(
  name: string,
  answer: Answer = () => ({ kind: 'done' }),
  options: { readonly send?: readonly Stream[]; readonly maxItems?: number; readonly redact?: boolean } = {},
): RecordingDestination {
  const batches: string[][] = [];
  const deliveries: Delivery[] = [];
  return {
    name,
    type: 'recording',
    send: new Set(options.send ?? ['events']),
    redact: options.redact ?? false,
    batch: { maxItems: options.maxItems ?? 10 },
    batches,
    deliveries,
    async deliver(batch, signal) {
      batches.push(batch.map(({ id }) => id));
      deliveries.push(...batch);
      return answer(batch, signal);
    },
    close: async () => undefined,
  };
}
