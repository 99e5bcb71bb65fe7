import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/seed.ts';
import type { JsonObject } from '../core/json.ts';
import { compileRule, compileRules } from './index.ts';

/*
 * A direct interpreter of the template language, written from its description and without any of the machinery
 * under test, for the part that needs no parsing of texts: plain conditions, keys and values of flat bodies.
 */
type Tree = { readonly [word: string]: Operands | Tree | readonly Tree[] };
type Operands = readonly (string | number)[];
type Body = Readonly<Record<string, string | number>>;
interface Seen {
  readonly url: string;
  readonly code: number;
  readonly body: Body;
}
type Keys = ReadonlySet<string> | undefined;

const folded = (text: string): string => text.trim().toLowerCase();

function holds(data: string | number, operator: string, operands: Operands): boolean {
  const [first] = operands;
  const isText = typeof data === 'string';
  const has = (operand: string | number): boolean => isText && folded(data).includes(folded(String(operand)));
  if (operator === 'contains_either') return operands.some(has);
  if (operator === 'contains_all') return !isText || operands.every(has);
  if (operator === 'not_contains') return !operands.some(has);
  if (operator === 'not_contains_either') return isText && operands.some((operand) => !has(operand));
  if (operator === 'gt') return Number(data) > Number(first);
  if (isText) {
    if (typeof first !== 'string') return false;
    return operator === 'eq' ? folded(data) === folded(first) : data.toLowerCase() !== first.toLowerCase();
  }
  const wanted = typeof first === 'string' && !/^[+-]?\d+$/.test(first) ? Number.NaN : Number(first);
  return !Number.isNaN(wanted) && (operator === 'eq') === (data === wanted);
}

function both(before: Keys, matched: Keys, isOr: boolean): Keys {
  if (before === undefined) return matched;
  const others = matched ?? new Set<string>();
  return new Set([...before, ...others].filter((key) => isOr || (before.has(key) && others.has(key))));
}

interface Place {
  readonly term?: string;
  readonly collection?: string;
  readonly aspect?: string;
}

function evaluate(tree: Tree, seen: Seen, place: Place, isOr: boolean, linked: Keys): [boolean, Keys] {
  let verdict = !isOr;
  let keys = linked;
  for (const [word, under] of Object.entries(tree)) {
    const [result, matched] = step(word, under, seen, place, keys);
    verdict = isOr ? verdict || result : verdict && result;
    keys = both(keys, matched, isOr);
  }
  return Object.keys(tree).length === 0 ? [false, new Set()] : [verdict, keys];
}

function step(word: string, under: Tree[string], seen: Seen, place: Place, keys: Keys): [boolean, Keys] {
  if (word === 'and' || word === 'or')
    return overList(under as readonly Tree[], seen, place, word === 'or', keys);
  if (word === 'url' || word === 'response_code' || word === 'request_payload')
    return evaluate(under as Tree, seen, { term: word }, false, undefined);
  if (word === 'for_one' || word === 'for_all')
    return evaluate(under as Tree, seen, { ...place, collection: word }, false, undefined);
  if (word === 'key' || word === 'value')
    return evaluate(under as Tree, seen, { ...place, aspect: word }, false, keys);
  return condition(word, under as Operands, seen, place, keys);
}

function overList(
  list: readonly Tree[],
  seen: Seen,
  place: Place,
  isOr: boolean,
  linked: Keys,
): [boolean, Keys] {
  let verdict = !isOr;
  let keys = linked;
  for (const item of list) {
    const [only, ...more] = Object.entries(item);
    const [result, matched] =
      only !== undefined && more.length === 0
        ? step(only[0], only[1], seen, place, keys)
        : evaluate(item, seen, place, false, keys);
    verdict = isOr ? verdict || result : verdict && result;
    keys = both(keys, matched, isOr);
  }
  return [verdict, keys];
}

function condition(
  operator: string,
  operands: Operands,
  seen: Seen,
  place: Place,
  keys: Keys,
): [boolean, Keys] {
  const { term, aspect, collection } = place;
  if (aspect === undefined) {
    const data = term === 'url' ? seen.url : term === 'response_code' ? seen.code : JSON.stringify(seen.body);
    return [holds(data, operator, operands), new Set()];
  }
  const candidates = Object.entries(seen.body).filter(
    ([key]) => aspect === 'key' || keys === undefined || keys.has(key),
  );
  const hits = candidates.filter(([key, value]) => holds(aspect === 'key' ? key : value, operator, operands));
  const all = candidates.length > 0 && hits.length === candidates.length;
  return [collection === 'for_all' ? all : hits.length > 0, new Set(hits.map(([key]) => key))];
}

const word = fc.constantFrom('a', 'b', 'ab', 'A', ' b ', 'abc', '');
const operandList = fc.oneof(
  fc.array(word, { maxLength: 3 }),
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 2 }),
);
const operator = fc.constantFrom(
  'contains_either',
  'contains_all',
  'not_contains',
  'not_contains_either',
  'eq',
  'neq',
);
const conditions: fc.Arbitrary<Tree> = fc.oneof(
  fc.dictionary(
    operator,
    operandList.filter((list) => list.length > 0),
    { minKeys: 1, maxKeys: 2 },
  ),
  fc.record({ gt: fc.tuple(fc.integer({ min: 0, max: 4 })) }),
);

function grouped(leaf: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> {
  const list = fc.array(leaf, { minLength: 1, maxLength: 3 });
  return fc.oneof(leaf, fc.record({ and: list }), fc.record({ or: list }));
}
const selectors: fc.Arbitrary<Tree> = grouped(
  fc.oneof(
    fc.record({ key: grouped(conditions) }),
    fc.record({ value: grouped(conditions) }),
    fc.record({ key: grouped(conditions), value: grouped(conditions) }),
    fc.record({ value: grouped(conditions), key: grouped(conditions) }),
  ),
);
const body: fc.Arbitrary<Tree> = fc.oneof(
  grouped(conditions),
  selectors,
  fc.record({ for_one: selectors }),
  fc.record({ for_all: selectors }),
  fc.record({ contains_either: fc.array(word, { minLength: 1 }), key: conditions, value: conditions }),
  fc.record({ for_one: selectors, for_all: selectors }),
);
const terms: fc.Arbitrary<Tree> = fc.oneof(
  fc.record({ url: grouped(conditions) }),
  fc.record({ response_code: grouped(conditions) }),
  fc.record({ request_payload: body }),
  fc.record({ url: conditions, request_payload: body }),
);
const filters = grouped(grouped(terms));
const seen: fc.Arbitrary<Seen> = fc.record({
  url: fc.constantFrom('/a', '/ab', '/ABC', '/'),
  code: fc.integer({ min: 0, max: 4 }),
  body: fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'x'), fc.oneof(word, fc.integer({ min: 0, max: 4 })), {
    maxKeys: 3,
  }),
});

const templateOf = (filter: Tree, id = 'P'): string => JSON.stringify({ id, filter });
const exchangeOf = ({ url, code, body: payload }: Seen): JsonObject => ({
  path: url,
  statusCode: code,
  requestPayload: JSON.stringify(payload),
});

describe('random filters', () => {
  it('mean the same compiled and interpreted', () => {
    fc.assert(
      fc.property(filters, seen, (filter, event) => {
        const [expected] = evaluate(filter, event, {}, false, undefined);
        expect(compileRule(templateOf(filter)).matches(exchangeOf(event))).toBe(expected);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('mean the same compiled together and alone', () => {
    fc.assert(
      fc.property(
        fc.array(filters, { minLength: 2, maxLength: 8 }),
        fc.array(seen, { minLength: 2, maxLength: 3 }),
        (list, events) => {
          const texts = list.map((filter, index) => templateOf(filter, `P${index}`));
          const together = compileRules(texts);
          for (const event of events) {
            const alone = texts
              .map((text) => compileRule(text))
              .filter((rule) => rule.matches(exchangeOf(event)));
            expect(together.match(exchangeOf(event))).toEqual(alone.map(({ id }) => ({ rule: id })));
          }
        },
      ),
      { numRuns: runs(200) },
    );
  });
});
