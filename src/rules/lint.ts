import { SEVERITIES } from '../core/severity.ts';
import { contradictions } from './contradiction.ts';
import type { Condition, Filter, FilterOrigins, Group } from './filter-tree.ts';
import { type Complaint, misfitOf, type Prospect } from './misfit.ts';
import type { Place } from './positioned.ts';
import type { ProblemList, RuleProblemCode } from './problems.ts';
import { differenceOf } from './quirks.ts';
import { valuesPassing } from './selection.ts';
import { usesVariables } from './variables.ts';
import type { OperatorName, TermKind, TermTable } from './vocabulary.ts';

export interface LintScope {
  /** The terms that what is looked at has. */
  readonly terms: TermTable;
  /** What is looked at, for messages: `Events of incidents`. */
  readonly subject: string;
  /** Whether to tell where our verdicts are on purpose not the original's. */
  readonly isTemplate: boolean;
  /** Terms of which every value is known, for whoever does not look at them himself. */
  readonly values?: ReadonlyMap<string, readonly string[]>;
}

/** What events can have, in rules. */
export const EVENT_VALUES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['severity', SEVERITIES],
  ['change', ['first_seen', 'changed']],
]);

/** Tells what in a valid filter does not mean what its author hopes, and whether the whole can hold at all. */
export function lintFilter(
  filter: Filter,
  scope: LintScope,
  origins: FilterOrigins,
  problems: ProblemList,
): Prospect {
  return new Linter(scope, origins, problems).lint(filter);
}

/** Those that look at their first operand only. */
const FIRST_ONLY: ReadonlySet<OperatorName> = new Set([
  'eq',
  'neq',
  'eq_obj',
  'neq_obj',
  'gt',
  'gte',
  'lt',
  'lte',
  'datatype',
  'contains_jwt',
  'cookie_expire_filter',
]);

class Linter {
  readonly #scope: LintScope;
  readonly #origins: FilterOrigins;
  readonly #problems: ProblemList;

  constructor(scope: LintScope, origins: FilterOrigins, problems: ProblemList) {
    this.#scope = scope;
    this.#origins = origins;
    this.#problems = problems;
  }

  /** @param filter the whole, or an alternative: what no conjunction stands around */
  lint(filter: Filter): Prospect {
    const prospect = this.#prospect(filter);
    const pairs = contradictions(conjuncts(filter), (condition) => this.#kind(condition));
    for (const [earlier, later] of pairs)
      this.#warn(
        'never-true',
        later,
        `Never true together with ${earlier.operator}${inLine(this.#placeOf(earlier))}: no value fits both.`,
      );
    return pairs.length > 0 ? 'never' : prospect;
  }

  #prospect(filter: Filter): Prospect {
    if (filter.kind === 'constant') return filter.holds ? 'always' : 'never';
    if (filter.kind === 'extract') return 'always';
    if (filter.kind === 'condition') return this.#condition(filter);
    return this.#group(filter);
  }

  #group(group: Group): Prospect {
    const word = this.#origins.get(group)?.word;
    if (group.children.length === 0) {
      this.#warn('never-true', group, `Never true: ${word ?? 'this'} holds no condition.`);
      return 'never';
    }
    if (group.kind === 'term' && word !== undefined && !this.#scope.terms.has(word.toLowerCase())) {
      const message = `${this.#scope.subject} have no ${word}: conditions on it never see anything. Set source to the feed that has it.`;
      this.#warn('misplaced-word', group, message);
      return 'never';
    }
    this.#linkage(group);
    if (group.kind === 'or') return either(group.children.map((child) => this.lint(child)));
    return both(group.children.map((child) => this.#prospect(child)));
  }

  #condition(condition: Condition): Prospect {
    const kind = this.#kind(condition);
    if (kind === undefined) return 'never';
    const { operator, operands } = condition;
    if (FIRST_ONLY.has(operator) && operands.length > 1)
      this.#warn(
        'ignored-operand',
        condition,
        `${operator} looks at the first of its ${operands.length} values only; write the others as conditions of their own under or.`,
      );
    const difference = this.#scope.isTemplate ? differenceOf(condition, kind) : undefined;
    if (difference !== undefined) this.#warn('differs-from-original', condition, difference);
    // What a name stands for is not known before the event.
    const complaint = usesVariables(condition)
      ? undefined
      : (misfitOf(condition, kind) ?? this.#noSuchValue(condition));
    if (complaint === undefined) return 'open';
    this.#warn(complaint.code, condition, complaint.message);
    return complaint.prospect;
  }

  #noSuchValue(condition: Condition): Complaint | undefined {
    const values = this.#scope.values?.get(condition.term);
    if (values === undefined || condition.ordered !== undefined) return undefined;
    const passing = valuesPassing(condition, values);
    if (passing === undefined || passing.length > 0) return undefined;
    const { term, operator } = condition;
    const message = `Never true: ${term} is one of ${values.join(', ')}, and ${operator} holds of none of them.`;
    // A feed may have a word of its own for once.
    return { code: 'never-true', message, prospect: 'open' };
  }

  /** `value` looks at the keys matched before it: what is written behind it, or matches none, surprises. */
  #linkage(group: Group): void {
    if (group.kind !== 'term' && group.kind !== 'for_one' && group.kind !== 'for_all') return;
    const steps = group.children.flatMap(inSequence);
    const value = steps.findIndex(({ aspect }) => aspect === 'value');
    const condition = steps[value];
    if (condition === undefined) return;
    const key = steps.findIndex(({ aspect }) => aspect === 'key');
    const plain = steps.findIndex(({ aspect }) => aspect !== 'key' && aspect !== 'value');
    if (key > value)
      this.#warn(
        'unlinked-value',
        condition,
        'value stands before key, so it looks at every value; put key first to look at its values only.',
      );
    if (plain >= 0 && plain < value)
      this.#warn(
        'never-true',
        condition,
        'Never true: a condition on the whole stands before value and leaves it no key; put key and value under for_one.',
      );
  }

  #kind({ term }: Condition): TermKind | undefined {
    return this.#scope.terms.get(term);
  }

  #placeOf(filter: Filter): Place | undefined {
    return this.#origins.get(filter)?.place;
  }

  #warn(code: RuleProblemCode, filter: Filter, message: string): void {
    this.#problems.warn(code, this.#placeOf(filter), message);
  }
}

function both(prospects: readonly Prospect[]): Prospect {
  if (prospects.includes('never')) return 'never';
  return prospects.every((prospect) => prospect === 'always') ? 'always' : 'open';
}

function either(prospects: readonly Prospect[]): Prospect {
  if (prospects.includes('always')) return 'always';
  return prospects.every((prospect) => prospect === 'never') ? 'never' : 'open';
}

/** Conditions that must all hold of the same values. */
function conjuncts(filter: Filter): readonly Condition[] {
  if (filter.kind === 'condition') {
    const isPart = filter.aspect === 'key' || filter.aspect === 'value';
    return isPart || usesVariables(filter) ? [] : [filter];
  }
  if (filter.kind === 'and' || filter.kind === 'term') return filter.children.flatMap(conjuncts);
  return [];
}

/** The conditions that hand matched keys to one another, in order; alternatives left out. */
function inSequence(filter: Filter): readonly Condition[] {
  if (filter.kind === 'condition') return [filter];
  return filter.kind === 'and' ? filter.children.flatMap(inSequence) : [];
}

function inLine(place: Place | undefined): string {
  return place === undefined ? '' : ` in line ${place.line}`;
}
