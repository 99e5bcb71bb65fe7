/**
 * Deals with items one after the other, in their order, and asks for each while the one before it is dealt with: `deal`
 * has begun when the next is asked for. Whoever fails or stops early does not wait for the item that is under way: what
 * makes it has a signal of its own for that.
 */
export async function oneAhead<T>(
  items: AsyncIterable<T>,
  deal: (item: T) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T>> => {
    const asked = iterator.next();
    // Its failure is thrown when its turn comes, or by nobody.
    asked.catch(() => undefined);
    return asked;
  };
  let next = ask();
  try {
    while (!stop.aborted) {
      const item = await next;
      if (item.done === true) return;
      const dealt = deal(item.value);
      next = ask();
      await dealt;
    }
  } finally {
    void iterator.return?.().catch(() => undefined);
  }
}
