import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HttpHazard, isoTime } from '../../src/demo/incidents-simulator/index.ts';
import { runs } from '../seed.ts';
import {
  type Change,
  Consumer,
  type Feed,
  feedInProcess,
  feedOverHttp,
  type Habits,
  INITIAL_S,
  LATE_S,
  revision,
  World,
} from './incidents-world.ts';

const REQUEST_MS = 50;

interface Round {
  /** Seconds since the round before. */
  readonly passed: number;
  readonly before: readonly Change[];
  /** Changes while it pages, before the answer of that number. */
  readonly during: readonly (Change & { readonly answer: number })[];
  readonly hazards: readonly { readonly answer: number; readonly hazard: HttpHazard | 'revoke' }[];
  readonly diesAfterPages: number;
  readonly restarts: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom<Change['kind'][]>(
    'new',
    'new',
    'growth',
    'growth',
    'growth_within_its_second',
    'gone',
  ),
  lateS: fc.oneof(fc.integer({ min: 0, max: LATE_S }), fc.constantFrom(0, 1, LATE_S)),
  which: fc.nat(1_000),
});
const answer = fc.integer({ min: 0, max: 12 });
const hazard = fc.constantFrom<(HttpHazard | 'revoke')[]>(
  'revoke',
  'revoke',
  { kind: 'null_list', spelled: 'null' },
  { kind: 'null_list', spelled: 'missing' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'json', status: 401, body: {} },
  { kind: 'json', status: 403, body: {} },
  { kind: 'login_page' },
  { kind: 'redirect' },
  { kind: 'reset' },
  { kind: 'half' },
);
const round: fc.Arbitrary<Round> = fc.record({
  passed: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 2_000 })),
  before: fc.array(change, { maxLength: 12 }),
  during: fc.array(
    fc.tuple(change, answer).map(([each, at]) => ({ ...each, answer: at })),
    { maxLength: 4 },
  ),
  hazards: fc.array(fc.record({ answer, hazard }), { maxLength: 4 }),
  diesAfterPages: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 5 })),
  restarts: fc.boolean(),
});
const scenario = fc.record({
  seed: fc.nat(1_000_000),
  pageSize: fc.integer({ min: 2, max: 9 }),
  backlog: fc.array(fc.integer({ min: 0, max: INITIAL_S }), { maxLength: 30 }),
  crowd: fc.integer({ min: 0, max: 20 }),
  mostRows: fc.option(fc.integer({ min: 2, max: 6 }), { nil: Number.POSITIVE_INFINITY, freq: 4 }),
  tokenUses: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 3),
  expiresIn: fc.constantFrom(600, 600_000, '600', 0, undefined, 1),
  rounds: fc.array(round, { minLength: 1, maxLength: 5 }),
});

function misbehave(world: World, { during, hazards }: Round): void {
  const { feed } = world;
  const first = feed.requests.length;
  feed.setHazards({
    beforeAnswer: ({ index }) => {
      world.passes(REQUEST_MS);
      for (const each of during) if (first + each.answer === index) world.change(each);
      if (hazards.some((each) => each.hazard === 'revoke' && first + each.answer === index))
        feed.revokeTokens();
    },
    answer: ({ index }) => {
      const found = hazards.find((each) => first + each.answer === index)?.hazard;
      return found === 'revoke' ? undefined : found;
    },
  });
}

/** Plays a scenario to its end; gives what was never read, and what was read and never true. */
async function play(open: (habits: Habits) => Feed | Promise<Feed>, scenario: Scenario) {
  const { seed, pageSize, backlog, crowd, rounds } = scenario;
  const world = new World(await open(scenario));
  const consumer = new Consumer();
  let reading = world.reading(pageSize, seed);
  try {
    for (const lateS of backlog) world.change({ kind: 'new', lateS, which: 0 });
    for (let n = 0; n < crowd; n += 1) world.change({ kind: 'new', lateS: 60, which: 0 });
    // The first poll decides where history begins: what fails before its first page has no promise yet.
    await consumer.poll(reading.reader, 1);
    for (const next of rounds) {
      world.clock.nowMs += next.passed * 1_000;
      for (const each of next.before) world.change(each);
      misbehave(world, next);
      await consumer.poll(reading.reader, next.diesAfterPages);
      if (!next.restarts) continue;
      await reading.close();
      reading = world.reading(pageSize, seed);
    }
    world.feed.setHazards({ answer: undefined, beforeAnswer: () => world.passes(REQUEST_MS) });
    const calm: string[] = [];
    for (let polls = 0; polls < 3; polls += 1) {
      world.clock.nowMs += 30_000;
      calm.push(await consumer.poll(reading.reader));
    }
    const last = [...world.present].map(([id, { updateS, requests }]) =>
      revision(id, { updateTime: isoTime(updateS), requests }),
    );
    return {
      calm,
      missed: last.filter((each) => !consumer.revisions.has(each)),
      invented: [...consumer.revisions].filter((each) => !world.ever.has(each)),
      requests: world.feed.requests.length,
    };
  } finally {
    await reading.close();
    await world.feed.close();
  }
}

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

async function check(open: (habits: Habits) => Feed | Promise<Feed>, count: number): Promise<void> {
  let [requests, most] = [0, 0];
  const startedMs = performance.now();
  await fc.assert(
    fc.asyncProperty(scenario, async (each) => {
      const { requests: asked, ...read } = await play(open, each);
      expect(read).toEqual({ calm: ['read', 'read', 'read'], missed: [], invented: [] });
      // What steps to and fro asks until its deadline: 4,800 times.
      expect(asked).toBeLessThan(3_000);
      [requests, most] = [requests + asked, Math.max(most, asked)];
    }),
    { numRuns: runs(count) },
  );
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  process.stdout.write(
    `incidents model: ${runs(count)} runs of ${open.name} in ${seconds} s, ${Math.round(requests / runs(count))} requests each, at most ${most}\n`,
  );
}

describe('the last state of each incident is read, once, through growth, ties, late updates, failures and restarts', () => {
  it('in many runs without a network', () => check(feedInProcess, 1_000));
  it('and over HTTP, where tokens end meanwhile', () => check(feedOverHttp, 25));
});
