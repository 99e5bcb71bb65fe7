import type { Severity } from '../core/severity.ts';
import { viewOf } from './event-view.ts';
import type { Expectation, Rule, RuleTest, RuleTestEvent } from './rule.ts';
import { compileRuleSet, groupValues, observeMatch, type RuleSet } from './rule-set.ts';
import type { WindowState } from './windows.ts';
import { louderThan } from './yielding.ts';

export interface RuleTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was expected and what came; '' where it passed. */
  readonly message: string;
}

/** When every test starts, seconds since the epoch: the first second of a minute. */
export const START_SECONDS = 1_767_225_600;

/** Runs a rule's embedded tests, each from an empty window. */
export function runRuleTests(rule: Rule): readonly RuleTestResult[] {
  const set = compileRuleSet([rule]);
  return rule.tests.map((test) => {
    const message = runTest(rule, set, test);
    return { name: test.name, passed: message === '', message };
  });
}

function runTest(rule: Rule, set: RuleSet, test: RuleTest): string {
  const firings: Severity[] = [];
  const windows = new Map<string, readonly WindowState[]>();
  for (const event of test.events) {
    for (let i = 0; i < event.repeat; i += 1) {
      const failed = judge(rule, set, event, windows, firings);
      if (failed !== undefined) return failed;
    }
  }
  return compare(test.expect, firings);
}

function judge(
  rule: Rule,
  set: RuleSet,
  event: RuleTestEvent,
  windows: Map<string, readonly WindowState[]>,
  firings: Severity[],
): string | undefined {
  const seconds = START_SECONDS + event.atSeconds;
  const view = viewOf({ timestamp: seconds, ...event.raw }, rule.feed);
  const { matches, failures } = set.match(view);
  if (view.payloadError !== undefined) return `the payload of an event does not decode: ${view.payloadError}`;
  for (const failure of failures) return `the rule has no verdict on an event: ${failure.reason}`;
  for (const match of matches) {
    if (louderThan(match, event.also).length > 0) continue;
    const group = JSON.stringify(groupValues(rule, view));
    const observed = observeMatch(match, windows.get(group) ?? [], seconds);
    windows.set(group, observed.states);
    if (observed.fired) firings.push(match.severity);
  }
  return undefined;
}

function compare(expect: Expectation, firings: readonly Severity[]): string {
  const { count, severity } = expect;
  if (count !== undefined && firings.length !== count)
    return `expected the rule to fire ${timesOf(count)}, but it fired ${timesOf(firings.length)}`;
  if (count === undefined && firings.length === 0) return 'expected the rule to fire, but it stayed silent';
  const other = severity && firings.find((fired) => fired !== severity);
  return other ? `expected severity ${severity}, but an alert is ${other}` : '';
}

function timesOf(count: number): string {
  if (count === 0) return 'never';
  return count === 1 ? 'once' : `${count} times`;
}
