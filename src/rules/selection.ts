import { parseSeverity, SEVERITIES, severityRank } from '../core/severity.ts';
import { contradictions } from './contradiction.ts';
import type { Datum } from './datum.ts';
import type { Condition, Filter, Group } from './filter-tree.ts';
import { misfitOf } from './misfit.ts';
import { buildOperator, type Operator } from './operators.ts';
import { fold } from './text.ts';
import { usesVariables } from './variables.ts';
import type { TermTable } from './vocabulary.ts';

/** Where an alert can come from. */
export interface AlertOrigin {
  /** Absent where the names of sources are not known. */
  readonly source?: string;
  readonly feed: string;
  /** The terms that its alerts have; absent: any. */
  readonly terms?: ReadonlySet<string>;
}

/** What alerts there can be. */
export interface Universe {
  readonly terms: TermTable;
  readonly origins: readonly AlertOrigin[];
}

/** The terms of which every value is known, wherever the alert comes from. */
const CLOSED: ReadonlyMap<string, readonly Datum[]> = new Map<string, readonly Datum[]>([
  ['severity', SEVERITIES],
  ['successful_exploit', [true, false, undefined]],
  ['change', ['first_seen', 'changed', undefined]],
]);

/** What holds of every alert that has the term. */
const IMPLIED: readonly Condition[] = [
  {
    ...{ kind: 'condition', term: 'count', operator: 'gte', operands: [1] },
    ...{ aspect: 'whole', collection: undefined },
  },
];

/** More ways of passing a filter than a person writes: then nothing is said of it. */
const MOST_WAYS = 400;
const MOST_WORLDS = 3_000;

/**
 * Whether there can be an alert that passes `filter` (every alert does where it is undefined) and of which the verdicts
 * of `others` are as wanted. What is not known for certain counts as possible, so that "no" is certain.
 * @param isWanted must not become true by more of the others holding: they are tried with as few as possible
 */
export function canBe(
  filter: Filter | undefined,
  others: readonly Filter[],
  universe: Universe,
  isWanted: (others: readonly boolean[]) => boolean = () => true,
): boolean {
  const all = filter === undefined ? others : [filter, ...others];
  const worlds = worldsOf(all, universe);
  return worlds === undefined || worlds.some((world) => isIn(world, filter, others, isWanted));
}

function isIn(
  world: World,
  filter: Filter | undefined,
  others: readonly Filter[],
  isWanted: (others: readonly boolean[]) => boolean,
): boolean {
  const ways = filter === undefined ? [NOTHING] : world.ways(filter);
  if (ways === undefined) return true;
  return ways.some(
    (way) => world.isPossible(way) && isWanted(others.map((other) => world.holds(other, way))),
  );
}

/** Conditions that must hold, by what they say. One without a condition is a part that is not looked into. */
type Way = ReadonlyMap<string, Condition | undefined>;

const NOTHING: Way = new Map();

/** One combination of values of the terms whose values are known. There is no negation in filters but in conditions. */
class World {
  readonly #origin: AlertOrigin;
  readonly #closed: ReadonlyMap<string, Datum>;
  readonly #terms: TermTable;

  constructor(origin: AlertOrigin, closed: ReadonlyMap<string, Datum>, terms: TermTable) {
    this.#origin = origin;
    this.#closed = closed;
    this.#terms = terms;
  }

  /** The least that must hold beside this world's values for the filter to pass; undefined where there are too many ways. */
  ways(filter: Filter): readonly Way[] | undefined {
    if (filter.kind === 'constant') return filter.holds ? [NOTHING] : [];
    if (filter.kind === 'extract') return [NOTHING];
    if (filter.kind === 'condition') {
      const known = this.#known(filter);
      return known === undefined ? [new Map([[keyOf(filter), filter]])] : known ? [NOTHING] : [];
    }
    if (isOpaque(filter)) return [new Map([[keyOf(filter), undefined]])];
    return filter.kind === 'or' ? this.#either(filter) : this.#both(filter);
  }

  #either({ children }: Group): readonly Way[] | undefined {
    const found: Way[] = [];
    for (const child of children) {
      const ways = this.ways(child);
      if (ways === undefined || found.length + ways.length > MOST_WAYS) return undefined;
      found.push(...ways);
    }
    return found;
  }

  #both({ children }: Group): readonly Way[] | undefined {
    let found: readonly Way[] = children.length === 0 ? [] : [NOTHING];
    for (const child of children) {
      const ways = this.ways(child);
      if (ways === undefined || found.length * ways.length > MOST_WAYS) return undefined;
      found = found.flatMap((before) => ways.map((way) => new Map([...before, ...way])));
    }
    return found;
  }

  /** Whether no two of the conditions exclude each other. */
  isPossible(way: Way): boolean {
    const asked = [...way.values()].filter((condition) => condition !== undefined);
    const conditions = [
      ...IMPLIED.filter(({ term }) => asked.some((other) => other.term === term)),
      ...asked,
    ];
    return contradictions(conditions, ({ term }) => this.#terms.get(term)).length === 0;
  }

  /** Whether the filter passes where of all that is open only `way` holds. */
  holds(filter: Filter, way: Way): boolean {
    if (filter.kind === 'constant') return filter.holds;
    if (filter.kind === 'extract') return true;
    if (filter.kind === 'condition') return this.#known(filter) ?? way.has(keyOf(filter));
    if (isOpaque(filter)) return way.has(keyOf(filter));
    const { kind, children } = filter;
    if (kind === 'or') return children.some((child) => this.holds(child, way));
    return children.length > 0 && children.every((child) => this.holds(child, way));
  }

  /** Undefined where it depends on the alert. */
  #known(condition: Condition): boolean | undefined {
    if (usesVariables(condition)) return undefined;
    const { term } = condition;
    const prospect = prospectOf(condition, this.#terms);
    if (prospect !== 'open') return prospect === 'always';
    if (condition.aspect !== 'whole') return undefined;
    if (this.#origin.terms?.has(term) === false) return passes(condition, undefined);
    if (term === 'feed') return passes(condition, this.#origin.feed);
    if (term === 'source' && this.#origin.source !== undefined) return passes(condition, this.#origin.source);
    return this.#closed.has(term) ? passes(condition, this.#closed.get(term)) : undefined;
  }
}

function prospectOf(condition: Condition, terms: TermTable): 'never' | 'always' | 'open' {
  const kind = terms.get(condition.term);
  return (kind && misfitOf(condition, kind)?.prospect) ?? 'open';
}

/** `key` and `value` look at one another: such a part is one thing, alike only to the same written again. */
function isOpaque(group: Group): boolean {
  if (group.kind === 'for_one' || group.kind === 'for_all') return true;
  return group.kind === 'term' && group.children.some(looksInside);
}

function looksInside(filter: Filter): boolean {
  if (filter.kind === 'constant') return false;
  if (filter.kind === 'extract') return true;
  if (filter.kind === 'condition') return filter.aspect === 'key' || filter.aspect === 'value';
  return filter.children.some(looksInside);
}

const keys = new WeakMap<Filter, string>();

function keyOf(filter: Filter): string {
  const key = keys.get(filter) ?? JSON.stringify(filter);
  keys.set(filter, key);
  return key;
}

/** Undefined where there are more than are worth trying. */
function worldsOf(filters: readonly Filter[], { origins, terms }: Universe): readonly World[] | undefined {
  const asked = new Set(filters.flatMap(termsIn));
  let closed: readonly ReadonlyMap<string, Datum>[] = [new Map()];
  for (const [term, values] of CLOSED) {
    if (!asked.has(term)) continue;
    closed = closed.flatMap((before) => values.map((value) => new Map([...before, [term, value]])));
  }
  if (closed.length * origins.length > MOST_WORLDS) return undefined;
  return origins.flatMap((origin) => closed.map((values) => new World(origin, values, terms)));
}

function termsIn(filter: Filter): readonly string[] {
  if (filter.kind === 'constant') return [];
  if (filter.kind === 'condition' || filter.kind === 'extract') return [filter.term];
  return filter.children.flatMap(termsIn);
}

const operators = new WeakMap<Condition, Operator>();

/** Whether a condition on a whole term holds of a value. */
function passes(condition: Condition, datum: Datum): boolean {
  if (condition.ordered !== undefined) return passesInOrder(condition, datum);
  const operator = operators.get(condition) ?? buildOperator(condition.operator, condition.operands);
  operators.set(condition, operator);
  return operator.test(datum, typeof datum === 'string' ? fold(datum) : '', undefined);
}

function passesInOrder({ operator, operands }: Condition, datum: Datum): boolean {
  const [severity, bound] = [parseSeverity(datum), parseSeverity(operands[0])];
  if (severity === undefined || bound === undefined) return false;
  const steps = severityRank(severity) - severityRank(bound);
  if (steps === 0) return operator.endsWith('e');
  return operator.startsWith('g') ? steps > 0 : steps < 0;
}

/** Which of these values a condition holds of; undefined where it looks at more than the value. */
export function valuesPassing(
  condition: Condition,
  values: readonly string[],
): readonly string[] | undefined {
  if (condition.aspect !== 'whole' || usesVariables(condition)) return undefined;
  return values.filter((value) => passes(condition, value));
}

/** The conditions of a filter, in the order of its file. */
export function conditionsIn(filter: Filter): readonly Condition[] {
  if (filter.kind === 'condition') return [filter];
  return filter.kind === 'constant' || filter.kind === 'extract' ? [] : filter.children.flatMap(conditionsIn);
}
