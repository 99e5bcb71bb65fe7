import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Source } from '../../src/core/source.ts';
import { type AktoSimulator, makeEvents, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import { createDigester } from '../../src/pipeline/digest/digester.ts';
import { createIngest } from '../../src/pipeline/ingest.ts';
import { createPoller } from '../../src/pipeline/poll.ts';
import { aktoConfig } from '../../src/sources/akto/config.ts';
import { aktoSource } from '../../src/sources/akto/index.ts';
import { type Bench, createBench, recording, rules } from '../pipeline/bench.ts';
import { START_MS } from '../pipeline/manual-clock.ts';

const DAY_MS = 86_400_000;
const SLICE = { fromMs: START_MS, toMs: START_MS + DAY_MS - 1 };
const EVENTS = makeEvents(3, 400, { fromS: START_MS / 1_000, toS: (START_MS + DAY_MS) / 1_000 - 1 });

let server: AktoSimulator;
let bench: Bench;
let source: Source;
beforeEach(async () => {
  bench = createBench();
  server = await startAktoSimulator({ apiKey: 'key', events: EVENTS, clock: bench.clock });
  const input = { name: 'prod', type: 'akto', url: server.url, api_key: 'key', initial_lookback: '3d' };
  source = aktoSource.create(aktoConfig.parse(input), { clock: bench.clock, random: () => 0 });
});
afterEach(async () => {
  await source.close();
  await Promise.all([server.close(), bench.close()]);
});

const sum = (counts: readonly { readonly count: number }[]): number =>
  counts.reduce((total, { count }) => total + count, 0);
const never = new AbortController().signal;

describe('what the server counts', () => {
  it('adds up with its events; five requests, both ends inclusive', async () => {
    const told = await source.fetchStatistics?.(SLICE, never);
    expect(sum(told?.severities ?? [])).toBe(400);
    expect(sum(told?.categories ?? [])).toBe(400);
    expect(sum((told?.timeline ?? []).flatMap(({ counts }) => counts))).toBe(400);
    expect(told?.dailyActors).toHaveLength(1);
    expect(sum(told?.actors ?? [])).toBe(told?.dailyActors[0]?.total);
    expect(told?.missing).toEqual([]);
    expect(server.requests.map(({ body }) => body)).toEqual(
      Array.from({ length: 5 }, () => ({ startTs: START_MS / 1_000, endTs: START_MS / 1_000 + 86_399 })),
    );
  });

  it.each<[why: string, hazard: Parameters<AktoSimulator['setHazards']>[0]['answer']]>([
    ['a list that is null', { kind: 'null_list', spelled: 'null' }],
    ['the word null for a list', { kind: 'null_list', spelled: 'string' }],
    ['a list that is missing', { kind: 'null_list', spelled: 'missing' }],
    ['a server error', { kind: 'status', status: 500, page: 'no' }],
    ['a key without the right', { kind: 'no_right' }],
    ['a login page', { kind: 'login_page' }],
    ['an answer that stops', { kind: 'cut' }],
    ['a connection that closes', { kind: 'reset' }],
  ])('is missing in one sentence, and the rest is there: %s', async (_why, hazard) => {
    const answer = ({ path }: { path: string }) =>
      path.endsWith('getActorsCountPerCounty') && typeof hazard !== 'function' ? hazard : undefined;
    server.setHazards({ answer });
    const told = await source.fetchStatistics?.(SLICE, never);
    expect(told?.missing).toHaveLength(1);
    expect(told?.missing[0]).toMatch(/^source "prod": .*\(getActorsCountPerCounty\)$/);
    expect(told?.actors).toEqual([]);
    expect(sum(told?.severities ?? [])).toBe(400);
    expect(told?.timeline).not.toEqual([]);
  });
});

describe('a digest of a real source', () => {
  const schedule = { every: 'day', at: { hour: 0, minute: 0 }, on: 1, timeZone: 'UTC' } as const;

  async function make(): Promise<readonly unknown[]> {
    const { store, clock, telemetry } = bench;
    const destination = recording('oncall', undefined, { send: ['alerts'] });
    const ruleSet = rules('id: any\nfilter: { filter_id: { regex: .+ } }\ninfo: { severity: HIGH }\n');
    const ingest = createIngest({
      ...{
        store,
        clock,
        telemetry,
        ruleSet,
        destinations: [destination],
        routes: [],
        resolveAfterMs: 3_600_000,
      },
      ...{ storeFull: () => undefined, onCommitted: () => undefined },
    });
    const digester = createDigester({
      ...{ store, clock, telemetry, sources: [source], eventsMs: 30 * DAY_MS, onEnqueued: () => undefined },
      plans: [{ name: 'daily', to: ['oncall'], schedule, top: 5 }],
    });
    await digester.pass();
    clock.nowMs = START_MS + DAY_MS + 60_000;
    const poller = createPoller({ source, store, clock, random: () => 0, telemetry, ingest });
    await poller.pass(never);
    await digester.pass();
    const claimed = await store.claim('oncall', clock.now(), 1, 9);
    return claimed.flatMap(({ delivery }) => (delivery.kind === 'digest' ? [delivery.digest] : []));
  }

  it('has read every event that the server counts, and says nothing of a difference', async () => {
    const [digest] = await make();
    expect(digest).toMatchObject({
      totals: [{ name: 'Events', count: 400 }, { count: 400 }, {}, {}, {}, {}],
    });
    expect(JSON.stringify(digest)).not.toContain('itself counts');
  });

  it('says how many events the server counts that it does not show', async () => {
    const hidden = ({ path }: { path: string }) =>
      path.endsWith('fetchCountBySeverity')
        ? {
            kind: 'json' as const,
            status: 200,
            body: { categoryCounts: [{ category: '', subCategory: 'HIGH', count: 412 }] },
          }
        : undefined;
    server.setHazards({ answer: hidden });
    expect(JSON.stringify(await make())).toContain(
      'prod itself counts 412 events in this period, Tocsin has 400: 12 may not have been read yet',
    );
  });
});
