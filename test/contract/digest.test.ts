import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest, DigestRow } from '../../src/core/digest.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { slackFault } from '../../src/demo/receivers/slack-limits.ts';
import { slackLines } from '../../src/demo/slack-view.ts';
import { encodeSlack, encodeSlackPlainly } from '../../src/destinations/slack/encode.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { encodeHec } from '../../src/destinations/splunk_hec/encode.ts';
import { tocsinBody } from '../../src/destinations/tocsin-body.ts';
import { runs } from '../seed.ts';
import { HOSTILE } from './deliveries.ts';
import { digestDelivery } from './digests.ts';

const slack = (over: Partial<Digest> = {}): JsonObject =>
  JSON.parse(JSON.stringify(encodeSlack(digestDelivery(over))));
const hec = (schema: 'raw' | 'cim') =>
  encodeHec(
    digestDelivery(),
    splunkHecConfig.parse({ name: 's', type: 'splunk_hec', url: 'https://s.example', token: 't', schema }),
  );

describe('a digest in Slack', () => {
  it('is read on a phone: totals, chart and tables in narrow lines', () => {
    expect(slack()).toMatchSnapshot();
    expect(slackFault(slack())).toBeUndefined();
  });

  it('shows the days of a week as bars below each other', () => {
    const bars = ['Mon 16', 'Tue 17', 'Wed 18', 'Thu 19', 'Fri 20', 'Sat 21', 'Sun 22'].map((label, i) => {
      return { label, count: i === 3 ? 0 : i * 1_000 + 1 };
    });
    const lines = slackLines(
      slack({ totals: [], tables: [], notes: [], chart: { title: 'Events by day', bars } }),
    );
    expect(lines.map(({ text }) => text).slice(3)).toEqual([
      'Mon 16 █ 1',
      'Tue 17 ███ 1,001',
      'Wed 18 █████ 2,001',
      'Thu 19 0',
      'Fri 20 ███████████ 4,001',
      'Sat 21 █████████████ 5,001',
      'Sun 22 ████████████████ 6,001',
    ]);
  });

  it.each<[why: string, row: DigestRow, told: string]>([
    ['more', { name: 'Events', count: 112, before: 100 }, '▲12%'],
    ['less', { name: 'Events', count: 75, before: 100 }, '▼25%'],
    ['none any more', { name: 'Events', count: 0, before: 100 }, '▼100%'],
    ['hardly less', { name: 'Events', count: 9_999, before: 10_000 }, '≈'],
    ['many times as many', { name: 'Events', count: 1_400, before: 100 }, '▲×14'],
    ['the first ones', { name: 'Events', count: 3, before: 0 }, 'new'],
    ['as many', { name: 'Events', count: 3, before: 3 }, '='],
  ])('tells the change against the period before: %s', (_why, row, told) => {
    expect(slack({ totals: [row] })['text']).toBe(
      `Daily digest — ${row.count.toLocaleString('en-US')} events (${told})`,
    );
  });

  it('tells no change where the period before is not known', () => {
    expect(slack({ totals: [{ name: 'Events', count: 3 }] })['text']).toBe('Daily digest — 3 events');
  });

  it('says how much did not fit', () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({
      name: `/${'p'.repeat(300)}/${i}`,
      count: 1_000 - i,
    }));
    const tables = Array.from({ length: 40 }, (_, i) => {
      return { title: `Table ${i}`, rows, omittedRows: 5, omittedCount: 7 };
    });
    const notes = Array.from({ length: 60 }, (_, i) => `${i} ${'n'.repeat(380)}`);
    const message = slack({ tables, notes });
    expect(slackFault(message)).toBeUndefined();
    const text = JSON.stringify(message);
    expect(text).toContain('more tables do not fit into this message.');
    expect(text).toMatch(/… 15 more with 9,\d\d\d/);
    expect(text).toMatch(/… 5\d more/);
  });

  it('lets no name out of its place, whatever attackers call themselves', () => {
    const texts = fc.oneof(
      fc.constantFrom(...HOSTILE.map(([, text]) => text)),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    fc.assert(
      fc.property(texts, fc.nat({ max: 25 }), (text, many) => {
        const rows = Array.from({ length: many + 1 }, (_, i) => ({ name: text, count: i, before: 1 }));
        const message = slack({
          tables: [{ title: text, rows, omittedRows: 0, omittedCount: 0 }],
          totals: [{ name: text, count: 1 }],
          chart: { title: text, bars: rows.map(({ count }) => ({ label: text, count })) },
          notes: rows.map(({ name }) => name),
        });
        expect(slackFault(message)).toBeUndefined();
        const shown = [...textsIn(message['blocks']), String(message['text'])].join('\n');
        expect(shown).not.toMatch(/[<>]/);
        expect(shown).not.toMatch(/&(?!amp;|lt;|gt;)/);
        expect(shown.isWellFormed()).toBe(true);
        for (const line of shown.split('\n'))
          expect(line === '```' || !line.includes('`') || line.startsWith('```')).toBe(true);
      }),
      { numRuns: runs(100) },
    );
  });

  it('is one plain line where Slack refuses it', () => {
    expect(encodeSlackPlainly(digestDelivery()).text).toBe(
      'Daily digest — 12,044 events (▲12%)\n(Slack refused the full message.)',
    );
  });

  it('of a backfill needs no comparison and no chart', () => {
    const message = slack({
      kind: 'backfill',
      title: 'Backfill of akto-prod malicious_events',
      timeZone: 'UTC',
      totals: [{ name: 'Events read', count: 100_000 }],
      chart: { title: 'New events by hour', bars: [] },
      tables: [],
      notes: [],
    });
    expect(slackFault(message)).toBeUndefined();
    expect(message['text']).toBe('Backfill of akto-prod malicious_events — 100,000 events read');
  });
});

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
}

describe('a digest elsewhere', () => {
  it('is a webhook of its own type', () => {
    expect(tocsinBody(digestDelivery())).toMatchSnapshot();
  });

  it.each(['raw', 'cim'] as const)('is one %s event in Splunk', (schema) => {
    expect(hec(schema)).toMatchSnapshot();
  });
});
