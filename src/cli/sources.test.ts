import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, FEED } from '../../test/pipeline/bench.ts';
import { type Ran, runTocsin } from '../../test/pipeline/fake-io.ts';
import { systemClock } from '../core/clock.ts';
import type { FeedState } from '../core/feed-state.ts';

const SECRET = 'hunter2-is-no-password';
const MINUTE_MS = 60_000;

let bench: Bench;
let nowMs: number;
beforeEach(() => {
  bench = createBench();
  nowMs = systemClock.now();
  mkdirSync(join(bench.folder, 'rules'), { recursive: true });
  writeFileSync(join(bench.folder, 'rules', 'a.yaml'), 'id: a\nfilter: { filter_id: { eq: X } }\n');
  writeConfig();
});
afterEach(() => bench.close());

function writeConfig(store = './tocsin.db'): void {
  const text = `
sources:
  - { name: akto, type: akto, url: "https://akto.example", api_key: ${SECRET} }
destinations:
  - { name: soar, type: webhook, url: "https://soar.example/${SECRET}" }
store: sqlite:${store}
`;
  writeFileSync(join(bench.folder, 'config.yaml'), text);
}

/** The store stays open beside it, as a daemon's does. */
const sources = (...args: readonly string[]): Promise<Ran> =>
  runTocsin(['sources', ...args], { cwd: bench.folder });

/** The feed as polls leave it that came to its end two minutes ago, with some of that as given. */
async function feedIs(over: Partial<FeedState> = {}, id = 'e1'): Promise<void> {
  const [lastReadMs, readToMs] = [nowMs - 2 * MINUTE_MS - 500, nowMs - 3 * MINUTE_MS - 500];
  const state: FeedState = { ...FEED, lastReadMs, readToMs, gaps: [], lateEvents: 4, told: {}, ...over };
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents([{ event: event(id), rules: [] }], nowMs);
    await tx.writeFeedState(state, nowMs);
  });
}

const GAP = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 0, 2), problem: '3 of 9 are shown' };

describe('tocsin sources', () => {
  it('tells in a table how far each feed was read, and when', async () => {
    await feedIs();
    const { code, out } = await sources();
    expect([code, out]).toEqual([
      0,
      'SOURCE  FEED              STATE  READ UP TO  LAST READ  EVENTS  LATE  GAPS\n' +
        'akto    malicious_events  ok     3m ago      2m ago     1       4     0\n',
    ]);
  });

  it('names a feed that was never polled', async () => {
    const { code, out } = await sources();
    expect(code).toBe(0);
    expect(out).toContain('akto    malicious_events  never polled  -');
  });

  it.each([
    [
      'failing',
      () => {
        const lastError = { kind: 'refused', message: 'the key is \u001b]0;fine\u0007', atMs: nowMs - 5_000 };
        return { failingSinceMs: nowMs - 60 * MINUTE_MS - 1, lastError };
      },
      /failing .*\n {2}failing since 1h ago: the key is \\u\{1b\}\]0;fine\\u\{7\} \(\d+s ago\)\n/,
    ],
    ['stale', () => ({ lastReadMs: nowMs - 16 * MINUTE_MS }), / stale .* 16m ago/],
    [
      'incomplete',
      () => ({ gaps: Array.from({ length: 7 }, () => GAP) }),
      / incomplete .* 7\n {2}gap from 2026-01-01T00:00:00.000Z to 2026-01-02T00:00:00.000Z: 3 of 9 are shown\n(?:.*\n)*.*and 2 more gaps\n/,
    ],
  ])('a feed that is %s is something wrong', async (_, over, told) => {
    await feedIs(over());
    const { code, out } = await sources();
    expect(code).toBe(1);
    expect(out).toMatch(told);
  });

  it('does not call stale what is polled once an hour and was read by the last poll', async () => {
    const path = join(bench.folder, 'config.yaml');
    const hourly = readFileSync(path, 'utf8').replace('type: akto,', 'type: akto, schedule: "0 * * * *",');
    writeFileSync(path, hourly);
    const sinceHourMs = nowMs % (60 * MINUTE_MS);
    await feedIs({ lastReadMs: nowMs - sinceHourMs });
    expect((await sources()).out).toMatch(/ ok /);
    await feedIs({ lastReadMs: nowMs - sinceHourMs - 66 * MINUTE_MS }, 'e2');
    expect((await sources()).code).toBe(1);
  });

  it('gives programs the same, times as ISO', async () => {
    const lastError = { kind: 'refused', message: 'no', atMs: nowMs };
    await feedIs({ gaps: [GAP], failingSinceMs: nowMs, lastError });
    const { code, out } = await sources('--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ...{ source: 'akto', feed: 'malicious_events', state: 'failing', lateEvents: 4, events: 1 },
      readTo: new Date(nowMs - 3 * MINUTE_MS - 500).toISOString(),
      lagSeconds: expect.closeTo(180.5, -1),
      lastRead: new Date(nowMs - 2 * MINUTE_MS - 500).toISOString(),
      failingSince: new Date(nowMs).toISOString(),
      lastError: { kind: 'refused', message: 'no', at: new Date(nowMs).toISOString() },
      gaps: [
        { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', problem: '3 of 9 are shown' },
      ],
    });
  });

  it('makes no store where there is none', async () => {
    writeConfig('./other.db');
    const { code, err } = await sources();
    expect(code).toBe(2);
    expect(err).toContain('does not exist yet; the first "tocsin run" makes it');
  });

  it('does not run on a broken configuration, and says no secret', async () => {
    writeFileSync(join(bench.folder, 'config.yaml'), `sources: ${SECRET}`);
    const { code, err } = await sources();
    expect(code).toBe(2);
    expect(err).not.toContain(SECRET);
  });
});
