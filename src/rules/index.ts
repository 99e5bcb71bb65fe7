import { isJsonObject } from '../core/json.ts';
import { viewOf } from './event-view.ts';
import { RuleError } from './problems.ts';
import type { Rule } from './rule.ts';
import { compileRuleSet } from './rule-set.ts';
import { parseRule } from './rule-text.ts';

export { compileAlertFilter } from './alert-filter.ts';
export { isCatchAll } from './catch-all.ts';
export { type Comparison, comparisonsIn } from './comparisons.ts';
export { type ConditionCoverage, coverRule } from './coverage.ts';
export { type Change, type EventView, viewOf } from './event-view.ts';
export { type ExplainedPart, type Explanation, explainRule, type Verdict } from './explain.ts';
export { type CompiledFilter, compileFilter, type FilterOptions } from './filter.ts';
export type { Condition, Filter, FilterOrigins, Origin } from './filter-tree.ts';
export { RULE_PROBLEM_CODES, RuleError, type RuleProblemCode } from './problems.ts';
export { BUILT_IN_IDS } from './quirks.ts';
export { compileRouteFilter, ROUTE_TERMS } from './route-filter.ts';
export type { Aggregation, Rule, RuleInfo, RuleTest } from './rule.ts';
export { ruleJsonSchema } from './rule-schema.ts';
export {
  compileRuleSet,
  groupValues,
  type MatchResult,
  matchSeverity,
  observeMatch,
  type RuleFailure,
  type RuleMatch,
  type RuleSet,
} from './rule-set.ts';
export { type RuleTestResult, runRuleTests } from './rule-tests.ts';
export { type ParsedRule, parseRule, parseRules, type RuleFile } from './rule-text.ts';
export type { TermSource } from './run.ts';
export { type AlertOrigin, canBe, conditionsIn, type Universe, valuesPassing } from './selection.ts';
export { eventOfTest, readHandedEvents } from './test-event.ts';
export { ALERT_TERMS, ALL_TERMS, FEED_TERMS, type TermKind, type TermTable } from './vocabulary.ts';
export {
  type Aggregator,
  createAggregator,
  EMPTY_WINDOW,
  observeWindow,
  type WindowCondition,
  type WindowInput,
  type WindowState,
  type WindowTotal,
  windowTotal,
} from './windows.ts';
export { inYieldingOrder, louderThan, yieldsAmong } from './yielding.ts';

export interface CompiledRule {
  readonly id: string;
  /**
   * Whether the rule's filters hold on an API event or on a captured exchange object (`country`
   * or `countryCode` may stand beside its fields). Windows do not count here.
   */
  matches(event: unknown): boolean;
}

/** @throws RuleError with every problem of the text */
export function compileRule(yamlText: string): CompiledRule {
  const rule = readRule(yamlText);
  const set = compileRuleSet([rule]);
  return {
    id: rule.id,
    matches: (event) => isJsonObject(event) && set.match(viewOf(event, rule.feed)).matches.length > 0,
  };
}

export interface CompiledRules {
  /** The rules whose filters hold on the event, in the order given. */
  match(event: unknown): { rule: string }[];
}

/** Compiles rules together, so that what they share is decided once an event. @throws RuleError */
export function compileRules(yamlTexts: readonly string[]): CompiledRules {
  const set = compileRuleSet(yamlTexts.map(readRule));
  return {
    match: (event) =>
      isJsonObject(event) ? set.match(viewOf(event)).matches.map(({ rule }) => ({ rule: rule.id })) : [],
  };
}

function readRule(yamlText: string): Rule {
  const { rule, problems } = parseRule(yamlText);
  if (rule === undefined) throw new RuleError(problems);
  return rule;
}
