import type { Pattern } from '../regex/index.ts';
import { isInNetwork, parseAddress, parseNetwork } from './address.ts';
import { lastsTwoMonths } from './cookies.ts';
import type { Datum, Operand } from './datum.ts';
import { holdsJwt } from './jwt.ts';
import { compileRulePattern } from './rule-pattern.ts';
import { sameLeaves } from './similarity.ts';
import { fold, javaTrim, parseDecimal, parseInt32 } from './text.ts';
import type { OperatorName } from './vocabulary.ts';

/** One operator with its operands built in. */
export interface Operator {
  /** Whether `test` looks at `folded`, which costs a pass over the text. */
  readonly folds: boolean;
  /**
   * @param folded the datum trimmed and lower-cased where it is a text, else ''
   * @param nowSeconds the event's own time, for cookies that expire
   */
  test(datum: Datum, folded: string, nowSeconds: number | undefined): boolean;
}

type Build = (operands: readonly Operand[]) => Operator;

const plain = (test: Operator['test']): Operator => ({ folds: false, test });
const folding = (test: Operator['test']): Operator => ({ folds: true, test });

export function textOf(operand: Operand): string {
  return typeof operand === 'object' ? operand.text : String(operand);
}

interface Containment {
  /** @param has whether the datum holds a word */
  holds<W>(wanted: readonly W[], has: (word: W) => boolean): boolean;
  /** The verdict on numbers and booleans. */
  readonly onOther: boolean;
  /** Whether an empty list holds even where there is no datum. */
  readonly emptyHolds: boolean;
}

export type ContainsName = 'contains_either' | 'contains_all' | 'not_contains' | 'not_contains_either';

export const CONTAINMENTS: Readonly<Record<ContainsName, Containment>> = {
  contains_either: { holds: (wanted, has) => wanted.some(has), onOther: false, emptyHolds: false },
  contains_all: { holds: (wanted, has) => wanted.every(has), onOther: true, emptyHolds: true },
  not_contains: { holds: (wanted, has) => !wanted.some(has), onOther: true, emptyHolds: true },
  not_contains_either: {
    holds: (wanted, has) => wanted.some((word) => !has(word)),
    onOther: false,
    emptyHolds: false,
  },
};

export function isContains(name: OperatorName): name is ContainsName {
  return Object.hasOwn(CONTAINMENTS, name);
}

/** The words that a containment asks for. */
export function wordsOf(operands: readonly Operand[]): readonly string[] {
  return operands.map((operand) => fold(textOf(operand)));
}

function containing(name: ContainsName): Build {
  const containment = CONTAINMENTS[name];
  return (operands) => {
    const wanted = wordsOf(operands);
    return folding((datum, folded) =>
      containsIn(containment, datum, wanted, (word) => folded.includes(word)),
    );
  };
}

/** @param has whether the datum, a text, holds a word */
export function containsIn<W>(
  { holds, onOther, emptyHolds }: Containment,
  datum: Datum,
  wanted: readonly W[],
  has: (word: W) => boolean,
): boolean {
  if (typeof datum === 'string') return holds(wanted, has);
  return datum === undefined ? emptyHolds && wanted.length === 0 : onOther;
}

/** The text that patterns are looked for in. */
export function patternText(datum: string): string {
  return javaTrim(datum.startsWith('\uFEFF') ? datum.slice(1) : datum);
}

const regex: Build = (operands) =>
  patternOperator(operands.map((operand) => compileRulePattern(textOf(operand)).pattern));

export function patternOperator(patterns: readonly Pattern[]): Operator {
  return plain((datum) => {
    if (typeof datum !== 'string') return false;
    const text = patternText(datum);
    return patterns.some((pattern) => pattern.test(text));
  });
}

/** Whether datum and operand are equal; undefined where they cannot be compared. */
function equals(datum: Datum, operand: Operand, text: (text: string) => string): boolean | undefined {
  if (typeof datum === 'string')
    return typeof operand === 'string' ? text(datum) === text(operand) : undefined;
  if (typeof datum === 'number') {
    const wanted = typeof operand === 'string' ? parseInt32(operand) : operand;
    return typeof wanted === 'number' ? datum === wanted : undefined;
  }
  if (typeof datum !== 'boolean') return undefined;
  const wanted = typeof operand === 'string' ? operand.toLowerCase() === 'true' : operand;
  return typeof wanted === 'boolean' ? datum === wanted : undefined;
}

function numberOf(datum: Datum): number | undefined {
  if (typeof datum === 'object') return datum.wide === 'double' ? datum.value : undefined;
  if (typeof datum === 'string') return parseDecimal(datum);
  return typeof datum === 'number' ? datum : undefined;
}

function ordering(holds: (datum: number, bound: number) => boolean): Build {
  return ([first]) => {
    const bound = numberOf(first);
    return plain((datum) => {
      const value = bound === undefined ? undefined : numberOf(datum);
      return value !== undefined && bound !== undefined && holds(value, bound);
    });
  };
}

function networks(onMatch: boolean): Build {
  return (operands) => {
    const all = operands.flatMap((operand) => parseNetwork(textOf(operand)) ?? []);
    return plain((datum) => {
      if (typeof datum !== 'string') return false;
      const address = parseAddress(datum);
      if (address === undefined) return !onMatch;
      return all.some((network) => isInNetwork(address, network)) === onMatch;
    });
  };
}

function datatypeOf(datum: Datum): string | undefined {
  return typeof datum === 'object' || datum === undefined ? undefined : typeof datum;
}

const BUILDERS: Readonly<Record<OperatorName, Build>> = {
  contains_either: containing('contains_either'),
  contains_all: containing('contains_all'),
  not_contains: containing('not_contains'),
  not_contains_either: containing('not_contains_either'),
  regex,
  regex_extract: regex,
  eq: ([first]) => plain((datum) => first !== undefined && equals(datum, first, fold) === true),
  neq: ([first]) =>
    plain((datum) => first !== undefined && equals(datum, first, (text) => text.toLowerCase()) === false),
  eq_obj: ([first]) => plain((datum) => first !== undefined && sameLeaves(datum, first) === true),
  neq_obj: ([first]) => plain((datum) => first !== undefined && sameLeaves(datum, first) === false),
  gt: ordering((value, bound) => value > bound),
  gte: ordering((value, bound) => value >= bound),
  lt: ordering((value, bound) => value < bound),
  lte: ordering((value, bound) => value <= bound),
  datatype: ([first]) =>
    plain((datum) => first !== undefined && datatypeOf(datum) === textOf(first).toLowerCase()),
  contains_jwt: ([first]) => plain((datum) => typeof datum === 'string' && holdsJwt(datum) === first),
  cookie_expire_filter: ([first]) =>
    plain((datum, _folded, now) => typeof datum === 'string' && lastsTwoMonths(datum, now) === first),
  contains_either_cidr: networks(true),
  not_contains_cidr: networks(false),
};

/** @throws PatternError where a regex does not compile: parsing has refused those before */
export function buildOperator(name: OperatorName, operands: readonly Operand[]): Operator {
  return BUILDERS[name](operands);
}
