import { parseSeverity, severityRank } from '../core/severity.ts';
import { isInNetwork, type Network, parseNetwork } from './address.ts';
import type { Datum, Operand } from './datum.ts';
import type { Condition } from './filter-tree.ts';
import { buildOperator } from './operators.ts';
import { fold, parseDecimal, parseInt32 } from './text.ts';
import type { OperatorName, TermKind } from './vocabulary.ts';

/** Pairs of conditions that must hold together and never can, one for each thing looked at. */
export function contradictions(
  conditions: readonly Condition[],
  kindOf: (condition: Condition) => TermKind | undefined,
): readonly (readonly [earlier: Condition, later: Condition])[] {
  const groups = Map.groupBy(conditions.slice(0, MAX_COMPARED), ({ term, aspect }) => `${aspect} ${term}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const kind = first && kindOf(first);
    const pair = kind && firstPair(group, (earlier, later) => clash(earlier, later, kind));
    return pair ? [pair] : [];
  });
}

function firstPair(
  group: readonly Condition[],
  isPair: (earlier: Condition, later: Condition) => boolean,
): readonly [Condition, Condition] | undefined {
  for (const [index, later] of group.entries()) {
    const earlier = group.slice(0, index).find((other) => isPair(other, later));
    if (earlier) return [earlier, later];
  }
  return undefined;
}

/** Every pair is looked at, and no person writes more conditions on one thing. */
const MAX_COMPARED = 60;

function clash(a: Condition, b: Condition, kind: TermKind): boolean {
  const isWhole = kind === 'number' || kind === 'severity' || a.aspect !== 'whole';
  return (
    excludes(a, b, kind) ||
    excludes(b, a, kind) ||
    outOfRange(a, b, isWhole) ||
    (kind !== 'number' && kind !== 'flag' && (containsForbidden(a, b) || containsForbidden(b, a))) ||
    networkForbidden(a, b) ||
    networkForbidden(b, a)
  );
}

/** Case, trimming and the clock do not change what these say of a value that equals another. */
const STEADY: ReadonlySet<OperatorName> = new Set([
  'contains_either',
  'contains_all',
  'not_contains',
  'not_contains_either',
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
]);

/** `eq` leaves one value, of which the other condition is false. */
function excludes(eq: Condition, other: Condition, kind: TermKind): boolean {
  if (eq.operator !== 'eq' || !STEADY.has(other.operator)) return false;
  if (other.ordered) {
    const bound = boundOf(other);
    const rank = rankOf(eq.operands[0]);
    return rank !== undefined && bound !== undefined && !inside(rank, bound);
  }
  const datum = equalTo(eq.operands[0], eq.aspect === 'whole' ? kind : 'number');
  if (datum === undefined) return false;
  const folded = typeof datum === 'string' ? fold(datum) : '';
  return !buildOperator(other.operator, other.operands).test(datum, folded, undefined);
}

function equalTo(operand: Operand | undefined, kind: TermKind): Datum {
  if (kind === 'number') return typeof operand === 'string' ? parseInt32(operand) : operand;
  if (kind === 'flag') return operand === true || fold(String(operand)) === 'true';
  return typeof operand === 'string' ? operand : undefined;
}

interface Bound {
  readonly isLower: boolean;
  readonly at: number;
  readonly includes: boolean;
}

function boundOf({ operator, operands: [first], ordered }: Condition): Bound | undefined {
  const at = ordered ? rankOf(first) : numberOf(first);
  if (at === undefined || !/^[gl]te?$/.test(operator)) return undefined;
  return { isLower: operator.startsWith('g'), at, includes: operator.endsWith('e') };
}

function inside(value: number, { isLower, at, includes }: Bound): boolean {
  return (includes && value === at) || (isLower ? value > at : value < at);
}

/** @param isWhole no value lies between two neighbouring integers */
function outOfRange(a: Condition, b: Condition, isWhole: boolean): boolean {
  const bounds = [boundOf(a), boundOf(b)];
  const lower = bounds.find((bound) => bound?.isLower === true);
  const upper = bounds.find((bound) => bound?.isLower === false);
  if (lower === undefined || upper === undefined) return false;
  const least = isWhole && !lower.includes ? Math.floor(lower.at) + 1 : lower.at;
  const isOpen = !upper.includes || (!lower.includes && !isWhole);
  return isOpen ? least >= upper.at : least > upper.at;
}

function rankOf(operand: Operand | undefined): number | undefined {
  const severity = parseSeverity(operand);
  return severity && severityRank(severity);
}

function numberOf(operand: Operand | undefined): number | undefined {
  if (typeof operand === 'object') return operand.value;
  if (typeof operand === 'string') return parseDecimal(operand);
  return typeof operand === 'number' ? operand : undefined;
}

/** What must be contained contains what must not be. */
function containsForbidden(wanted: Condition, forbidden: Condition): boolean {
  if (wanted.aspect !== 'whole' || forbidden.operator !== 'not_contains') return false;
  const not = forbidden.operands.map((operand) => fold(textOf(operand)));
  const holdsForbidden = (operand: Operand): boolean =>
    not.some((text) => fold(textOf(operand)).includes(text));
  if (wanted.operator === 'contains_all') return wanted.operands.some(holdsForbidden);
  return wanted.operator === 'contains_either' && wanted.operands.every(holdsForbidden);
}

function textOf(operand: Operand): string {
  return typeof operand === 'object' ? operand.text : String(operand);
}

function networkForbidden(wanted: Condition, forbidden: Condition): boolean {
  if (wanted.operator !== 'contains_either_cidr' || forbidden.operator !== 'not_contains_cidr') return false;
  const [inner, outer] = [networksOf(wanted), networksOf(forbidden)];
  return inner.every((network) =>
    outer.some((other) => other.bits <= network.bits && isInNetwork(network.bytes, other)),
  );
}

function networksOf({ operands }: Condition): readonly Network[] {
  return operands.flatMap((operand) => parseNetwork(textOf(operand)) ?? []);
}
