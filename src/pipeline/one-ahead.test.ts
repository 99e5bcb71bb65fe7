import { describe, expect, it } from 'vitest';
import { oneAhead } from './one-ahead.ts';

const never = new AbortController().signal;

async function dealt<T>(
  items: AsyncIterable<T>,
  deal: (item: T) => Promise<void>,
  stop = never,
): Promise<void> {
  for await (const item of oneAhead(items, stop)) await deal(item);
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('one ahead', () => {
  it('asks for the next item when it gives one, and for no more', async () => {
    const order: string[] = [];
    async function* numbers(): AsyncGenerator<number> {
      for (const number of [1, 2, 3]) {
        order.push(`made ${number}`);
        yield number;
      }
    }
    const deal = async (number: number): Promise<void> => {
      order.push(`begun ${number}`);
      await aTurn();
      order.push(`done ${number}`);
    };
    await dealt(numbers(), deal);
    expect(order).toEqual([
      ...['made 1', 'made 2', 'begun 1', 'done 1'],
      ...['made 3', 'begun 2', 'done 2', 'begun 3', 'done 3'],
    ]);
  });

  it('throws what the next item threw when its turn comes: what came before is dealt with', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('the second');
    }
    const seen: number[] = [];
    const deal = async (number: number): Promise<void> => void seen.push(number);
    await expect(dealt(failing(), deal)).rejects.toThrow('the second');
    expect(seen).toEqual([1]);
  });

  it.each([
    ['is stopped', async (stop: AbortController) => stop.abort()],
    ['fails', async () => Promise.reject(new Error('no'))],
  ])('lets go of what it reads when it %s, without waiting for what is under way', async (_, deal) => {
    let isClosed = false;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<number> {
      try {
        yield 1;
        await released;
        yield 2;
      } finally {
        isClosed = true;
      }
    }
    const stop = new AbortController();
    await dealt(slow(), () => deal(stop), stop.signal).catch(() => undefined);
    expect(isClosed).toBe(false);
    release();
    await aTurn();
    expect(isClosed).toBe(true);
  });

  it('that is stopped before it begins deals with nothing, and lets no failure loose', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield* [];
      throw new Error('stopped');
    }
    const seen: number[] = [];
    await dealt(failing(), async (number) => void seen.push(number), AbortSignal.abort());
    await aTurn();
    expect(seen).toEqual([]);
  });
});
