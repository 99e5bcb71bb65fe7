import { expect, it } from 'vitest';
import type { DeliveryCount } from '../core/store.ts';
import { explainFilling, type Filling } from './store-filling.ts';

const NOW_MS = 100 * 60_000;
const NOTHING: Filling = { deliveries: [], openAlerts: [], windows: [] };
const waiting = (destination: string, count: number, oldestMs = NOW_MS): DeliveryCount => {
  return { destination, state: 'pending', count, oldestMs };
};
const dead = (destination: string, count: number): DeliveryCount => ({ destination, state: 'dead', count });

it.each<[string, Partial<Filling>, string]>([
  [
    'deliveries: see to their destination',
    { deliveries: [waiting('siem', 26_000, NOW_MS - 12 * 60_000)] },
    'it holds 26000 deliveries that wait for siem (the oldest for 12 min); see whether those destinations take deliveries, and how fast, or raise retention.max_size and restart',
  ],
  [
    'dead letters: nobody mends a destination that is fine',
    { deliveries: [dead('oncall', 300)] },
    'it holds 300 dead letters of oncall; redrive or discard the dead letters, or raise retention.max_size and restart',
  ],
  [
    'a flood of alerts: nobody mends anything',
    // One message to people that is on its way fills nothing.
    {
      deliveries: [waiting('oncall', 1)],
      openAlerts: [{ place: 'a', count: 900 }],
      windows: [{ place: 'a', count: 40 }],
    },
    'it holds 900 open alerts and 40 windows that still count; alerts and windows end by themselves, or raise retention.max_size and restart',
  ],
  [
    'many destinations: the largest by name, the rest in all',
    { deliveries: ['a', 'b', 'c', 'd', 'e'].map((name, index) => waiting(name, 100 * (index + 1))) },
    'it holds 500 deliveries that wait for e, 400 deliveries that wait for d, 300 deliveries that wait for c, 300 more of 2 other destinations; see whether those destinations take deliveries, and how fast, or raise retention.max_size and restart',
  ],
  [
    'next to nothing that waits',
    { deliveries: [waiting('oncall', 1), dead('siem', 2)], openAlerts: [{ place: 'a', count: 3 }] },
    'next to nothing waits in it: what it holds is cleared by itself within minutes, or raise retention.max_size and restart',
  ],
])('explains a store full of %s', (_, filling, sentence) => {
  expect(explainFilling({ ...NOTHING, ...filling }, NOW_MS)).toBe(sentence);
});
