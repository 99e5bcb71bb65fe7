import type { Feed } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Severity } from '../core/severity.ts';
import type { Filter } from './filter-tree.ts';
import type { WindowCondition } from './windows.ts';

export interface RuleInfo {
  readonly name?: string;
  readonly description?: string;
  /** `category.name`. */
  readonly category?: string;
  readonly subCategory?: string;
  /** Everything else under `info`, as written. */
  readonly other: JsonObject;
}

/** One entry of `aggregation_rules`. */
export interface Aggregation {
  readonly name: string;
  readonly condition: WindowCondition;
}

/** What an embedded test expects of its events, in the order given. */
export interface Expectation {
  /** How often the rule fires; undefined is at least once. */
  readonly count?: number;
  /** Of the firings. */
  readonly severity?: Severity;
}

export interface RuleTestEvent {
  readonly raw: JsonObject;
  /** Seconds after the start of the test. */
  readonly atSeconds: number;
  readonly repeat: number;
  /** Other rules that raise an alert on it too: for rules that yield. */
  readonly also: readonly { readonly rule: string; readonly severity: Severity }[];
}

/** One entry of `tests`. */
export interface RuleTest {
  readonly name: string;
  readonly events: readonly RuleTestEvent[];
  readonly expect: Expectation;
}

/** A rule as parsed and checked. */
export interface Rule {
  readonly id: string;
  readonly file?: string;
  readonly feed: Feed;
  /** Undefined leaves the severity to the event. */
  readonly severity?: Severity;
  readonly info: RuleInfo;
  readonly filter?: Filter;
  readonly ignore?: Filter;
  readonly successFilter?: Filter;
  readonly failureFilter?: Filter;
  /** Empty: the rule fires on every match. */
  readonly aggregations: readonly Aggregation[];
  readonly groupBy: readonly string[];
  readonly runbook?: string;
  /** Its alerts are over after so much quiet; undefined leaves it to the configuration. */
  readonly resolveAfterMs?: number;
  /** Raises an alert only on events of which no other rule, at least as severe, raises one. */
  readonly yields?: true;
  readonly tests: readonly RuleTest[];
  /** Top-level keys that Tocsin does not read, `wordLists` among them. */
  readonly other: Readonly<Record<string, Json>>;
}
