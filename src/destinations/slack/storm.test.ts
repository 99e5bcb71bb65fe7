import { expect, it } from 'vitest';
import type { Digest } from '../../core/digest.ts';
import { stormHeadline } from './storm.ts';

const of = (totals: Digest['totals']): Digest => ({
  ...{ id: 'storm/oncall/1', kind: 'storm', title: 'Summed up: more alerts than messages' },
  ...{ fromMs: 0, toMs: 1, timeZone: 'UTC', totals, tables: [], notes: [], createdAtMs: 1 },
});

it.each<[string, Digest['totals'], string]>([
  [
    'matches',
    [
      { name: 'Matches', count: 2_100 },
      { name: 'Notifications', count: 3 },
    ],
    '🌊 *Summed up* · 2,100 matches that would have been 3 messages',
  ],
  [
    'only ends of alerts: they are not "0 matches"',
    [
      { name: 'Matches', count: 0 },
      { name: 'Notifications', count: 3 },
    ],
    '🌊 *Summed up* · 3 messages without a new match',
  ],
  ['nothing but matches', [{ name: 'Matches', count: 1 }], '🌊 *Summed up* · 1 match'],
])('the headline of a summary tells of %s', (_, totals, expected) => {
  expect(stormHeadline(of(totals)).split('\n')[0]).toBe(expected);
});
