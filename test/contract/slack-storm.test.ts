import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest, DigestTable } from '../../src/core/digest.ts';
import { SEVERITIES } from '../../src/core/severity.ts';
import { slackFault } from '../../src/demo/receivers/slack-limits.ts';
import { encodeSlack, encodeSlackPlainly } from '../../src/destinations/slack/encode.ts';
import { runs } from '../seed.ts';
import { HOSTILE } from './deliveries.ts';

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
      { numRuns: runs(60) },
    );
  });
});
