import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../../../test/contract/deliveries.ts';
import type { Digest, DigestTable } from '../../core/digest.ts';
import { SEVERITIES } from '../../core/severity.ts';
import { slackFault } from '../../demo/receivers/slack-limits.ts';
import { encodeSlack, encodeSlackPlainly } from './encode.ts';
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
    '🌊 *Summed up: more alerts than messages*',
    '2,100 matches that would have been 3 messages · 🟠 *HIGH* 2,100',
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
    '🌊 *Summed up: more alerts than messages*',
    '9 matches · CRITICAL SQL injection · 203.0.113.9; CRITICAL XSS · 203.0.113.7',
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
    '🌊 *Summed up: more alerts than messages*',
    '1 match',
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

describe('CRITICAL alerts of a summary', () => {
  const message = (digest: Digest) => encodeSlack({ kind: 'digest', id: digest.id, digest });
  const hostile = HOSTILE.map(([, text]) => text);
  const forty = (who: (i: number) => string): DigestTable[] =>
    [0, 1, 2, 3].map((page) => {
      const names = Array.from({ length: 10 }, (_, i) => nameOf(who(10 * page + i)));
      return tableOf(`Critical alerts (${page + 1} of 4)`, names, 1_234_567);
    });
  /** As the summary names them. */
  const nameOf = (who: string): string => `CRITICAL A rule with a rather long name · ${who}`.slice(0, 200);
  const more: DigestTable[] = [
    tableOf(
      'Alerts',
      Array.from({ length: 10 }, (_, i) => `HIGH ${'Rule '.repeat(30)}${i}`),
    ),
    tableOf(
      'Over',
      Array.from({ length: 10 }, (_, i) => `HIGH ${'Rule '.repeat(30)}${i}`),
    ),
    ...['Top rules', 'Top actors', 'Top APIs'].map((title) => tableOf(title, hostile.slice(0, 5))),
  ];
  const totals = SEVERITIES.map((name) => total(name, 1_234_567));

  it.each<[string, (i: number) => string]>([
    ['with an address', (i) => `2001:db8:85a3:0:0:8a2e:370:${i}`],
    ['whose names are as long as they may be', (i) => `${i}${'x'.repeat(300)}`],
    ...HOSTILE.map(([why, text]): [string, (i: number) => string] => [
      `with an actor that ${why}`,
      (i) => `${i}${text}`,
    ]),
  ])('%s are all named, and the message is taken', (_, who) => {
    const digest = of({
      severity: 'CRITICAL',
      totals: [total('Matches', 9_999_999), total('Notifications', 1_204), ...totals],
      tables: [...forty(who), ...more],
      notes: ['These alerts had no message of their own.', 'x'.repeat(300)],
    });
    const encoded = message(digest);
    const payload = JSON.parse(JSON.stringify(encoded));
    expect(slackFault(payload)).toBeUndefined();
    const shown = JSON.stringify(payload);
    expect(shown.match(/CRITICAL A rule with a rather long name · \d+/g)?.length).toBeGreaterThanOrEqual(40);
    expect(shown).not.toMatch(/Critical alerts[^"]*more with/);
  });

  it('are legible to ninety characters and more', () => {
    const name = nameOf('api.example.com/a/path/that/is/long/enough/to/be/cut/elsewhere/0123456789');
    expect(name.length).toBeGreaterThan(90);
    expect(JSON.stringify(message(of({ tables: [tableOf('Critical alerts', [name])] })))).toContain(name);
  });

  it('are named in plain words too, as far as there is room, and counted beyond', () => {
    const digest = of({ severity: 'CRITICAL', tables: forty((i) => `${i} ${'y'.repeat(90)}`) });
    const { text } = encodeSlackPlainly({ kind: 'digest', id: digest.id, digest });
    const named = text.match(/^• CRITICAL/gm)?.length ?? 0;
    expect(text.length).toBeLessThan(4_000);
    expect(text).toContain(`… and ${40 - named} more`);
  });

  it('stand in as many sections as they need, should a table ever have more rows', () => {
    const names = Array.from({ length: 25 }, (_, i) => nameOf(`${i}-${'z'.repeat(200)}`));
    const payload = JSON.parse(JSON.stringify(message(of({ tables: [tableOf('Critical alerts', names)] }))));
    expect(slackFault(payload)).toBeUndefined();
    expect(JSON.stringify(payload.attachments[0].blocks).match(/CRITICAL A rule/g)).toHaveLength(25);
  });

  it('never make a message that Slack refuses, whatever stands in its tables', () => {
    const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 250 }));
    const name = fc.oneof(
      text,
      text.map((each) => `CRITICAL ${each}`),
      text.map((each) => `HIGH ${each}`),
    );
    const table = fc.record({
      title: text,
      rows: fc.array(fc.record({ name, count: fc.nat() }), { maxLength: 40 }),
      omittedRows: fc.nat(),
      omittedCount: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(table, { maxLength: 9 }), fc.array(text, { maxLength: 9 }), (tables, notes) => {
        const digest = of({ severity: 'CRITICAL', tables, notes, totals: [...totals, ...totals] });
        expect(slackFault(JSON.parse(JSON.stringify(message(digest))))).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});
