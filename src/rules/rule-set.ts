import { parseSeverity, type Severity } from '../core/severity.ts';
import { WorkBudgetError } from './budget.ts';
import type { Datum } from './datum.ts';
import { Dispatch, type Terms } from './dispatch.ts';
import type { EventView } from './event-view.ts';
import type { Filter } from './filter-tree.ts';
import { gateOfAny } from './gate.ts';
import { Machine } from './machine.ts';
import type { Node } from './node.ts';
import { type Cause, FALSE, type Outcome, TRUE, UNKNOWN, unknown } from './outcome.ts';
import type { Rule } from './rule.ts';
import { Run } from './run.ts';
import {
  EMPTY_WINDOW,
  observeWindow,
  type WindowCondition,
  type WindowInput,
  type WindowState,
} from './windows.ts';

/** One rule that an event matched, with all that its windows need to be decided. */
export interface RuleMatch {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly successPassed: boolean;
  readonly failurePassed: boolean;
  /** For each entry of `rule.aggregations`, what its window is given (without the time). */
  readonly windows: readonly Omit<WindowInput, 'timestamp'>[];
}

/** A rule that has no verdict on an event: its pattern or its share of work overran. */
export interface RuleFailure {
  readonly rule: Rule;
  readonly reason: string;
  readonly cause: Cause;
}

export interface MatchResult {
  readonly matches: readonly RuleMatch[];
  readonly failures: readonly RuleFailure[];
}

/** Rules compiled together: equal conditions of different rules are decided once an event. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /**
   * Judges one event by the rules of its feed. Never throws.
   * @param isOut rules that are not to be asked; they are in neither list
   */
  match(view: EventView, isOut?: (rule: Rule) => boolean): MatchResult;
}

interface CompiledRule {
  readonly rule: Rule;
  /** What decides whether the rule matches. */
  readonly filter: Node | undefined;
  readonly ignore: Node | undefined;
  readonly success: Node | undefined;
  readonly failure: Node | undefined;
}

export function compileRuleSet(rules: readonly Rule[]): RuleSet {
  const machine = new Machine();
  const byFeed = new Map(
    [...Map.groupBy(rules, ({ feed }) => feed)].map(([feed, own]) => [feed, dispatch(own, machine)]),
  );
  return {
    rules,
    match(view, isOut) {
      const run = new Run(view);
      const matches: RuleMatch[] = [];
      const failures: RuleFailure[] = [];
      for (const compiled of byFeed.get(view.feed)?.candidates(run) ?? []) {
        if (isOut?.(compiled.rule)) continue;
        try {
          judge(compiled, run, view, matches, failures);
        } catch (error) {
          failures.push(failureOf(compiled.rule, unknown(error)));
        }
      }
      return { matches, failures };
    },
  };
}

function dispatch(rules: readonly Rule[], machine: Machine): Dispatch<CompiledRule> {
  const compiled = rules.map((rule) => compile(rule, machine));
  return new Dispatch(compiled, (each) => termsOf(each, machine), machine.lookout);
}

/** A rule without a filter matches by its success_filter or its failure_filter. */
function termsOf({ filter, success, failure }: CompiledRule, machine: Machine): Terms {
  if (filter) return { gate: filter.gate, guard: machine.guardOf(filter) };
  const gate = gateOfAny([success, failure].flatMap((node) => (node ? [node.gate] : [])));
  return { gate, guard: undefined };
}

function compile(rule: Rule, machine: Machine): CompiledRule {
  const node = (filter: Filter | undefined): Node | undefined => filter && machine.compile(filter);
  return {
    rule,
    filter: node(rule.filter),
    ignore: node(rule.ignore),
    success: node(rule.successFilter),
    failure: node(rule.failureFilter),
  };
}

function failureOf(rule: Rule, { reason = 'no reason given', cause = 'event' }: Outcome): RuleFailure {
  return { rule, reason, cause };
}

function judge(
  compiled: CompiledRule,
  run: Run,
  view: EventView,
  matches: RuleMatch[],
  failures: RuleFailure[],
): void {
  const { rule } = compiled;
  if (run.variables.size > 0) run.variables = new Map();
  const outcome = verdict(compiled, run);
  if (outcome.verdict === UNKNOWN) failures.push(failureOf(rule, outcome));
  if (outcome.verdict !== TRUE) return;
  const successPassed = holds(compiled.success, run);
  const failurePassed = holds(compiled.failure, run);
  const passed = { success_filter: successPassed, failure_filter: failurePassed };
  const windows = rule.aggregations.map(({ condition }) => windowInput(condition, passed, view));
  matches.push({ rule, severity: matchSeverity(rule, view), successPassed, failurePassed, windows });
}

const FAILS: Outcome = { verdict: FALSE, keys: undefined };

/** filter and not ignore; without `filter`, success_filter or failure_filter. */
function verdict({ filter, ignore, success, failure }: CompiledRule, run: Run): Outcome {
  const positive = filter ? filter.evaluate(run) : either(success, failure, run);
  if (positive.verdict === FALSE || ignore === undefined) return positive;
  const ignored = ignore.evaluate(run);
  if (ignored.verdict === TRUE) return FAILS;
  return ignored.verdict === UNKNOWN ? ignored : positive;
}

function either(success: Node | undefined, failure: Node | undefined, run: Run): Outcome {
  const first = success?.evaluate(run) ?? FAILS;
  if (first.verdict === TRUE) return first;
  const second = failure?.evaluate(run) ?? FAILS;
  return second.verdict === FALSE ? first : second;
}

function holds(node: Node | undefined, run: Run): boolean {
  return node?.evaluate(run).verdict === TRUE;
}

function windowInput(
  condition: WindowCondition,
  passed: Readonly<Record<'success_filter' | 'failure_filter', boolean>>,
  view: EventView,
): Omit<WindowInput, 'timestamp'> {
  const { incrementFilter, thresholdBreachFilter, distinctIdentifier } = condition;
  return {
    increment: incrementFilter === undefined || passed[incrementFilter],
    breach: thresholdBreachFilter === undefined || passed[thresholdBreachFilter],
    identity: distinctIdentifier && identityOf(view, distinctIdentifier.source, distinctIdentifier.key),
  };
}

/** The first value under the key; '' where there is none, which no window counts. */
function identityOf(view: EventView, source: string, key: string): string {
  if (source === 'event') return textOf(view.get(key));
  const fields = view.fields?.(source);
  const wanted = source === 'request_headers' ? key.toLowerCase() : key;
  const index = fields?.keys.indexOf(wanted) ?? -1;
  return index < 0 ? '' : textOf(fields?.values[index]);
}

function textOf(datum: Datum): string {
  if (datum === undefined) return '';
  return typeof datum === 'object' ? datum.text : String(datum);
}

/**
 * Counts a match in the windows of its rule and group, and tells whether the rule fires: on every
 * match where it has no windows, else where any of them is reached.
 * @param states one for each entry of `rule.aggregations`, as the last call left them; may be empty
 * @param timestamp event time, seconds since the epoch
 */
export function observeMatch(
  match: RuleMatch,
  states: readonly WindowState[],
  timestamp: number,
): { readonly states: readonly WindowState[]; readonly fired: boolean } {
  const observed = match.rule.aggregations.map(({ condition }, index) =>
    observeWindow(condition, states[index] ?? EMPTY_WINDOW, { ...match.windows[index], timestamp }),
  );
  const fired = observed.length === 0 || observed.some((window) => window.fired);
  return { states: observed.map(({ state }) => state), fired };
}

/** The rule's own severity, else the event's, else MEDIUM. */
export function matchSeverity(rule: Rule, view: EventView): Severity {
  return rule.severity ?? parseSeverity(view.get('severity')) ?? 'MEDIUM';
}

/** What the rule's `group_by` terms hold: who shares one alert, and one window. Absent is ''. */
export function groupValues(rule: Rule, view: EventView): Record<string, string> {
  return Object.fromEntries(rule.groupBy.map((term) => [term, groupValue(view, term)]));
}

/** What is too much to look at cannot tell groups apart: it counts as absent. */
function groupValue(view: EventView, term: string): string {
  try {
    return textOf(view.get(term));
  } catch (error) {
    if (error instanceof WorkBudgetError) return '';
    throw error;
  }
}
