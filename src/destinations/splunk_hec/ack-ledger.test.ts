import { describe, expect, it } from 'vitest';
import type { DestinationMemory } from '../../core/delivery.ts';
import { createAckLedger, markOf, type SentRequest } from './ack-ledger.ts';

function pages(): DestinationMemory & { readonly written: Map<string, string> } {
  const written = new Map<string, string>();
  return {
    written,
    get: async (key) => written.get(key),
    set: async (key, value) => void written.set(key, value),
  };
}

const request = (ackId: number, ...ids: string[]): SentRequest => ({
  ...{ channel: { id: 'c', trusted: true }, ackId, cookie: 'a=b', sentMs: 1_000 + ackId },
  marks: ids.map(markOf),
});

describe('a ledger of acknowledgements', () => {
  it('tells the next process what waits, what came, and nothing of what was given up', async () => {
    const memory = pages();
    const ledger = createAckLedger(memory);
    const [waits, came, gone] = [request(0, 'a', 'b'), request(1, 'c'), request(2, 'd')];
    for (const each of [waits, came, gone]) await ledger.sent(each);
    await ledger.indexed(came);
    await ledger.forget(gone);
    const knownOf = await createAckLedger(memory).read();
    expect(knownOf('a')).toEqual({ state: 'waiting', request: waits });
    expect(knownOf('b')).toEqual({ state: 'waiting', request: waits });
    expect(knownOf('c')).toEqual({ state: 'indexed' });
    expect(knownOf('d')).toBeUndefined();
    expect(knownOf('__proto__')).toBeUndefined();
  });

  it('knows the newest request of a delivery that was sent twice', async () => {
    const memory = pages();
    const ledger = createAckLedger(memory);
    const [first, second] = [request(0, 'a'), request(1, 'a')];
    await ledger.sent(first);
    await ledger.sent(second);
    await ledger.forget(first);
    expect((await ledger.read())('a')).toEqual({ state: 'waiting', request: second });
  });

  it('is bounded: the newest requests stay, over restarts too', async () => {
    const memory = pages();
    const first = createAckLedger(memory);
    await first.read();
    for (let n = 0; n < 300; n += 1) await first.sent(request(n, `e${n}`));
    const second = createAckLedger(memory);
    await second.read();
    for (let n = 300; n < 400; n += 1) await second.sent(request(n, `e${n}`));
    expect(memory.written.size).toBe(256);
    const knownOf = await createAckLedger(memory).read();
    const kept = Array.from({ length: 400 }, (_, n) => n).filter((n) => knownOf(`e${n}`) !== undefined);
    expect(kept).toEqual(Array.from({ length: 256 }, (_, index) => 144 + index));
  });

  it('writes no id, however long', async () => {
    const memory = pages();
    await createAckLedger(memory).sent(request(0, 'x'.repeat(100_000)));
    expect([...memory.written.values()].join('').length).toBeLessThan(200);
  });
});
