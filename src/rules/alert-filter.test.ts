import { describe, expect, it } from 'vitest';
import { compileAlertFilter } from './alert-filter.ts';
import { OPERATORS } from './vocabulary.ts';

/** They bind names. */
const NOT_FOR_ALERTS: ReadonlySet<string> = new Set(['regex_extract']);

const messageOf = (filter: unknown): string | undefined => compileAlertFilter(filter).problems[0]?.message;

describe('a filter over alerts', () => {
  it('takes what alerts keep', () => {
    const { filter, problems } = compileAlertFilter({ rule: { eq: 'SQL' }, severity: { gte: 'HIGH' } });
    expect(problems).toEqual([]);
    const terms = new Map([
      ['rule', 'SQL'],
      ['severity', 'CRITICAL'],
    ]);
    expect(filter?.matches({ get: (term) => terms.get(term) })).toBe(true);
  });

  it.each<[why: string, term: string, sentence: string]>([
    [
      'a payload',
      'request_payload',
      'events can be asked for it, but alerts have no payload; ask for one of rule,',
    ],
    ['headers', 'response_headers', 'alerts have no payload'],
    ['a term of events', 'user_agent', 'events can be asked for it, but alerts do not keep it'],
    ['a slip', 'severty', '; did you mean "severity"?'],
  ])('refuses %s, and says what there is', (_why, term, sentence) => {
    expect(messageOf({ [term]: { contains_either: 'x' } })).toContain(sentence);
    expect(messageOf({ or: [{ rule: { eq: 'x' } }, { [term]: { contains_either: 'x' } }] })).toContain(
      sentence,
    );
  });

  /** An alert with several actors has none that a filter could hold for: nothing may hold of it as if it had no actor. */
  it.each(
    OPERATORS.filter((operator) => !NOT_FOR_ALERTS.has(operator)).flatMap((operator) =>
      ['', 'x', '203.0.113.0/24', true, 0].map((operand) => [operator, operand] as const),
    ),
  )('holds of no absent value: %s %j', (operator, operand) => {
    for (const term of ['actor', 'host', 'status_code', 'successful_exploit']) {
      const { filter } = compileAlertFilter({ [term]: { [operator]: operand } });
      expect(filter?.matches({ get: () => undefined }) ?? false, term).toBe(false);
    }
  });
});
