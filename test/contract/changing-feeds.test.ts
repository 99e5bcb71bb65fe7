import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Event } from '../../src/core/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { type Cursor, type Page, type Source, SourceError } from '../../src/core/source.ts';
import {
  type AktoSimulator,
  type Hazard,
  type Hazards,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import { aktoSource } from '../../src/sources/akto/index.ts';

const NOW_S = 1_780_000_000;
const API_KEY = 'a-key-that-must-stay-hidden';
const ENDPOINTS = { threat_actors: 'fetchThreatActors', threat_apis: 'fetchThreatApis' } as const;
type ListFeed = keyof typeof ENDPOINTS;

class ManualClock implements Clock {
  nowMs = NOW_S * 1_000;
  now = (): number => this.nowMs;
  sleep = async (ms: number): Promise<void> => {
    this.nowMs += ms;
  };
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

let counter = 0;
/** An attack, which the simulator counts its actors and APIs from. */
function attack(actor: string, secondsAgo: number, keys: JsonObject = {}): JsonObject {
  counter += 1;
  return {
    ...{ id: `e${counter}`, actor, timestamp: NOW_S - secondsAgo, filterId: 'SQLInjection', ip: '192.0.2.1' },
    ...{ url: `/api/${actor}`, method: 'POST', host: 'shop.example', country: 'FR', severity: 'HIGH' },
    ...keys,
  };
}

class Stage {
  readonly feed: AktoSimulator;
  readonly source: Source;
  readonly clock: ManualClock;
  readonly name: ListFeed;
  cursor: Cursor | undefined;
  /** By id, as the store keeps them. */
  readonly stored = new Map<string, Event>();

  constructor(feed: AktoSimulator, source: Source, clock: ManualClock, name: ListFeed) {
    this.feed = feed;
    this.source = source;
    this.clock = clock;
    this.name = name;
  }

  /** One poll as the pipeline does it: what was committed stays, whatever comes after. */
  async poll(): Promise<{ pages: Page[]; fresh: Event[]; requests: number }> {
    const [reader] = this.source.readers;
    if (reader === undefined) throw new Error('no reader');
    const before = this.feed.requestsTo(ENDPOINTS[this.name]).length;
    const pages: Page[] = [];
    const fresh: Event[] = [];
    for await (const page of reader.poll(
      this.cursor,
      { arrived: async () => undefined, count: async () => 0 },
      new AbortController().signal,
    )) {
      pages.push(page);
      this.cursor = page.cursor;
      for (const event of page.events) {
        if (!this.stored.has(event.id)) fresh.push(event);
        this.stored.set(event.id, event);
      }
    }
    return { pages, fresh, requests: this.feed.requestsTo(ENDPOINTS[this.name]).length - before };
  }

  later(seconds: number): void {
    this.clock.nowMs += seconds * 1_000;
  }
}

async function stage(
  name: ListFeed,
  events: JsonObject[],
  hazards: Partial<Hazards> = {},
  config: object = {},
): Promise<Stage> {
  const feed = await startAktoSimulator({ apiKey: API_KEY, events, hazards });
  const clock = new ManualClock();
  const common = { name: 'akto-prod', type: 'akto', url: feed.url, api_key: API_KEY, timeout: '60s' };
  const read = aktoSource.config.parse({ ...common, feeds: [name], ...config });
  const source = aktoSource.create(read, { clock, random: seededRandom(1) });
  closing.push(() => source.close(), feed.close);
  return new Stage(feed, source, clock, name);
}

async function failureOf(run: Promise<unknown>): Promise<SourceError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SourceError) return error;
  throw new Error(`no SourceError: ${String(error)}`);
}

/** Rows in the place of the server's own. */
function answering(key: 'actors' | 'apis', rows: Json): Hazard {
  return { kind: 'json', status: 200, body: { [key]: rows, total: 1 } };
}

const LIST_KEY = { threat_actors: 'actors', threat_apis: 'apis' } as const;
const FEEDS: ListFeed[] = ['threat_actors', 'threat_apis'];

function manyAttacks(count: number): JsonObject[] {
  // Ties of up to seven a second, over less than an hour.
  return Array.from({ length: count }, (_, i) => attack(`actor-${i}`, 60 + Math.floor(i / 7)));
}

describe.each(FEEDS)('the feed %s', (name) => {
  it('hands out each object once, and no request more than it takes', async () => {
    const events = manyAttacks(1_000);
    const stand = await stage(name, events);
    const first = await stand.poll();
    // An object that pages shuffled past each other is found by the next reading of the list.
    stand.later(600);
    await stand.poll();
    expect(new Set([...stand.stored.values()].map(({ feedId }) => feedId)).size).toBe(events.length);
    process.stdout.write(`${name}: ${first.requests} requests for 1000 objects in the first poll\n`);
    expect(first.requests).toBeLessThanOrEqual(name === 'threat_actors' ? 30 : 100);
  });

  it('costs an idle poll one request, two at most', async () => {
    const stand = await stage(
      name,
      Array.from({ length: 200 }, (_, i) => attack(`a${i}`, 7_200 + i * 60)),
    );
    await stand.poll();
    stand.later(30);
    const idle = await stand.poll();
    process.stdout.write(`${name}: ${idle.requests} requests in an idle poll\n`);
    expect(idle.requests).toBeLessThanOrEqual(2);
    expect(idle.fresh).toEqual([]);
  });

  it('makes a new event of an object that changed, with the same feed id', async () => {
    const stand = await stage(name, [attack('a', 600), attack('b', 500)]);
    const before = await stand.poll();
    expect(before.fresh).toHaveLength(2);
    stand.later(30);
    stand.feed.add([attack('a', -20, { filterId: 'XSS' })]);
    const { fresh } = await stand.poll();
    expect(fresh).toHaveLength(1);
    const [changed] = fresh;
    const known = before.fresh.find(({ feedId }) => feedId === changed?.feedId);
    expect(known).toBeDefined();
    expect(changed?.id).not.toBe(known?.id);
    expect(changed?.revision).not.toBe(known?.revision);
    expect(changed?.timeMs).toBe((NOW_S + 20) * 1_000);
  });

  it('leaves out at the first poll what was there before initial_lookback', async () => {
    const stand = await stage(name, [attack('old', 90_000), attack('new', 100)]);
    const { fresh } = await stand.poll();
    expect(fresh.map(({ raw }) => raw['latestApiEndpoint'] ?? raw['api'])).toEqual(['/api/new']);
  });

  it.each<{ why: string; answer: Hazard; kind: SourceError['kind']; says: RegExp }>([
    { why: 'a null list', answer: answering(LIST_KEY[name], null), kind: 'unavailable', says: /failing/ },
    {
      why: 'the text "null"',
      answer: answering(LIST_KEY[name], 'null'),
      kind: 'unavailable',
      says: /failing/,
    },
    { why: 'no list', answer: { kind: 'json', status: 200, body: {} }, kind: 'unavailable', says: /failing/ },
    { why: 'a login page', answer: { kind: 'login_page' }, kind: 'unavailable', says: /login page/ },
    { why: 'an answer cut in its body', answer: { kind: 'cut' }, kind: 'unavailable', says: /akto-prod/ },
    { why: 'half an answer', answer: { kind: 'half' }, kind: 'unavailable', says: /not JSON/ },
    {
      why: 'a huge answer',
      answer: { kind: 'huge_body', bytes: 20_000_000 },
      kind: 'unavailable',
      says: /large/,
    },
    { why: 'a missing right', answer: { kind: 'no_right' }, kind: 'refused', says: /THREAT_DETECTION/ },
    { why: 'an unknown key', answer: { kind: 'forbidden', body: 'empty' }, kind: 'refused', says: /API key/ },
    { why: 'an exception', answer: { kind: 'exception' }, kind: 'unavailable', says: /422/ },
  ])('reports $why and keeps its cursor', async ({ answer, kind, says }) => {
    const stand = await stage(name, manyAttacks(60));
    await stand.poll();
    const { cursor } = stand;
    stand.later(600);
    stand.feed.add([attack('late', -500)]);
    stand.feed.setHazards({ answer });
    const failure = await failureOf(stand.poll());
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(says);
    expect(failure.message).not.toContain(API_KEY);
    expect(stand.cursor).toBe(cursor);
    stand.feed.setHazards({ answer: undefined });
    expect((await stand.poll()).fresh).toHaveLength(1);
  });

  it('goes on where it was after a refusal in the middle', async () => {
    const stand = await stage(name, manyAttacks(300));
    stand.feed.setHazards({
      answer: () =>
        stand.feed.requestsTo(ENDPOINTS[name]).length > 3 ? { kind: 'forbidden', body: 'html' } : undefined,
    });
    expect((await failureOf(stand.poll())).kind).toBe('refused');
    expect(stand.stored.size).toBeGreaterThan(100);
    stand.feed.setHazards({ answer: undefined });
    await stand.poll();
    stand.later(600);
    await stand.poll();
    expect(stand.stored.size).toBe(300);
  });

  it.each([
    { why: 'milliseconds', discoveredAt: NOW_S * 1_000 },
    { why: 'a negative time', discoveredAt: -1 },
    { why: 'the year 2090', discoveredAt: 3_786_912_000 },
    { why: 'no time', discoveredAt: null },
    { why: 'a fraction', discoveredAt: NOW_S + 0.5 },
  ])('leaves out a row with $why, says so once, and keeps the others', async ({ discoveredAt }) => {
    const row = { id: 'a', api: '/a', method: 'GET', requestsCount: 1, actorsCount: 1 };
    const good = { ...row, id: 'b', api: '/b', discoveredAt: NOW_S - 60 };
    const stand = await stage(name, []);
    stand.feed.setHazards({ answer: answering(LIST_KEY[name], [{ ...row, discoveredAt }, good]) });
    stand.feed.setHazards({
      answer: ({ body }) =>
        answering(LIST_KEY[name], body['skip'] === 0 ? [{ ...row, discoveredAt }, good] : []),
    });
    const { pages, fresh } = await stand.poll();
    expect(fresh).toHaveLength(1);
    expect(pages.flatMap(({ rejected }) => rejected)).toEqual([expect.stringMatching(/epoch seconds/)]);
    expect((await stand.poll()).pages.flatMap(({ rejected }) => rejected)).toEqual([]);
  });

  it('keeps what it does not know, and takes "null" for nothing', async () => {
    const row = {
      id: 'a',
      api: '/a',
      method: 'GET',
      country: 'null',
      host: 'null',
      discoveredAt: NOW_S - 60,
      more: { deep: [1] },
    };
    const stand = await stage(name, []);
    const rows = [row, { ...row, id: 'null', api: 'null' }, 'no object', null];
    stand.feed.setHazards({
      answer: ({ body }) => answering(LIST_KEY[name], body['skip'] === 0 ? rows : []),
    });
    const { pages, fresh } = await stand.poll();
    expect(fresh.map(({ raw }) => raw)).toEqual([row]);
    expect(pages.flatMap(({ rejected }) => rejected).length).toBeGreaterThan(0);
  });
});

describe('while the list changes between two pages', () => {
  it.each([1, 2, 3, 4, 5])('every last state of an actor is handed out (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const stand = await stage('threat_actors', manyAttacks(160));
    stand.feed.setHazards({
      beforeAnswer: () => {
        if (random() < 0.5)
          stand.feed.add([attack(`actor-${Math.floor(random() * 200)}`, Math.floor(random() * 30))]);
      },
    });
    for (let polls = 0; polls < 5; polls += 1) {
      await stand.poll();
      stand.later(20);
    }
    stand.feed.setHazards({ beforeAnswer: undefined });
    stand.later(400);
    await stand.poll();
    const states = [...stand.stored.values()].map(({ feedId, timeMs }) => `${feedId}@${timeMs / 1_000}`);
    // What an honest answer has shown has been handed out.
    expect([...stand.feed.actorsShown].filter((state) => !states.includes(state))).toEqual([]);
    expect(stand.feed.actorsShown.size).toBeGreaterThan(160);
  });
});

describe('a server that sorts within a page only, and by first sight', () => {
  it('still has every growth of every API handed out', async () => {
    const rows = Array.from({ length: 130 }, (_, i) => ({
      ...{ api: `/p/${i}`, method: 'GET', host: 'h', discoveredAt: NOW_S - 60 - ((i * 37) % 1_000) },
      ...{ requestsCount: 1, actorsCount: 1 },
    }));
    const stand = await stage('threat_apis', []);
    stand.feed.setHazards({
      answer: ({ body }) => {
        const skip = typeof body['skip'] === 'number' ? body['skip'] : 0;
        const page = rows.slice(skip, skip + 50).toSorted((a, b) => b.discoveredAt - a.discoveredAt);
        return { kind: 'json', status: 200, body: { apis: page, total: rows.length } };
      },
    });
    expect((await stand.poll()).fresh).toHaveLength(130);
    const [, , grown] = rows.splice(100, 3);
    rows.push({
      api: '/p/102',
      method: 'GET',
      host: 'h',
      discoveredAt: grown?.discoveredAt ?? 0,
      requestsCount: 900,
      actorsCount: 21,
    });
    stand.later(600);
    const { fresh } = await stand.poll();
    expect(fresh.map(({ feedId, raw }) => [feedId, raw['actorsCount']])).toEqual([['GET h /p/102', 21]]);
  });

  it('says what the server counts and does not show', async () => {
    const stand = await stage('threat_apis', []);
    const row = { api: '/a', method: 'GET', requestsCount: 1, actorsCount: 1, discoveredAt: NOW_S - 60 };
    stand.feed.setHazards({
      answer: ({ body }) => ({
        kind: 'json',
        status: 200,
        body: { apis: body['skip'] === 0 ? [row] : [], total: 7 },
      }),
    });
    const { pages } = await stand.poll();
    expect(pages.at(-1)?.progress?.gaps).toEqual([
      expect.objectContaining({ problem: 'the server counts 7 APIs and shows 1' }),
    ]);
    expect(isJsonObject(stand.cursor)).toBe(true);
  });
});
