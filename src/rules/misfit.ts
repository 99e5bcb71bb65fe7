import type { Condition } from './filter-tree.ts';
import type { RuleProblemCode } from './problems.ts';
import { fold, parseInt32 } from './text.ts';
import { EXCHANGE_TERMS, METHODS, type OperatorName, type TermKind } from './vocabulary.ts';

/** What can be said of a part of a filter before any event: it never holds, it always holds, it depends. */
export type Prospect = 'never' | 'always' | 'open';

export interface Complaint {
  readonly code: RuleProblemCode;
  readonly message: string;
  readonly prospect: Prospect;
}

/** What a condition looks at: the kind of its term, narrowed by key, value or a measure. */
type DataKind = TermKind | 'leaf';

/** Why a condition does not fit what it looks at; undefined where it may well decide something. */
export function misfitOf(condition: Condition, kind: TermKind): Complaint | undefined {
  const seen = dataKind(condition, kind);
  if (typeof seen !== 'string') return seen;
  const empty = emptyOperands(condition) ?? emptyText(condition, seen);
  if (empty) return empty;
  const wrong = wrongOperator(condition, seen) ?? wrongOperand(condition, seen);
  // An empty body has no length: it is looked at as the text it is.
  return wrong && seen === 'number' && kind !== 'number' ? { ...wrong, prospect: 'open' } : wrong;
}

const PARTED: ReadonlySet<TermKind> = new Set(['headers', 'query', 'body']);
const MEASURED: Readonly<Record<string, ReadonlySet<TermKind>>> = {
  length: new Set(['body', 'query']),
  percentage_match: new Set(['body']),
  percentage_match_schema: new Set(['body']),
};

function dataKind(condition: Condition, kind: TermKind): DataKind | Complaint {
  const { term, aspect, collection } = condition;
  if (aspect === 'whole') return kind;
  if (aspect === 'key' || aspect === 'value') {
    if (!PARTED.has(kind))
      return never(`${aspect} looks into headers, query_param and payloads; ${term} has no parts.`);
    if (isPattern(condition.operator) && kind === 'body' && collection !== 'for_one')
      return never(`${condition.operator} looks into a payload under for_one only; put ${aspect} there.`);
    return aspect === 'value' && kind === 'body' ? 'leaf' : 'text';
  }
  if (MEASURED[aspect]?.has(kind)) return 'number';
  const works = [...(MEASURED[aspect] ?? [])].map((name) => (name === 'body' ? 'payloads' : 'query_param'));
  const message = `${aspect} measures ${works.join(' and ')}; ${term} is looked at as it is.`;
  return { code: 'misfit-operator', message, prospect: 'open' };
}

function never(message: string): Complaint {
  return { code: 'never-true', message: `Never true: ${message}`, prospect: 'never' };
}

function isPattern(operator: OperatorName): boolean {
  return operator === 'regex' || operator === 'regex_extract';
}

const TRUE_OF_NONE: ReadonlySet<OperatorName> = new Set([
  'contains_all',
  'not_contains',
  'not_contains_cidr',
]);

function emptyOperands({ operator, operands }: Condition): Complaint | undefined {
  if (operands.length > 0) return undefined;
  if (!TRUE_OF_NONE.has(operator))
    return never(`${operator} has an empty list; give it values, or remove it.`);
  const message = `Always true: ${operator} has an empty list; give it values, or remove it.`;
  // Of no data at all, an address of none is not said to be outside.
  return { code: 'always-true', message, prospect: operator === 'not_contains_cidr' ? 'open' : 'always' };
}

/** Every text contains the empty one. */
function emptyText({ operator, operands }: Condition, kind: DataKind): Complaint | undefined {
  if (kind === 'number' || kind === 'flag' || kind === 'leaf') return undefined;
  if (!operands.some((operand) => typeof operand === 'string' && fold(operand) === '')) return undefined;
  if (operator === 'not_contains')
    return never('every text contains the empty one; remove it from the list.');
  if (operator !== 'contains_either') return undefined;
  const message = 'Always true of any text: every text contains the empty one; remove it from the list.';
  return { code: 'always-true', message, prospect: 'open' };
}

/** Operators that are false of every number and flag, and those that are true of every one. */
const TEXT_ONLY: ReadonlySet<OperatorName> = new Set([
  'contains_either',
  'not_contains_either',
  'regex',
  'regex_extract',
  'contains_jwt',
  'cookie_expire_filter',
]);
const BLIND_TO_NUMBERS: ReadonlySet<OperatorName> = new Set(['contains_all', 'not_contains']);
const ORDERING: ReadonlySet<OperatorName> = new Set(['gt', 'gte', 'lt', 'lte']);
const ORDERED: ReadonlySet<DataKind> = new Set(['number', 'leaf', 'text', 'query', 'body', 'severity']);

function nameOf({ term, aspect }: Condition): string {
  return aspect === 'whole' ? term : `${aspect} of ${term}`;
}

function wrongOperator(condition: Condition, kind: DataKind): Complaint | undefined {
  const { term, operator, operands } = condition;
  const name = nameOf(condition);
  if (kind === 'number' || kind === 'flag') {
    const what = kind === 'number' ? 'a number' : 'true or false';
    const instead = kind === 'number' ? 'eq, neq, gt, gte, lt or lte' : 'eq or neq';
    if (TEXT_ONLY.has(operator) || (kind === 'flag' && ORDERING.has(operator)))
      return misfit(`${operator} never holds of ${name}, which is ${what}; use ${instead}.`, 'never');
    if (BLIND_TO_NUMBERS.has(operator))
      return misfit(`${operator} always holds of ${name}, which is ${what}; use ${instead}.`, 'open');
  }
  if (ORDERING.has(operator) && (!ORDERED.has(kind) || term === 'url' || term === 'method'))
    return misfit(`${operator} compares numbers, and ${name} never is one.`, 'never');
  if (operator === 'cookie_expire_filter' && operands[0] === true && term !== 'response_headers')
    return misfit(`${operator} reads set-cookie, which stands in response_headers, not in ${term}.`, 'open');
  return undefined;
}

function wrongOperand(condition: Condition, kind: DataKind): Complaint | undefined {
  const { term, aspect, operator, operands } = condition;
  const name = nameOf(condition);
  const [first] = operands;
  if (operator === 'datatype') return wrongDatatype(term, String(first).toLowerCase(), kind);
  if ((operator === 'contains_jwt' || operator === 'cookie_expire_filter') && typeof first !== 'boolean')
    return never(`${operator} takes true or false, without quotes.`);
  if (operator !== 'eq' && operator !== 'neq') return undefined;
  const isText = kind !== 'number' && kind !== 'flag' && kind !== 'leaf';
  const isCaptured = EXCHANGE_TERMS.has(term);
  if (isText && isCaptured && typeof first !== 'string')
    return misfit(`${operator} never holds: ${name} is a text; quote the value.`, 'never');
  if (kind === 'number' && (typeof first === 'boolean' || parseInt32(String(first)) === undefined))
    return misfit(`${operator} never holds: ${name} is a whole number, and the value is none.`, 'never');
  if (kind === 'flag' && typeof first === 'number')
    return misfit(`${operator} never holds: ${term} is true or false.`, 'never');
  if (term === 'method' && aspect === 'whole' && operator === 'eq' && !isMethod(first))
    return never('a word that is no method of HTTP is seen as OTHER.');
  return undefined;
}

function isMethod(operand: unknown): boolean {
  const word = typeof operand === 'string' ? fold(operand).toUpperCase() : '';
  return word === 'OTHER' || METHODS.has(word);
}

function wrongDatatype(term: string, wanted: string, kind: DataKind): Complaint | undefined {
  if (kind === 'leaf') return undefined;
  const actual = kind === 'number' ? 'number' : kind === 'flag' ? 'boolean' : 'string';
  if (wanted === actual) return misfit(`datatype always is ${actual} of ${term}.`, 'open');
  return misfit(`datatype of ${term} is ${actual} here, never ${wanted}.`, 'never');
}

function misfit(message: string, prospect: Prospect): Complaint {
  return { code: 'misfit-operator', message, prospect };
}
