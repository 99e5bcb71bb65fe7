import type { Datum } from './datum.ts';
import type { Fields } from './fields.ts';
import type { Condition } from './filter-tree.ts';
import type { Operator } from './operators.ts';
import { FALSE, type MatchedKeys, type Outcome, plainOutcome, TRUE } from './outcome.ts';
import type { Run } from './run.ts';
import { fold } from './text.ts';

type Shape = Pick<Condition, 'term' | 'aspect' | 'collection' | 'operator'>;

/** Decides one condition. Throws where its pattern or the event's budget overruns. */
export function decide(shape: Shape, operator: Operator, run: Run, linked: MatchedKeys): Outcome {
  if (shape.aspect === 'key' || shape.aspect === 'value') return decideFields(shape, operator, run, linked);
  const datum = run.datum(shape.term, shape.aspect);
  const folded = operator.folds && shape.aspect === 'whole' ? run.folded(shape.term) : '';
  return plainOutcome(operator.test(datum, folded, run.source.nowSeconds));
}

function decideFields(shape: Shape, operator: Operator, run: Run, linked: MatchedKeys): Outcome {
  const fields = run.source.fields?.(shape.term);
  if (fields === undefined) return plainOutcome(false);
  // The original parses a payload for regex under for_one only.
  const isRegex = shape.operator === 'regex' || shape.operator === 'regex_extract';
  if (isRegex && fields.kind === 'payload' && shape.collection !== 'for_one') return plainOutcome(false);
  return shape.aspect === 'key'
    ? decideKeys(shape, operator, run, fields)
    : decideValues(shape, operator, run, fields, linked);
}

function decideKeys(shape: Shape, operator: Operator, run: Run, fields: Fields): Outcome {
  let matched: Set<string> | undefined;
  let hits = 0;
  let byCookie = 0;
  const now = run.source.nowSeconds;
  run.spendTests(fields.keys.length);
  for (let index = 0; index < fields.keys.length; index += 1) {
    const key = fields.keys[index] ?? '';
    if (matched?.has(key) || operator.test(key, operator.folds ? fields.foldedKey(index) : '', now)) {
      matched ??= new Set();
      matched.add(key);
      hits += 1;
    } else if (anyCookie(operator, fields.cookies.get(index)?.names, run)) byCookie += 1;
  }
  const all = fields.keys.length > 0 && hits + byCookie === fields.keys.length;
  const holds = shape.collection === 'for_all' ? all : hits + byCookie > 0;
  return matched ? { verdict: holds ? TRUE : FALSE, keys: matched } : plainOutcome(holds);
}

function decideValues(
  shape: Shape,
  operator: Operator,
  run: Run,
  fields: Fields,
  linked: MatchedKeys,
): Outcome {
  let matched: Set<string> | undefined;
  let seen = 0;
  let hits = 0;
  let firstHolds = false;
  run.spendTests(fields.keys.length);
  for (let index = 0; index < fields.keys.length; index += 1) {
    const key = fields.keys[index] ?? '';
    if (linked !== undefined && !linked.has(key)) continue;
    const value = expiryless(shape, key) ? '' : fields.values[index];
    if (value === undefined) continue;
    seen += 1;
    if (!valueHolds(operator, fields, index, value, run)) continue;
    if (seen === 1) firstHolds = true;
    hits += 1;
    matched ??= new Set();
    matched.add(key);
  }
  const holds = shape.collection === 'for_all' ? allHold(fields, seen, hits, firstHolds) : hits > 0;
  return matched ? { verdict: holds ? TRUE : FALSE, keys: matched } : plainOutcome(holds);
}

/** What a client sends in `cookie` never expires, whatever it says: only `set-cookie` does. */
function expiryless({ operator }: Shape, key: string): boolean {
  return operator === 'cookie_expire_filter' && key === 'cookie';
}

/**
 * As in the original: of a query the first value decides, and where keys were asked for and none
 * matched, nothing is left that could fail (but a payload needs a value that holds).
 */
function allHold(fields: Fields, seen: number, hits: number, firstHolds: boolean): boolean {
  if (seen === 0) return fields.kind !== 'payload' && fields.keys.length > 0;
  return fields.kind === 'query' ? firstHolds : hits === seen;
}

function valueHolds(operator: Operator, fields: Fields, index: number, value: Datum, run: Run): boolean {
  const folded = operator.folds ? fields.foldedValue(index) : '';
  if (operator.test(value, folded, run.source.nowSeconds)) return true;
  return anyCookie(operator, fields.cookies.get(index)?.values, run);
}

function anyCookie(operator: Operator, texts: readonly string[] | undefined, run: Run): boolean {
  if (texts === undefined) return false;
  run.spendTests(texts.length);
  return texts.some((text) => operator.test(text, operator.folds ? fold(text) : '', run.source.nowSeconds));
}
