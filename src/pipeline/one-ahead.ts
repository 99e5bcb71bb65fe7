/**
 * The same items in the same order, each asked for while whoever takes them deals with the one before. Whoever fails or stops
 * early does not wait for the item that is under way: what makes it has a signal of its own for that.
 */
export async function* oneAhead<T>(items: AsyncIterable<T>, stop: AbortSignal): AsyncGenerator<T, void> {
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
      next = ask();
      yield item.value;
    }
  } finally {
    void iterator.return?.().catch(() => undefined);
  }
}
