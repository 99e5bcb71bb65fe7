import { type Pattern, PatternError } from '../regex/index.ts';
import { isNetwork } from './address.ts';
import type { Operand } from './datum.ts';
import { kindName, type Place, type Positioned, type PositionedScalar } from './positioned.ts';
import { type ProblemList, quoted } from './problems.ts';
import { compileRulePattern } from './rule-pattern.ts';
import { NETWORK_OPERATORS, type OperatorName } from './vocabulary.ts';

export const DATATYPES: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

/** Reads what stands under an operator: a scalar or a list of scalars of kinds that go together. */
export function parseOperands(
  operator: OperatorName,
  node: Positioned,
  place: Place | undefined,
  problems: ProblemList,
): readonly Operand[] {
  const items = node.kind === 'list' ? node.items : [node];
  const scalars = items.flatMap((item) => scalarOperand(operator, item, place, problems));
  const doubles = scalars.filter(({ number }) => number === 'double').length;
  if (doubles > 0 && doubles < scalars.length) {
    problems.error(
      'bad-operand',
      node.place ?? place,
      `${operator} mixes decimal numbers with other values; write all of them as decimals, or quote them.`,
    );
  }
  for (const scalar of scalars) checkOperand(operator, scalar, problems);
  return scalars.map(operandOf);
}

function scalarOperand(
  operator: OperatorName,
  item: Positioned,
  place: Place | undefined,
  problems: ProblemList,
): readonly PositionedScalar[] {
  const wrong = complaint(item);
  if (wrong === undefined && item.kind === 'scalar') return [item];
  problems.error(
    'bad-operand',
    item.place ?? place,
    `${operator} takes a value or a list of values (text, boolean, 32-bit integer, or decimals alone), not ${wrong}.`,
  );
  return [];
}

function complaint(item: Positioned): string | undefined {
  if (item.kind !== 'scalar' || item.value === null) return kindName(item);
  return item.number === 'long' ? 'an integer beyond 32 bits; quote it to compare it as a text' : undefined;
}

export function operandOf({ value, number }: PositionedScalar): Operand {
  if (typeof value !== 'number') return value ?? '';
  return number === 'int' ? value : { wide: number ?? 'double', value, text: String(value) };
}

function checkOperand(operator: OperatorName, scalar: PositionedScalar, problems: ProblemList): void {
  const text = String(scalar.value);
  if (operator === 'regex' || operator === 'regex_extract') checkPattern(text, scalar, problems);
  if (NETWORK_OPERATORS.has(operator) && !isNetwork(text)) {
    problems.error(
      'bad-network',
      scalar.place,
      `${quoted(text)} is no network; write one as 10.0.0.0/8 or 2001:db8::/32.`,
    );
  }
  if (operator === 'datatype' && !DATATYPES.has(text.toLowerCase())) {
    problems.error(
      'unsupported-operator',
      scalar.place,
      `datatype ${quoted(text)} needs the vendor's database; string, number and boolean work here.`,
    );
  }
}

/** Longer ones take seconds to compile, and minutes where there are many. */
const MAX_PATTERN_CHARS = 32_768;

function checkPattern(text: string, scalar: PositionedScalar, problems: ProblemList): void {
  if (text.length > MAX_PATTERN_CHARS) {
    const message = `The pattern is longer than ${MAX_PATTERN_CHARS} characters; split it into several.`;
    problems.error('bad-pattern', scalar.place, message);
    return;
  }
  try {
    const { pattern, isJava } = compileRulePattern(text);
    warnOfPattern(pattern, scalar, problems);
    if (!isJava)
      problems.warn(
        'bad-pattern',
        scalar.place,
        'Java refuses this pattern, so the original never matches it; it is read with [ as an ordinary character inside a class. Write \\[ there.',
      );
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { place } = scalar;
    const at = place && scalar.verbatim ? { line: place.line, column: place.column + error.index } : place;
    problems.error(
      'bad-pattern',
      at,
      `The pattern ${quoted(text)} cannot be compiled: ${error.message.replace(/\.$/, '')}.`,
    );
  }
}

/** Patterns that ask for an empty text on purpose: `^$`, `^\\s*$`. */
const ASKS_FOR_EMPTY = /^(?:\(\?[a-z]+\))?(?:\^|\\A)(?:\\s[*?+]?|\[\\s\][*?+]?)?(?:\$|\\z|\\Z)$/;

function warnOfPattern(
  { source, linear, matchesEmpty }: Pattern,
  scalar: PositionedScalar,
  problems: ProblemList,
): void {
  if (matchesEmpty && !ASKS_FOR_EMPTY.test(source))
    problems.warn(
      'matches-empty',
      scalar.place,
      'This pattern can match the empty text, so it may be found everywhere; make some part of it required.',
    );
  if (!linear)
    problems.warn(
      'slow-pattern',
      scalar.place,
      'This pattern needs backtracking (a back-reference, or a possessive or atomic part), which is bounded: on a hostile text the rule may have no verdict.',
    );
}
