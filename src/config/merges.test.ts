import { describe, expect, it } from 'vitest';
import { at, good, load, MINIMAL } from '../../test/config/fake-adapters.ts';
import { passesOf } from '../../test/cpu-time.ts';
import { formatProblems } from './index.ts';

const SHARED = `x-feed: &feed { type: feed, api_key: "\${KEY}", page_size: 100, verify: false }
x-retry: &slow
  lookback: 1h
x-route: &route
  group_wait: 1s
  group_by: [rule]
`;

const merged = (source: string, shared = SHARED): string => `${shared}sources:
  - ${source}
destinations:
  - { name: d, type: bell, token: t }
`;

const settingsOf = (text: string): object => good(text).sources[0]?.settings ?? {};

describe('merge keys', () => {
  it.each<[why: string, source: string, settings: object]>([
    [
      'fill in what a mapping does not say',
      '{ <<: *feed, name: a, url: https://x.example }',
      { page_size: 100, verify: false },
    ],
    [
      'give way to what it says, wherever they stand',
      '{ page_size: 7, <<: *feed, name: a, url: https://x.example, verify: true }',
      { page_size: 7, verify: true },
    ],
    [
      'may be several, of which the first counts',
      '{ <<: [*feed, { page_size: 3, lookback: 5m }, *slow], name: a, url: https://x.example }',
      { page_size: 100, lookback: 300_000 },
    ],
    [
      'may be written out',
      '{ <<: { type: feed, api_key: k }, name: a, url: https://x.example }',
      { page_size: 500 },
    ],
  ])('%s', (_why, source, settings) => {
    expect(settingsOf(merged(source))).toMatchObject(settings);
  });

  it('merge what merges in turn', () => {
    const shared = `${SHARED}x-both: &both { <<: [*feed, *slow], page_size: 9 }\n`;
    expect(settingsOf(merged('{ <<: *both, name: a, url: https://x.example }', shared))).toMatchObject({
      ...{ page_size: 9, lookback: 3_600_000, verify: false },
    });
  });

  it('take a file in place of a merged secret', () => {
    const text = merged('{ <<: *feed, api_key_file: secrets/token, name: a, url: https://x.example }');
    expect(load(text).problems).toEqual([]);
  });

  it('work in routes, whose filters are left alone', () => {
    const text = `${SHARED}${MINIMAL}routes:\n  - { <<: *route, to: [d], when: { a: b } }\n  - { <<: *route, to: [d] }\n`;
    expect(good(text).routes).toMatchObject([{ groupBy: ['rule'] }, { timing: { groupWaitMs: 1_000 } }]);
  });

  it.each<[why: string, text: string, problems: string[]]>([
    [
      'where a merged value is wrong',
      merged('{ <<: *feed, name: a, url: https://x.example }', SHARED.replace('100', 'lots')),
      ['1:59 wrong-type'],
    ],
    [
      'once, though it is merged twice',
      merged(
        '{ <<: *feed, name: a, url: https://x.example }\n  - { <<: *feed, name: b, url: https://x.example }',
        SHARED.replace('100', 'lots'),
      ),
      ['1:59 wrong-type'],
    ],
    [
      'where a merged key is misspelt',
      merged('{ <<: *feed, name: a, url: https://x.example }', SHARED.replace('page_size', 'page_sise')),
      ['1:48 unknown-key'],
    ],
    ['at the mapping that lacks a key', merged('{ <<: *feed, name: a }'), ['8:5 missing-key']],
    [
      'of an unset variable in what is merged',
      merged('{ <<: *feed, name: a, url: https://x.example }', SHARED.replace('KEY', 'NOT_SET')),
      ['1:38 unset-variable'],
    ],
    [
      'of no such anchor',
      merged('{ <<: *nothing, type: feed, api_key: k, name: a, url: https://x.example }'),
      ['8:11 yaml-syntax'],
    ],
    [
      'of a text',
      merged('{ <<: feed, type: feed, api_key: k, name: a, url: https://x.example }'),
      ['8:11 wrong-type'],
    ],
    [
      'of a list of texts',
      merged('{ <<: [*feed, b], name: a, url: https://x.example }'),
      ['8:19 wrong-type'],
    ],
    [
      'of a mapping that merges itself',
      merged('&self { <<: [*feed, *self], name: a, url: https://x.example }'),
      ['8:25 bad-value'],
    ],
    [
      'of a quoted key, which is a key',
      merged('{ "<<": *feed, type: feed, api_key: k, name: a, url: https://x.example }'),
      ['8:7 unknown-key'],
    ],
    [
      'of both forms of a secret in one place',
      merged(
        '{ <<: *slow, type: feed, api_key: k, api_key_file: secrets/token, name: a, url: https://x.example }',
      ),
      ['8:42 given-twice'],
    ],
  ])('are told of %s', (_why, text, problems) => {
    expect(load(text).problems.map(at)).toEqual(problems);
  });

  it('are told without what a secret in them holds', () => {
    const text = merged('{ <<: *feed, name: a, url: "x" }', SHARED.replace('"${KEY}"', 'planted-literal'));
    const { problems } = load(text);
    expect(problems).toHaveLength(1);
    expect(formatProblems(problems, { colour: false, text })).not.toContain('planted');
  });

  it.each<[why: string, shared: string]>([
    [
      'by many at each step',
      Array.from(
        { length: 12 },
        (_, i) => `x-${i}: &a${i} { ${i === 0 ? 'k: 1' : `<<: [${`*a${i - 1},`.repeat(9)}]`} }\n`,
      ).join(''),
    ],
    [
      'by one that is wide',
      `x-w: &a11 { ${Array.from({ length: 3_000 }, (_, i) => `k${i}: 1`).join(', ')} }\n`,
    ],
  ])('are bounded: %s', (_why, shared) => {
    const entries = Array.from({ length: 10 }, () => '<<: *a11').map((merge) => `{ ${merge}, name: a }`);
    const text = merged(entries.join('\n  - '), shared);
    expect(load(text).problems.map(({ code }) => code)).toContain('too-large');
    expect(passesOf(() => load(text), 1_000)).toBeLessThan(1_000);
  });
});

describe("keys of the operator's own", () => {
  it('are not read, whatever they hold', () => {
    const text = `x-notes: [1, { token: "\${NOT_SET}" }]\n${MINIMAL}x-empty:\nx-: &unused text\n`;
    expect(load(text).problems).toEqual([]);
  });

  it.each<[why: string, text: string, problem: string]>([
    ['with an underscore', `x_notes: 1\n${MINIMAL}`, '1:1 unknown-key'],
    ['in capitals', `X-notes: 1\n${MINIMAL}`, '1:1 unknown-key'],
    ['below the top', `${MINIMAL}log: { x-note: 1 }\n`, '5:8 unknown-key'],
  ])('begin with x- and stand at the top, and not: %s', (_why, text, problem) => {
    expect(load(text).problems.map(at)).toEqual([problem]);
  });
});
