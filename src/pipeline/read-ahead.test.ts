import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { event, page } from '../../test/pipeline/bench.ts';
import { settled } from '../../test/pipeline/manual-clock.ts';
import { runs } from '../../test/seed.ts';
import type { FeedReader, Page } from '../core/source.ts';
import { readAhead } from './read-ahead.ts';

const never = new AbortController().signal;
const numbered = (number: number): Page => page([event(`e${number}`)], { at: number });

/** Long enough for everything to go as far as it can. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await settled();
}

/** Reads what `poll` gives; pages are judged to their numbers. */
function read(
  poll: FeedReader['poll'],
  judge: (given: Page) => Promise<number> = async ({ cursor }) => Number(cursor['at']),
  signal = never,
) {
  const reader: FeedReader = { source: 'akto', feed: 'malicious_events', poll };
  return readAhead(reader, { cursor: undefined, count: async () => 0, judge, signal });
}

describe('reading ahead', () => {
  it('reads a page and judges another while one is committed, and goes no further', async () => {
    let [given, judged] = [0, 0];
    const judge = async ({ cursor }: Page): Promise<number> => {
      judged += 1;
      return Number(cursor['at']);
    };
    async function* poll() {
      for (given = 1; given <= 4; given += 1) yield numbered(given);
      given = 4;
    }
    const atCommit: unknown[] = [];
    for await (const number of read(poll, judge)) {
      await idle();
      atCommit.push({ number, judged, given });
    }
    expect(atCommit).toEqual([
      { number: 1, judged: 2, given: 3 },
      { number: 2, judged: 3, given: 4 },
      { number: 3, judged: 4, given: 4 },
      { number: 4, judged: 4, given: 4 },
    ]);
  });

  it('hands on the cursor, the count and the signal', async () => {
    const seen: unknown[] = [];
    const reader: FeedReader = {
      ...{ source: 'akto', feed: 'malicious_events' },
      async *poll(cursor, { count }, signal) {
        seen.push(cursor, await count({ fromMs: 1, toMs: 2 }), signal.aborted);
        yield* [];
      },
    };
    const count = async ({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<number> =>
      fromMs + toMs;
    const judge = async (): Promise<number> => 0;
    for await (const _ of readAhead(reader, { cursor: { at: 7 }, count, judge, signal: never }));
    expect(seen).toEqual([{ at: 7 }, 3, false]);
  });

  it.each([
    [
      'reading fails',
      async function* () {
        yield* [1, 2].map(numbered);
        throw new Error('no answer');
      },
      async ({ cursor }: Page) => Number(cursor['at']),
    ],
    [
      'judging fails',
      async function* () {
        yield* [1, 2, 3, 4].map(numbered);
      },
      async ({ cursor }: Page) => {
        if (cursor['at'] === 3) throw new Error('no answer');
        return Number(cursor['at']);
      },
    ],
  ])('throws when the turn of its page comes where %s: what came before is taken', async (_, poll, judge) => {
    const taken: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const number of read(poll, judge)) {
        await idle();
        taken.push(number);
      }
    };
    await expect(reading()).rejects.toThrow('no answer');
    expect(taken).toEqual([1, 2]);
  });
});

describe('a reader that waits for what it has given', () => {
  it('goes on once the next page is asked for, and at once where nothing is on its way', async () => {
    const steps: string[] = [];
    for await (const number of read(async function* (_cursor, { arrived }) {
      await arrived();
      steps.push('begun');
      yield numbered(1);
      yield numbered(2);
      await arrived();
      steps.push('all there');
      await arrived();
      yield numbered(3);
    })) {
      await idle();
      steps.push(`commit ${number}`);
    }
    expect(steps).toEqual(['begun', 'commit 1', 'commit 2', 'all there', 'commit 3']);
  });

  it('waits for pages given until it asked, not for later ones', async () => {
    const steps: string[] = [];
    for await (const number of read(async function* (_cursor, { arrived }) {
      yield numbered(1);
      const first = arrived().then(() => void steps.push('the first is there'));
      yield numbered(2);
      yield numbered(3);
      await first;
    })) {
      await idle();
      steps.push(`commit ${number}`);
    }
    expect(steps).toEqual(['commit 1', 'the first is there', 'commit 2', 'commit 3']);
  });

  it.each<[string, (stop: AbortController) => void]>([
    [
      'a page could not be committed',
      () => {
        throw new Error('the store is full');
      },
    ],
    ['the poll is stopped', (stop) => stop.abort()],
  ])('is told in vain no longer once %s, and is closed', async (_, commit) => {
    const stop = new AbortController();
    const outcomes: string[] = [];
    const poll: FeedReader['poll'] = async function* (_cursor, { arrived }) {
      try {
        yield numbered(1);
        yield numbered(2);
        yield numbered(3);
        await arrived();
        outcomes.push('all there');
      } catch (error) {
        outcomes.push(String(error));
        await arrived().catch((again: unknown) => void outcomes.push(String(again)));
        throw error;
      } finally {
        outcomes.push('closed');
      }
    };
    const reading = async (): Promise<void> => {
      for await (const number of read(poll, undefined, stop.signal)) {
        await idle();
        if (number === 2) commit(stop);
      }
    };
    await reading().catch(() => undefined);
    await idle();
    const ended = 'SourceError: the poll has ended';
    expect(outcomes).toEqual([ended, ended, 'closed']);
  });
});

type Step = 'page' | 'wait' | 'turn' | 'fail';
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>('page') },
    { weight: 2, arbitrary: fc.constant<Step>('wait') },
    { weight: 2, arbitrary: fc.constant<Step>('turn') },
    { weight: 1, arbitrary: fc.constant<Step>('fail') },
  ),
  { maxLength: 12 },
);
/** The page at which it happens; beyond the last one, never. */
const at = fc.nat(12);

it('ends, takes pages in their order without a hole, and closes its reader, whatever happens when', async () => {
  const whatever = { script: steps, judgeFails: at, commitFails: at, stopsAt: at, slow: fc.nat(3) };
  await fc.assert(
    fc.asyncProperty(fc.record(whatever), async ({ script, judgeFails, commitFails, stopsAt, slow }) => {
      const stop = new AbortController();
      const taken: number[] = [];
      let given = 0;
      let isClosed = false;
      let outcome: string | undefined;
      const turns = async (): Promise<void> => {
        for (let turn = 0; turn < slow; turn += 1) await settled();
      };
      const poll: FeedReader['poll'] = async function* (_cursor, { arrived }, signal) {
        try {
          for (const step of script) {
            if (signal.aborted || step === 'fail') throw new Error(step);
            if (step === 'turn') await settled();
            if (step === 'wait') {
              await arrived();
              expect(taken).toHaveLength(given);
            }
            if (step === 'page') {
              given += 1;
              yield numbered(given);
            }
          }
        } finally {
          isClosed = true;
        }
      };
      const judge = async ({ cursor }: Page): Promise<number> => {
        await turns();
        if (cursor['at'] === judgeFails) throw new Error('judge');
        return Number(cursor['at']);
      };
      const reading = async (): Promise<string> => {
        for await (const number of read(poll, judge, stop.signal)) {
          await turns();
          if (number === commitFails) throw new Error('commit');
          taken.push(number);
          if (number === stopsAt) stop.abort();
        }
        return stop.signal.aborted ? 'stopped' : 'read';
      };
      const end = (how: string): void => {
        outcome = how;
      };
      void reading().then(end, (error: Error) => end(error.message));
      await idle();
      await idle();
      expect(outcome).toBeDefined();
      expect(isClosed).toBe(true);
      expect(taken).toEqual(taken.map((_, index) => index + 1));
      if (outcome === 'read') expect(taken).toHaveLength(script.filter((step) => step === 'page').length);
    }),
    { numRuns: runs(300) },
  );
});
