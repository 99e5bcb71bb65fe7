import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type Event, eventId } from '../../src/core/event.ts';
import type { FeedState } from '../../src/core/feed-state.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { DeliveryRecord, Store } from '../../src/core/store.ts';
import { type AktoSimulator, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { type Ran, type RanWith, runTocsin } from '../pipeline/fake-io.ts';
import { runs } from '../seed.ts';

const API_KEY = 'the-api-key-of-this-test';
const HOUR_S = 3_600;
const NOW_S = Math.floor(systemClock.now() / 1_000);
const FEED = { source: 'akto', feed: 'malicious_events' } as const;
const day = (daysAgo: number): string =>
  new Date((NOW_S - daysAgo * 24 * HOUR_S) * 1_000).toISOString().slice(0, 10);

/** From four days ago to half an hour ago, an hour apart and twice in every second that has any. */
const HISTORY: readonly JsonObject[] = Array.from({ length: 4 * 24 * 2 }, (_, index) => ({
  id: `e${index}`,
  timestamp: NOW_S - (4 * 24 - Math.floor(index / 2) - 0.5) * HOUR_S,
  actor: `203.0.113.${index % 3}`,
  filterId: index % 4 === 0 ? 'Attack' : 'Other',
  url: '/login',
  method: 'POST',
}));

let folder: string;
let feed: AktoSimulator;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-backfill-'));
  feed = await startAktoSimulator({ apiKey: API_KEY, events: HISTORY });
  mkdirSync(join(folder, 'rules'));
  writeFileSync(
    join(folder, 'rules', 'a.yaml'),
    'id: attack\nfilter: { filter_id: { eq: Attack } }\ninfo: { severity: HIGH }\n',
  );
  writeFileSync(
    join(folder, 'config.yaml'),
    `
sources:
  - { name: akto, type: akto, url: "${feed.url}", api_key: ${API_KEY}, page_size: 16 }
destinations:
  - { name: siem, type: splunk_hec, url: "http://127.0.0.1:1", token: t, send: [events] }
  - { name: oncall, type: webhook, url: "http://127.0.0.1:1", send: [alerts] }
store: sqlite:./tocsin.db
`,
  );
});
afterEach(async () => {
  await feed.close();
  rmSync(folder, { recursive: true, force: true });
});

const backfill = (args: readonly string[], given: RanWith = {}): Promise<Ran> =>
  runTocsin(['backfill', '--rate', '1000', ...args], { cwd: folder, ...given });

/** Two whole days, and the events in them. */
const RANGE = ['--from', day(3), '--to', day(1)] as const;
const inRange = HISTORY.filter(({ timestamp }) => {
  const iso = new Date(Number(timestamp) * 1_000).toISOString();
  return day(3) <= iso && iso < day(1);
});
const idsOf = (rows: readonly JsonObject[]): string[] =>
  rows.map(({ id }) => eventId('akto', 'malicious_events', String(id))).toSorted();

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = openSqliteStore({ file: join(folder, 'tocsin.db'), exclusive: false });
  return await work(store).finally(() => store.close());
}

/** As polls leave it that have read everything up to now. */
function polled(over: Partial<FeedState> = {}): Promise<void> {
  const atMs = NOW_S * 1_000;
  const state: FeedState = {
    ...{ ...FEED, lastReadMs: atMs, readToMs: atMs, gaps: [], lateEvents: 0, told: {} },
    ...over,
  };
  return withStore((store) => store.transaction((tx) => tx.writeFeedState(state, atMs)));
}

const deliveries = (): Promise<readonly DeliveryRecord[]> =>
  withStore((store) => store.listDeliveries({ limit: 10_000 }));

async function sent(): Promise<{ readonly events: string[]; readonly digests: string[] }> {
  const records = await deliveries();
  const ids = (kind: string, destination: string): string[] =>
    records
      .filter((each) => each.kind === kind && each.destination === destination)
      .map(({ deliveryId }) => deliveryId)
      .toSorted();
  return { events: ids('event', 'siem'), digests: ids('digest', 'oncall') };
}

/** Stops the command, as a signal would, when its n-th request has come. */
function stopAtRequest(count: number): AbortSignal {
  const stop = new AbortController();
  const begun = feed.requests.length;
  feed.setHazards({
    beforeAnswer: () => {
      if (feed.requests.length - begun >= count) stop.abort();
    },
  });
  return stop.signal;
}

describe('tocsin backfill', () => {
  it('sends every event of the slice once, and one summary', async () => {
    await polled();
    const { code, out, err } = await backfill(RANGE);
    expect([code, err]).toEqual([
      0,
      `akto malicious_events, ${day(3)}T00:00:00Z to ${day(1)}T00:00:00Z: reading\n` +
        'no daemon runs on this store; the next "tocsin run" delivers what is new\n',
    ]);
    expect(out).toMatch(
      /^akto malicious_events, .*: 96 events read, 96 new, 24 matched by a rule\n {2}24 {2}attack\n$/,
    );
    const { events, digests } = await sent();
    expect(events).toEqual(idsOf(inRange));
    expect(digests).toHaveLength(1);
    expect((await deliveries()).some(({ kind }) => kind === 'alert')).toBe(false);
  });

  it('is done once, until it is asked for again', async () => {
    await polled();
    await backfill(RANGE);
    const requests = feed.requests.length;
    const { code, err } = await backfill(RANGE);
    expect([code, feed.requests.length]).toEqual([0, requests]);
    expect(err).toContain('done already, at ');
    const again = await backfill([...RANGE, '--again', '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ read: 96, fresh: 0, finished: true });
    expect((await sent()).digests).toHaveLength(1);
  });

  it('goes on from where a signal stopped it', async () => {
    await polled();
    const { code, err, out } = await backfill([...RANGE, '--json'], { stop: stopAtRequest(3) });
    expect(code).toBe(1);
    expect(err).toMatch(/interrupted at 20.*Z; run the same command again to go on\n/);
    expect(JSON.parse(out)).toMatchObject({ finished: false, cursor: {} });
    const before = (await sent()).events.length;
    expect(before).toBeGreaterThan(0);
    const second = await backfill(RANGE);
    expect(second.err).toContain('going on from where it stopped');
    expect((await sent()).events).toEqual(idsOf(inRange));
    expect((await sent()).digests).toHaveLength(1);
  });

  it('goes on with the same slice where it was counted back from now', async () => {
    await polled();
    const relative = ['--from', '3d', '--to', '25h', '--json'];
    const first = await backfill(relative, { stop: stopAtRequest(3) });
    const second = await backfill(relative);
    const slice = ({ out }: Ran): JsonObject => JSON.parse(out);
    expect(slice(second)['from']).toBe(slice(first)['from']);
    expect(slice(second)).toMatchObject({ fresh: 94, finished: true });
    expect((await backfill(relative)).err).toContain(': reading\n');
  });

  it('sends nothing that is known, beside a daemon that holds the store', async () => {
    await polled();
    const known = inRange.slice(10, 20).map((raw): Event => {
      const id = String(raw['id']);
      return {
        ...{ ...FEED, id: eventId('akto', 'malicious_events', id), feedId: id, raw },
        timeMs: Number(raw['timestamp']) * 1_000,
      };
    });
    const daemon = openSqliteStore({ file: join(folder, 'tocsin.db'), exclusive: true });
    try {
      await daemon.transaction((tx) =>
        tx.insertEvents(
          known.map((event) => ({ event, rules: [] })),
          1,
        ),
      );
      const { err } = await backfill(RANGE);
      expect(err).toContain('the running daemon delivers what is new within a minute');
    } finally {
      await daemon.close();
    }
    const others = inRange.filter(({ id }) => !known.some(({ feedId }) => feedId === id));
    expect((await sent()).events).toEqual(idsOf(others));
  });

  it('leaves to the polls what they still look at: nobody would be paged for it', async () => {
    const readToMs = Date.parse(`${day(2)}T12:00:00Z`);
    await polled({ readToMs });
    const { err, out } = await backfill([...RANGE, '--json']);
    expect(err).toContain('reading; what is later the polls read by themselves');
    const { to } = JSON.parse(out);
    expect(Date.parse(to)).toBeLessThan(readToMs);
    const late = await backfill(['--from', `${day(2)}T12:00`, '--to', day(1)]);
    expect([late.code, late.out]).toEqual([0, '']);
    expect(late.err).toContain('nothing is left to do');
  });

  it('waits for the first poll, which decides where polls begin', async () => {
    await withStore(async () => undefined);
    const { code, err } = await backfill(RANGE);
    expect(code).toBe(2);
    expect(err).toContain('has not been polled yet');
  });

  it.each([
    ['where the store is not even made', false],
    ['where the daemon has run', true],
  ])('a dry run says what would match and leaves no trace, %s', async (_, hasRun) => {
    const file = join(folder, 'tocsin.db');
    if (hasRun) await polled();
    const before = hasRun ? readFileSync(file) : undefined;
    const { code, out, err } = await backfill([...RANGE, '--dry-run']);
    expect([code, err]).toEqual([0, expect.stringMatching(/: reading\n$/)]);
    expect(out).toMatch(/96 events read, 96 would be new, 24 matched by a rule\n {2}24 {2}attack\n$/);
    if (before === undefined) expect(() => readFileSync(file)).toThrow();
    else expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('keeps what it read of a source that fails midway, and goes on later', async () => {
    await polled();
    feed.setHazards({
      answer: ({ index }) => (index >= 3 ? { kind: 'forbidden', body: 'empty' } : undefined),
    });
    const { code, err } = await backfill(RANGE);
    expect(code).toBe(2);
    expect(err).toMatch(
      /Akto refused the API key \(403\).*; what was read is kept, and the same command goes on/,
    );
    expect(err).not.toContain(API_KEY);
    feed.setHazards({ answer: undefined });
    expect((await backfill(RANGE)).code).toBe(0);
    expect((await sent()).events).toEqual(idsOf(inRange));
  });

  it('names a feed that keeps no history and reads the others', async () => {
    await polled();
    const config = readFileSync(join(folder, 'config.yaml'), 'utf8');
    const identity = '  - { name: identity, type: incidents, url: "http://127.0.0.1:1", token: t }';
    writeFileSync(join(folder, 'config.yaml'), config.replace('destinations:', `${identity}\ndestinations:`));
    const { code, err } = await backfill(RANGE);
    expect([code, (await sent()).events]).toEqual([0, idsOf(inRange)]);
    expect(err).toContain('identity incidents keeps no history that could be read, and is passed over\n');
    const alone = await backfill([...RANGE, '--source', 'identity']);
    expect([alone.code, alone.out]).toEqual([2, '']);
    expect(alone.err).toContain('none of these feeds keeps history');
  });

  it.each([
    [['--from', '2026-02-30', '--to', '1d'], 'a day that no month has', '"2026-02-30" is no time'],
    [['--from', 'yesterday', '--to', '1d'], 'a word', 'expected such as 2026-11-01'],
    [['--from', '2026-01-01T25:00', '--to', '1d'], 'an hour that no day has', 'is no time'],
    [['--from', '1d', '--to', '2d'], 'the wrong way round', '--from must lie before --to'],
    [['--from', '1d', '--to', '1d'], 'nothing in between', '--from must lie before --to'],
    [['--from', '1d', '--to', '2200-01-01'], 'the future', 'has not come yet'],
    [['--from', '2d', '--to', '1d', '--source', 'acto'], 'an unknown source', 'there is no source "acto"'],
    [
      ['--from', '2d', '--to', '1d', '--feed', 'incidents'],
      'a feed nobody reads',
      'no source that was asked for',
    ],
    [['--from', '2d', '--to', '1d', '--rate', '0'], 'no rate', 'expected a number above 0'],
    [['--to', '1d'], 'no beginning', '--from'],
  ])('%j: %s', async (args, _, told) => {
    await polled();
    const { code, err, out } = await backfill(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(told);
  });

  it('draws a bar on a terminal, without colours where none are wanted, and none in a pipe', async () => {
    await polled();
    const esc = '\u001b';
    const plain = await backfill(RANGE, { terminal: 'plain' });
    expect(plain.err).toMatch(/\[=+\] 100% {2}96 events {2}\d+\/s/);
    expect(plain.err).not.toContain(`${esc}[36m`);
    const coloured = await backfill([...RANGE, '--again'], { terminal: 'coloured' });
    expect(coloured.err).toContain(`${esc}[36m`);
    const piped = await backfill([...RANGE, '--again']);
    expect(piped.err).not.toContain(esc);
    for (const { out } of [plain, coloured, piped]) expect(out).not.toContain(esc);
  });
});

it('however often it is stopped: the slice whole, each once, one summary', async () => {
  const stops = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(stops, async (counts) => {
      rmSync(join(folder, 'tocsin.db'), { force: true });
      for (const more of ['-wal', '-shm', '.lock']) rmSync(join(folder, `tocsin.db${more}`), { force: true });
      await polled();
      for (const count of counts) await backfill(RANGE, { stop: stopAtRequest(count) });
      feed.setHazards({ beforeAnswer: undefined });
      expect((await backfill(RANGE)).code).toBe(0);
      const { events, digests } = await sent();
      expect(events).toEqual(idsOf(inRange));
      expect(digests).toHaveLength(1);
    }),
    { numRuns: runs(8) },
  );
});
