import { viewOf } from './event-view.ts';
import type { Condition, Filter } from './filter-tree.ts';
import type { Rule } from './rule.ts';
import { START_SECONDS } from './rule-tests.ts';
import { type FilterName, type RuleTrace, ruleVerdict, type Trace, traceRule, verdictOf } from './trace.ts';

/** What a rule's tests ask of one of its conditions. */
export interface ConditionCoverage {
  readonly condition: Condition;
  /** Test events on which it held, and on which it did not. */
  readonly held: number;
  readonly failed: number;
  /** Test events whose verdict would have been another had this condition said the opposite. */
  readonly decided: number;
}

/** Every condition of the rule, in the file's order, with what its embedded tests make of it. */
export function coverRule(rule: Rule): readonly ConditionCoverage[] {
  const counts = new Map<Condition, { held: number; failed: number; decided: number }>();
  const filters = [rule.filter, rule.ignore, rule.successFilter, rule.failureFilter];
  for (const condition of filters.flatMap(conditionsIn))
    counts.set(condition, { held: 0, failed: 0, decided: 0 });
  for (const { raw, atSeconds } of rule.tests.flatMap(({ events }) => events)) {
    const view = viewOf({ timestamp: START_SECONDS + atSeconds, ...raw }, rule.feed);
    for (const { condition, holds, decides } of lookAt(rule, traceRule(rule, view))) {
      const count = counts.get(condition);
      if (count === undefined) continue;
      if (holds !== undefined) count[holds ? 'held' : 'failed'] += 1;
      if (decides) count.decided += 1;
    }
  }
  return [...counts].map(([condition, count]) => ({ condition, ...count }));
}

function conditionsIn(filter: Filter | undefined): readonly Condition[] {
  if (filter?.kind === 'condition') return [filter];
  return filter !== undefined && 'children' in filter ? filter.children.flatMap(conditionsIn) : [];
}

interface Look {
  readonly condition: Condition;
  readonly holds: boolean | undefined;
  readonly decides: boolean;
}

function lookAt(rule: Rule, trace: RuleTrace): readonly Look[] {
  return [...trace.filters].flatMap(([name, root]) => looks(root, isPivotal(name, rule, trace)));
}

/** Whether the rule would say another thing of the event, or count it otherwise, had this filter said the opposite. */
function isPivotal(name: FilterName, rule: Rule, trace: RuleTrace): boolean {
  const { filters } = trace;
  const ignored = verdictOf(filters.get('ignore'));
  if (name === 'filter') return ignored === false;
  if (name === 'ignore') return positive(trace);
  if (filters.has('filter')) return ruleVerdict(trace) === true && isCounted(rule, name);
  const other = name === 'success_filter' ? 'failure_filter' : 'success_filter';
  return ignored === false && (verdictOf(filters.get(other)) === false || isCounted(rule, name));
}

function positive({ filters }: RuleTrace): boolean {
  if (filters.has('filter')) return verdictOf(filters.get('filter')) === true;
  return (
    verdictOf(filters.get('success_filter')) === true || verdictOf(filters.get('failure_filter')) === true
  );
}

function isCounted({ aggregations }: Rule, name: FilterName): boolean {
  return aggregations.some(
    ({ condition }) => condition.incrementFilter === name || condition.thresholdBreachFilter === name,
  );
}

/** A part of an AND decides where all beside it hold, a part of an OR where none does. */
function looks(trace: Trace, decides: boolean): readonly Look[] {
  const { filter, children } = trace;
  if (filter.kind === 'condition') return [{ condition: filter, holds: verdictOf(trace), decides }];
  const neutral = filter.kind !== 'or';
  return children.flatMap((child) => {
    const others = children.filter((other) => other !== child);
    return looks(child, decides && others.every((other) => verdictOf(other) === neutral));
  });
}
