import { expect, it } from 'vitest';
import type { Digest, DigestTable } from '../../core/digest.ts';
import { stormAttachment, stormHeadline } from './storm.ts';
import { COLOURS, OVER_COLOUR } from './words.ts';

const of = (over: Partial<Digest>): Digest => ({
  ...{ id: 'storm/oncall/1', kind: 'storm', title: 'Summed up: more alerts than messages' },
  ...{ fromMs: 0, toMs: 1, timeZone: 'UTC', totals: [], tables: [], notes: [], createdAtMs: 1 },
  ...over,
});
const total = (name: string, count: number) => ({ name, count });
const tableOf = (title: string, names: readonly string[], count = 1): DigestTable => ({
  title,
  rows: names.map((name) => ({ name, count })),
  omittedRows: 0,
  omittedCount: 0,
});

it.each<[string, Partial<Digest>, string, string | undefined]>([
  [
    'matches',
    { severity: 'HIGH', totals: [total('Matches', 2_100), total('Notifications', 3), total('HIGH', 2_100)] },
    '🌊 *Summed up* · 2,100 matches that would have been 3 messages',
    '🟠 *HIGH* 2,100',
  ],
  [
    'CRITICAL alerts by name, whatever else there is',
    {
      severity: 'CRITICAL',
      totals: [total('Matches', 9)],
      tables: [
        tableOf('Critical alerts', ['CRITICAL SQL injection · 203.0.113.9', 'CRITICAL XSS · 203.0.113.7']),
      ],
    },
    '🌊 *Summed up* · 9 matches',
    'CRITICAL SQL injection · 203.0.113.9; CRITICAL XSS · 203.0.113.7',
  ],
  [
    'ends alone: they are not "0 matches"',
    {
      title: 'Over: 3 alerts',
      totals: [total('Matches', 0), total('Notifications', 3), total('Alerts that are over', 3)],
      tables: [{ ...tableOf('Over', ['HIGH SQL injection · a', 'LOW Scanner · b']), omittedRows: 1 }],
    },
    '✅ *Over: 3 alerts*',
    'HIGH SQL injection · a; LOW Scanner · b; and 1 more',
  ],
  [
    'what was muted',
    {
      title: 'While muted: 2 alerts, over since',
      totals: [total('Matches', 12), total('Notifications', 2), total('HIGH', 12)],
      tables: [tableOf('Were muted', ['HIGH SQL injection · a', 'HIGH XSS · b'])],
    },
    '✅ *While muted: 2 alerts, over since*',
    '12 matches · 🟠 *HIGH* 12 · HIGH SQL injection · a; HIGH XSS · b',
  ],
  [
    'more CRITICAL alerts, where one message could not name them all',
    {
      title: 'Summed up, continued: Critical alerts (2 of 2)',
      severity: 'CRITICAL',
      tables: [tableOf('Critical alerts (5 of 5)', ['CRITICAL XSS · 203.0.113.7'])],
    },
    '🌊 *Summed up, continued: Critical alerts (2 of 2)*',
    'CRITICAL XSS · 203.0.113.7',
  ],
  [
    'nothing but matches',
    { totals: [total('Matches', 1)] },
    '🌊 *Summed up* · 1 match',
    'Summed up: more alerts than messages',
  ],
  ['nothing', { title: 'Over: 1 alert' }, '✅ *Over: 1 alert*', undefined],
])('the headline of a summary tells of %s', (_, over, first, second) => {
  expect(stormHeadline(of(over)).split('\n')).toEqual(second === undefined ? [first] : [first, second]);
});

it('the colour of a summary is that of the worst that goes on, green where nothing does', () => {
  const colour = (over: Partial<Digest>) => stormAttachment(of(over)).color;
  expect(colour({ severity: 'CRITICAL', totals: [total('HIGH', 3)] })).toBe(COLOURS.CRITICAL);
  expect(colour({ totals: [total('Matches', 3), total('HIGH', 3)] })).toBe(COLOURS.HIGH);
  expect(colour({ title: 'Over: 1 alert', totals: [total('Matches', 0)] })).toBe(OVER_COLOUR);
});
