import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Hazards, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import { AktoClient } from '../../src/sources/akto/client.ts';
import { runs } from '../seed.ts';
import { UNUSABLE_ROWS } from './akto-feed-found.ts';
import { type Consumer, FeedInProcess, ManualClock } from './akto-feed-model.ts';
import { type Scenario, scenario } from './akto-feed-scenario.ts';
import { StoredConsumer } from './akto-feed-store.ts';
import { liveThrough, World } from './akto-feed-world.ts';

const START_S = 1_780_000_000;

async function inProcess(
  given: Scenario,
  consumerOf?: (keepMs: number, clock: ManualClock) => Consumer,
): Promise<void> {
  const clock = new ManualClock(START_S);
  const feed = new FeedInProcess(given.seed, clock);
  const rows = {
    add: (made: readonly JsonObject[]) => feed.add(made),
    setHazards: (hazards: Partial<Hazards>) => feed.setHazards(hazards),
    requestCount: () => feed.requests,
  };
  const world = new World(rows, clock);
  if (consumerOf === undefined) await liveThrough(world, feed, given);
  else await liveThrough(world, feed, given, (keepMs) => consumerOf(keepMs, clock));
}

describe('reading the feed, whatever it does', () => {
  it('commits every row that ever appeared in time, once, through ties, late rows, failures and restarts', async () => {
    let lived = 0;
    const startedMs = performance.now();
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        lived += 1;
        await inProcess(given);
      }),
      { numRuns: runs(3_000), endOnFailure: true },
    );
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    process.stdout.write(`feed model: ${lived} runs of the reader against a random feed in ${seconds} s\n`);
  });

  it('does so with the real rules and the real store behind it, pruned as early as it may be', async () => {
    let lived = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        lived += 1;
        const opened: StoredConsumer[] = [];
        const consumerOf = (keepMs: number, clock: ManualClock): Consumer => {
          const consumer = new StoredConsumer(clock, keepMs);
          opened.push(consumer);
          return consumer;
        };
        await inProcess(given, consumerOf).finally(() =>
          Promise.all(opened.map((consumer) => consumer.close())),
        );
      }),
      { numRuns: runs(100) },
    );
    process.stdout.write(`feed model: ${lived} runs through the rules into SQLite\n`);
  });

  it('does so over HTTP, too', async () => {
    let lived = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        lived += 1;
        const clock = new ManualClock(START_S);
        const simulatorClock = { now: () => clock.nowMs, sleep: clock.sleep };
        const feed = await startAktoSimulator({ apiKey: 'key', seed: given.seed, clock: simulatorClock });
        const client = new AktoClient({
          ...{ source: 'akto', url: feed.url, apiKey: new Secret('key'), timeoutMs: 5_000 },
          ...{ maxResponseBytes: 1e6, clock },
        });
        const overHttp = {
          add: (made: readonly JsonObject[]) => feed.add(made),
          setHazards: (hazards: Partial<Hazards>) => feed.setHazards(hazards),
          requestCount: () => feed.requests.length,
        };
        try {
          await liveThrough(new World(overHttp, clock), client, given);
          expect(feed.requestsTo('fetchSuspectSampleData').length).toBe(feed.requests.length);
        } finally {
          client.close();
          await feed.close();
        }
      }),
      { numRuns: runs(40) },
    );
    process.stdout.write(`feed model: ${lived} runs over HTTP\n`);
  });

  it('gives up no second whose rows were all read, though some are no events and a poll sees a part of them', async () => {
    for (let seed = 0; seed < 40; seed += 1) await inProcess({ ...UNUSABLE_ROWS, seed });
  });
});
