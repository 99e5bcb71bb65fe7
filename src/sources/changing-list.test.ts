import { describe, expect, it } from 'vitest';
import { eventId } from '../core/event.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import type { Cursor } from '../core/source.ts';
import { type ChangingListOptions, createChangingListReader, type ListAnswer } from './changing-list.ts';

const NOW = Date.UTC(2026, 2, 1);
const FEED = 'threat_actors' as const;

interface Shown {
  readonly id: string;
  readonly atMs?: number;
  readonly revision?: number;
}

type Server = (query: { offset: number; limit: number }) => ListAnswer;

function readerOf(server: Server, options: Partial<ChangingListOptions>) {
  return createChangingListReader({
    source: 's',
    feed: FEED,
    pageSize: 4,
    isFixedSize: true,
    deadlineMs: 20_000,
    lookback: { initialMs: 400_000, lateArrivalMs: 120_000 },
    clock: { now: () => NOW, sleep: async () => undefined },
    random: () => 0.5,
    fetchPage: async (query) => server(query),
    parse,
    ...options,
  });
}

function parse(row: Json) {
  const { id, atMs, revision } = isJsonObject(row) ? row : {};
  if (typeof id !== 'string' || typeof atMs !== 'number') return { problem: 'a row without a time' };
  const state = String(revision ?? 1);
  return {
    id: eventId('s', FEED, id, state),
    source: 's',
    feed: FEED,
    feedId: id,
    revision: state,
    timeMs: atMs,
    raw: {},
  };
}

async function pollOnce(server: Server, options: Partial<ChangingListOptions> = {}): Promise<string[]> {
  const ids = new Set<string>();
  const signal = new AbortController().signal;
  for await (const page of readerOf(server, options).poll(
    undefined,
    { arrived: async () => undefined, count: async () => 0 },
    signal,
  )) {
    for (const { feedId } of page.events) ids.add(feedId);
  }
  return [...ids].toSorted();
}

function rowsOf(ids: string, atMs: (index: number) => number): Shown[] {
  return [...ids].map((id, index) => ({ id, atMs: atMs(index) }));
}

describe('a changing list of which rows go away while it is read', () => {
  it('reads on where a deletion emptied what is behind a page that the server cut short', async () => {
    let rows = rowsOf('ABCDEF', (index) => NOW - 1_000 * (index + 1));
    const server: Server = ({ offset }) => {
      const shown = rows.slice(offset, offset + 5).map((row) => ({ ...row }));
      rows = rows.filter(({ id }) => id !== 'A');
      return { rows: shown };
    };
    expect(await pollOnce(server, { pageSize: 6, isFixedSize: false })).toEqual([...'ABCDEF']);
  });
});

describe('an instant that fills more than a page', () => {
  const atMs = NOW - 1_000;
  const row = (id: string, revision = 1) => ({ id, atMs, revision });

  /** One object is on the second page only from the fourth time on: before, the server shuffled it away. */
  function shuffling(front: (asked: number) => string, behind: (asked: number) => ReturnType<typeof row>) {
    const asked = { front: 0, behind: 0 };
    return ({ offset }: { offset: number }): ListAnswer => {
      asked[offset === 0 ? 'front' : 'behind'] += 1;
      if (offset === 0) return { rows: [...front(asked.front)].map((id) => row(id)), total: 5 };
      return { rows: offset === 4 ? [behind(asked.behind)] : [], total: 5 };
    };
  }

  it('does not take two states of one object for two objects', async () => {
    const server = shuffling(
      () => 'ABCD',
      (asked) => (asked <= 3 ? row('A', 2) : row('E')),
    );
    expect(await pollOnce(server)).toEqual([...'ABCDE']);
  });

  it('does not take an object that was deleted after it was read for one that is there', async () => {
    const server = shuffling(
      (asked) => (asked <= 2 ? 'ABCD' : 'ABCE'),
      (asked) => row(asked <= 3 ? 'E' : 'F'),
    );
    expect(await pollOnce(server)).toEqual([...'ABCDEF']);
  });
});

describe('a poll that is stopped at a page without times', () => {
  it('leaves the next whole look-back where it was', async () => {
    const lookedBack = { highMs: NOW - 200_000, startedMs: NOW - 100_000, requests: 9 };
    const cursor: Cursor = { highMs: NOW - 5_000, startMs: 0, lookedBack };
    const server: Server = () => ({ rows: [{}, {}, {}, {}] });
    const signal = new AbortController().signal;
    for await (const page of readerOf(server, {}).poll(
      cursor,
      { arrived: async () => undefined, count: async () => 0 },
      signal,
    )) {
      expect(page.cursor).toMatchObject({ lookedBack });
      return;
    }
  });
});
