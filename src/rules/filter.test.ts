import { describe, expect, it } from 'vitest';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { Datum } from './datum.ts';
import { ALERT_TERMS, compileFilter, type TermSource } from './index.ts';

function alert(values: Record<string, Datum>): TermSource {
  const terms = new Map(Object.entries(values));
  return { get: (term) => terms.get(term) };
}

describe('a filter outside rules', () => {
  it('selects alerts in the rule language', () => {
    const { filter, problems } = compileFilter(
      { severity: { gte: 'HIGH' }, rule: { not_contains: ['noisy'] } },
      { terms: ALERT_TERMS },
    );
    expect(problems).toEqual([]);
    expect(filter?.matches(alert({ severity: 'CRITICAL', rule: 'SQL' }))).toBe(true);
    expect(filter?.matches(alert({ severity: 'MEDIUM', rule: 'SQL' }))).toBe(false);
    expect(filter?.matches(alert({ severity: 'CRITICAL', rule: 'Noisy one' }))).toBe(false);
    expect(filter?.matches(alert({}))).toBe(false);
  });

  it('places problems in the file that it came from', () => {
    const lines = new LineCounter();
    const document = parseDocument('routes:\n  - when:\n      severty: {gte: HIGH}\n', {
      lineCounter: lines,
    });
    const node = document.getIn(['routes', 0, 'when'], true);
    expect(isMap(node)).toBe(true);
    const { filter, problems } = compileFilter(node, {
      terms: ALERT_TERMS,
      owner: 'when',
      file: 'c.yaml',
      yaml: { document, lines },
    });
    expect(filter).toBeUndefined();
    expect(problems).toMatchObject([{ code: 'unknown-word', file: 'c.yaml', line: 3, column: 7 }]);
    expect(problems[0]?.message).toContain('did you mean "severity"?');
  });

  it('refuses words that alerts have not', () => {
    const { problems } = compileFilter({ request_payload: { eq: 'x' } }, { terms: ALERT_TERMS });
    expect(problems.map(({ code }) => code)).toEqual(['unknown-word']);
  });
});
