import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../core/json.ts';
import { parseRows } from './parse.ts';

const NOW_S = 1_780_000_000;
const parse = (...rows: Json[]) => parseRows(rows, 'akto/prod', NOW_S);

describe('parseRows', () => {
  it('keeps the row as it came, unknown keys and all', () => {
    const row = {
      id: 'e6cb/1',
      timestamp: 1_753_648_085,
      payload: '',
      severity: 'null',
      somethingNew: { a: [1] },
    };
    expect(parse(row)).toEqual({
      events: [
        {
          id: 'akto%2Fprod/malicious_events/e6cb%2F1',
          source: 'akto/prod',
          feed: 'malicious_events',
          feedId: 'e6cb/1',
          timeMs: 1_753_648_085_000,
          raw: row,
        },
      ],
      seconds: [1_753_648_085],
      places: [1_753_648_085],
      rejected: [],
      unusable: [],
    });
  });

  it('knows about where the server has each row, unusable and repeated ones too', () => {
    const at = 1_753_648_085;
    const rows = [
      { id: 'a', timestamp: at },
      { timestamp: at + 1 },
      { id: 'b', timestamp: at + 2.5 },
      { id: 'c', timestamp: 'soon' },
      { id: 'a', timestamp: at + 3 },
    ];
    expect(parse(...rows).places).toEqual([at, at + 1, at + 2, at + 2, at + 3]);
  });

  it('leaves out a row that is nested too deeply to be written down, and no other with it', () => {
    const nested = (levels: number): Json => {
      let value: Json = 'x';
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
      return value;
    };
    const row = (id: string, levels: number) => ({ id, timestamp: NOW_S, more: nested(levels) });
    const { events, seconds, rejected } = parse(row('deep', 50_000), row('edge', 100), row('over', 101));
    expect(events.map(({ feedId }) => feedId)).toEqual(['edge']);
    expect(seconds).toHaveLength(3);
    expect(rejected).toEqual([
      'source "akto/prod": the event "deep" is nested more than 100 levels deep, and was left out',
      'source "akto/prod": the event "over" is nested more than 100 levels deep, and was left out',
    ]);
  });

  it('takes an id that stands twice in one answer once', () => {
    const { events, seconds } = parse({ id: 'a', timestamp: NOW_S }, { id: 'a', timestamp: NOW_S });
    expect([events.length, seconds.length]).toEqual([1, 1]);
  });

  it.each<{ why: string; timestamp: Json | undefined }>([
    { why: 'milliseconds', timestamp: NOW_S * 1_000 },
    { why: 'fractions', timestamp: NOW_S + 0.5 },
    { why: 'before anything was watched', timestamp: 1_400_000_000 },
    { why: 'zero', timestamp: 0 },
    { why: 'negative', timestamp: -1 },
    { why: 'the day after tomorrow', timestamp: NOW_S + 2 * 86_400 },
    { why: 'beyond 32 bits', timestamp: 2 ** 31 },
    { why: 'the text "null"', timestamp: 'null' },
    { why: 'a date', timestamp: '2026-01-01T00:00:00Z' },
    { why: 'missing', timestamp: undefined },
    { why: 'an object', timestamp: { $numberLong: '1780000000' } },
  ])('rejects a timestamp that is $why, and only that row', ({ timestamp }) => {
    const bad = timestamp === undefined ? { id: 'bad' } : { id: 'bad', timestamp };
    const { events, seconds, rejected } = parse({ id: 'a', timestamp: NOW_S }, bad, {
      id: 'z',
      timestamp: NOW_S,
    });
    expect(events.map(({ feedId }) => feedId)).toEqual(['a', 'z']);
    expect(seconds).toEqual([NOW_S, NOW_S]);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatch(
      /^source "akto\/prod": the event "bad" has the timestamp .*whole epoch seconds/,
    );
  });

  it('tells rejected rows apart of which the same is said', () => {
    const [a, b] = [
      { timestamp: NOW_S, url: '/a' },
      { timestamp: NOW_S, url: '/b' },
    ];
    const { rejected, unusable } = parse(a, b, { ...a });
    expect(new Set(rejected).size).toBe(1);
    expect(new Set(unusable).size).toBe(2);
    expect(unusable[2]).toBe(unusable[0]);
  });

  it('takes whole seconds that are written as a text', () => {
    expect(parse({ id: 'a', timestamp: String(NOW_S) }).events[0]?.timeMs).toBe(NOW_S * 1_000);
  });

  it.each<{ why: string; row: Json }>([
    { why: 'no id', row: { timestamp: NOW_S } },
    { why: 'an empty id', row: { id: '', timestamp: NOW_S } },
    { why: 'the text "null" for an id', row: { id: 'null', timestamp: NOW_S } },
    { why: 'a number for an id', row: { id: 7, timestamp: NOW_S } },
    { why: 'an endless id', row: { id: 'x'.repeat(1_000), timestamp: NOW_S } },
    { why: 'null for a row', row: null },
    { why: 'a list for a row', row: [] },
  ])('rejects $why', ({ row }) => {
    const { events, rejected } = parse(row, { id: 'z', timestamp: NOW_S });
    expect([events.length, rejected.length]).toEqual([1, 1]);
    expect(rejected[0]).toMatch(/no usable id and was left out$/);
  });

  it('never throws, loses no row without a sentence, and writes each on one short line', () => {
    const row = fc.oneof(fc.jsonValue(), fc.record({ id: fc.jsonValue(), timestamp: fc.jsonValue() }));
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const read = parseRows(JSON.parse(JSON.stringify(rows)), 'a', NOW_S);
        expect(read.events.length + read.rejected.length).toBeLessThanOrEqual(rows.length);
        for (const line of read.rejected) {
          expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(line.length).toBeLessThan(1_000);
        }
      }),
    );
  });
});
