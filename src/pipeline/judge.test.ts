import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, messages, page, reader, rules } from '../../test/pipeline/bench.ts';
import { wholeIngest } from '../../test/pipeline/whole-ingest.ts';
import { StoreError } from '../core/store.ts';
import type { IngestDeps } from './ingest.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

/** A back-reference takes the pattern beyond what can be judged in linear time. */
const RULES = rules(
  'id: greedy\nfilter: { url: { regex: "^(\\\\w+\\\\s?)*\\\\1$" } }\n',
  'id: plain\nfilter: { url: { regex: "word" } }\ninfo: { severity: LOW }\n',
);

const hostile = (id: string) => event(id, { url: `${'word '.repeat(2_000)}!` });
const told = { name: 'oncall', send: new Set(['alerts'] as const) };

function ingest(over: Partial<Pick<IngestDeps, 'store' | 'onCommitted'>> = {}) {
  const { store, clock, telemetry } = bench;
  // No route takes anything: what Tocsin says of itself must find its way all the same.
  const deps = {
    store,
    clock,
    telemetry,
    ruleSet: RULES,
    routes: [],
    destinations: [told],
    resolveAfterMs: 3_600_000,
  };
  return wholeIngest({ ...deps, storeFull: () => undefined, onCommitted: () => undefined, ...over });
}

const matched = async (rule: string): Promise<number> => {
  const text = await bench.telemetry.metrics.registry.metrics();
  return Number(new RegExp(`tocsin_matches_total\\{rule="${rule}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
};

describe('a rule that overruns again and again', () => {
  it('is left out for a while and told of, and no other rule loses a verdict', async () => {
    const take = ingest();
    await take(reader(), page(Array.from({ length: 8 }, (_, i) => hostile(`e${i}`))));
    expect(await matched('plain')).toBe(8);
    const lines = messages(bench.logs);
    expect(bench.logs.filter(({ msg }) => msg === 'rules gave no verdict')).toMatchObject([
      { failures: 5, rules: ['greedy'] },
    ]);
    expect(lines.filter((line) => line.startsWith('rule quarantined'))).toHaveLength(1);
    const [group, ...others] = await bench.store.transaction((tx) =>
      tx.dueGroups(Number.MAX_SAFE_INTEGER, 9),
    );
    expect(group).toMatchObject({
      route: 'tocsin',
      to: ['oncall'],
      labels: { rule: 'tocsin-rule-quarantined' },
    });
    expect(others).toEqual([]);
  });

  it('is told of at once with the next page that can be committed, though that holds nothing new', async () => {
    let woken = 0;
    let failing = true;
    const store = new Proxy(bench.store, {
      get(of, key) {
        if (key !== 'transaction' || !failing) return Reflect.get(of, key).bind(of);
        return async () => {
          throw new StoreError('full', 'no space left; free some');
        };
      },
    });
    const take = ingest({
      store,
      onCommitted: () => {
        woken += 1;
      },
    });
    const hostiles = page(Array.from({ length: 5 }, (_, i) => hostile(`e${i}`)));
    await expect(take(reader(), hostiles)).rejects.toThrow('no space');
    failing = false;
    await take(reader(), page([]));
    expect(woken).toBe(1);
    expect(await bench.store.nextGroupDueMs()).toBeDefined();
  });

  it('is asked again when its time is over', async () => {
    const take = ingest();
    await take(reader(), page(Array.from({ length: 5 }, (_, i) => hostile(`e${i}`))));
    await take(reader(), page([event('during', { url: 'ab ab' })]));
    expect(await matched('greedy')).toBe(0);
    bench.clock.nowMs += 5 * 60_000;
    await take(reader(), page([event('after', { url: 'abab' })]));
    expect(await matched('greedy')).toBe(1);
  });

  it('is not one that an event beyond all bounds made it: that would blind every rule at once', async () => {
    const take = ingest();
    const headers = Object.fromEntries(Array.from({ length: 5_001 }, (_, i) => [`h${i}`, 'x']));
    const payload = JSON.stringify({ method: 'GET', path: '/', requestHeaders: JSON.stringify(headers) });
    await take(reader(), page(Array.from({ length: 8 }, (_, i) => event(`e${i}`, { payload }))));
    expect(messages(bench.logs).filter((line) => line.startsWith('rule quarantined'))).toEqual([]);
  });
});
