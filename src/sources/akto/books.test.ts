import { describe, expect, it } from 'vitest';
import { SourceError } from '../../core/source.ts';
import { PollBookmark } from './bookmark.ts';
import { Books } from './books.ts';

function booksOf(committed: readonly number[], arrived = async (): Promise<void> => undefined) {
  const bookmark = new PollBookmark(
    {
      ...{ highWaterS: 99, floorS: 1, newestS: 99, auditS: 1, readS: 99 },
      ...{ gaps: [], surplus: [], lost: [] },
    },
    10,
  );
  const count = async ({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<number> =>
    committed.filter((second) => second * 1_000 >= fromMs && second * 1_000 <= toMs).length;
  return { bookmark, books: new Books({ arrived, count }, bookmark) };
}
const ALL = { fromS: 1, toS: 90 };

describe('the books', () => {
  it.each([
    { why: 'nothing is over where all rows are events', committed: [5, 6], shown: [5, 6], surplus: [] },
    { why: 'an unusable row', committed: [5, 6], shown: [5, 6, 7], surplus: [[7, 1]] },
    {
      why: 'an id that stands in two seconds, committed under the first',
      committed: [5],
      shown: [5, 60],
      surplus: [[60, 1]],
    },
    {
      why: 'many, each in its second',
      committed: [5],
      shown: [5, 5, 5, 8, 70],
      surplus: [
        [5, 2],
        [8, 1],
        [70, 1],
      ],
    },
    { why: 'more committed than shown is none', committed: [5, 6, 7], shown: [5], surplus: [] },
  ])('know rows that become no event: $why', async ({ committed, shown, surplus }) => {
    const { bookmark, books } = booksOf(committed);
    await books.shown(ALL, shown);
    expect(bookmark.position.surplus).toEqual(surplus);
    expect(await books.known(ALL)).toBe(Math.max(shown.length, committed.length));
  });

  it('forget what a later answer shows no more', async () => {
    const { bookmark, books } = booksOf([5]);
    await books.shown(ALL, [5, 7]);
    await books.shown({ fromS: 6, toS: 9 }, []);
    expect(bookmark.position.surplus).toEqual([]);
  });

  it('write off what is given up', async () => {
    const { books } = booksOf([5, 6]);
    await books.writeOff({ fromS: 5, toS: 6 }, 7);
    expect(await books.known(ALL)).toBe(7);
  });

  it('count nothing before all that was given has arrived', async () => {
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
    const committed: number[] = [];
    const { bookmark, books } = booksOf(committed, () => arrival);
    const written = books.given(ALL, [5, 6, 7])();
    const known = books.known(ALL);
    await new Promise((resolve) => setImmediate(resolve));
    expect(bookmark.position.surplus).toEqual([]);
    committed.push(5, 6);
    arrive();
    await written;
    expect(bookmark.position.surplus).toEqual([[7, 1]]);
    await known;
    expect(await books.known(ALL)).toBe(3);
  });

  it('say where what was given will not arrive, to whoever waits for it and to nobody else', async () => {
    const { bookmark, books } = booksOf([5], async () => {
      throw new SourceError('aborted', 'the poll has ended');
    });
    books.given(ALL, [5, 6]);
    await expect(books.given(ALL, [5, 6])()).rejects.toThrow(SourceError);
    await expect(books.known(ALL)).rejects.toThrow(SourceError);
    expect(bookmark.position.surplus).toEqual([]);
  });
});
