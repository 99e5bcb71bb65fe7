import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import { FEEDS } from '../core/event.ts';
import { SEVERITIES } from '../core/severity.ts';
import type { Datum } from './datum.ts';
import { type CompiledFilter, compileRouteFilter, ROUTE_TERMS } from './index.ts';
import { type AlertOrigin, canBe } from './selection.ts';

const SOURCES = ['akto-prod', 'identity'];
const ORIGINS: readonly AlertOrigin[] = [
  ...SOURCES.flatMap((source) => FEEDS.map((feed) => ({ source, feed }))),
  { source: 'tocsin', feed: 'operations' },
];
const universe = { terms: ROUTE_TERMS, origins: ORIGINS };

const WORDS = ['a', 'ab', 'b', 'B', '', 'HIGH'];
const VALUES: Readonly<Record<string, readonly Datum[]>> = {
  severity: SEVERITIES,
  successful_exploit: [true, false, undefined],
  change: ['first_seen', 'changed', undefined],
  rule: ['a', 'ab', 'b'],
  category: ['a', 'b', undefined],
  host: [...WORDS, undefined],
  url: ['/a', '/ab', '/b', undefined],
  status_code: [200, 404, 500, undefined],
};

const text = (operands: fc.Arbitrary<unknown>) =>
  fc.oneof(
    fc.tuple(fc.constantFrom('eq', 'neq', 'regex'), operands),
    fc.tuple(
      fc.constantFrom('contains_either', 'contains_all', 'not_contains', 'not_contains_either'),
      fc.array(operands, { maxLength: 3 }),
    ),
  );

const conditionOf = (term: string): fc.Arbitrary<object> => {
  const operator = ((): fc.Arbitrary<[string, unknown]> => {
    if (term === 'severity')
      return fc.oneof(
        fc.tuple(fc.constantFrom('gt', 'gte', 'lt', 'lte'), fc.constantFrom(...SEVERITIES)),
        text(fc.constantFrom(...SEVERITIES, 'high', 'H', 'HIHG')),
      );
    if (term === 'successful_exploit')
      return fc.tuple(fc.constantFrom('eq', 'neq'), fc.constantFrom(true, false, 'true', 'yes', 1));
    if (term === 'status_code')
      return fc.tuple(
        fc.constantFrom('eq', 'neq', 'gt', 'gte', 'lt', 'lte'),
        fc.constantFrom(200, 404, 499, 500, '404'),
      );
    if (term === 'source') return text(fc.constantFrom(...SOURCES, 'tocsin', 'id', 'AKTO-PROD', 'nobody'));
    if (term === 'feed') return text(fc.constantFrom(...FEEDS, 'threat', 'operations', 'nothing'));
    if (term === 'change') return text(fc.constantFrom('first_seen', 'changed', 'new'));
    if (term === 'url') return text(fc.constantFrom('/a', '/ab', '/b', '/'));
    return text(fc.constantFrom(...WORDS));
  })();
  return operator.map(([word, operand]) => ({ [term]: { [word]: operand } }));
};

const condition = fc.constantFrom(...Object.keys(VALUES), 'source', 'feed').chain(conditionOf);
const { filter } = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    condition,
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    fc.tuple(condition, condition).map(([one, other]) => ({ and: [one, other] })),
  ),
}));

const alert = fc
  .constantFrom(...ORIGINS)
  .chain(({ source = '', feed }) =>
    fc
      .record(
        Object.fromEntries(
          Object.entries(VALUES).map(([term, values]) => [term, fc.constantFrom(...values)]),
        ),
      )
      .map(
        (values) => new Map<string, Datum>([...Object.entries(values), ['source', source], ['feed', feed]]),
      ),
  );

function compiled(value: object): CompiledFilter {
  const { filter: read, problems } = compileRouteFilter(value);
  if (read === undefined) throw new Error(JSON.stringify(problems));
  return read;
}

const judge = ({ matches }: CompiledFilter, terms: ReadonlyMap<string, Datum>): boolean =>
  matches({ get: (term) => terms.get(term) });

const alerts = fc.array(alert, { minLength: 60, maxLength: 60 });

describe('what is said of filters before any alert', () => {
  it('no alert passes one that can never hold', () => {
    let never = 0;
    fc.assert(
      fc.property(filter, alerts, (value, subjects) => {
        const read = compiled(value);
        if (canBe(read.tree, [], universe)) return;
        never += 1;
        for (const subject of subjects) expect(judge(read, subject)).toBe(false);
      }),
      { numRuns: runs(1_500) },
    );
    expect(never).toBeGreaterThan(20);
  });

  it('no alert reaches one that others leave nothing', () => {
    let left = 0;
    fc.assert(
      fc.property(
        filter,
        fc.array(filter, { minLength: 1, maxLength: 3 }),
        alerts,
        (value, before, subjects) => {
          const [read, others] = [compiled(value), before.map(compiled)];
          const trees = others.map(({ tree }) => tree);
          if (canBe(read.tree, trees, universe, (holds) => !holds.includes(true))) return;
          left += 1;
          for (const subject of subjects)
            expect(judge(read, subject) && !others.some((other) => judge(other, subject))).toBe(false);
        },
      ),
      { numRuns: runs(1_500) },
    );
    expect(left).toBeGreaterThan(20);
  });

  it('an alert that passes is known to be possible, so "never" is never wrong of it', () => {
    fc.assert(
      fc.property(filter, alerts, (value, subjects) => {
        const read = compiled(value);
        if (subjects.some((subject) => judge(read, subject)))
          expect(canBe(read.tree, [], universe)).toBe(true);
      }),
      { numRuns: runs(500) },
    );
  });
});
