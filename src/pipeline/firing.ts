import { fingerprint } from '../alerts/fingerprint.ts';
import type { Bounds } from '../alerts/fold.ts';
import type { Firing } from '../alerts/lifecycle.ts';
import type { Route } from '../alerts/route.ts';
import type { StoredWindow, StoreTx, WindowKey } from '../core/store.ts';
import {
  ALERT_TERMS,
  EMPTY_WINDOW,
  type EventView,
  groupValues,
  inYieldingOrder,
  observeMatch,
  type Rule,
  type RuleMatch,
  type TermSource,
  type WindowState,
} from '../rules/index.ts';
import type { Verdict } from './judge.ts';
import type { OperationalFact } from './operations.ts';
import { labelOf, shortened, summarise } from './summary.ts';
import { manyKeys, type RoomFor, type Sighting, textOf, windowRoom } from './window-room.ts';
import { type Raised, yieldsTo } from './yielding.ts';

/** A rule that fired on an event, and what its routes look at. */
export interface FiredRule {
  readonly firing: Firing;
  readonly subject: TermSource;
  /** What groups see, where it is not that: one alert of many actors must not make as many groups. */
  readonly grouped?: TermSource;
  /** It was counted in a window of many, so it is told of as many. */
  readonly isFolded?: true;
  /** A later state of an object that its rule has matched before: nothing new to count or to tell. */
  readonly isUpdate?: true;
  /** Destinations that cannot tell anybody of it now. */
  readonly unfit?: readonly string[];
}

type Judged = Pick<Verdict, 'event' | 'view'>;

const MINUTE_MS = 60_000;
/** A window is kept this much longer than it lasts: events arrive late, and polls lag. */
const WINDOW_GRACE_MS = 24 * 60 * MINUTE_MS;

/** What a page's matches come to. */
export interface Fired {
  /** The matches on which a rule fires, in the order of the events. */
  readonly fired: readonly FiredRule[];
  /** Rules that gave way on an event, and to which rules; by the event's id and the rule's. */
  readonly yielded: Yielded;
}

export type Yielded = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/**
 * Counts matches in their windows and gives those on which a rule fires. A match that yields is counted in no window:
 * another rule has told of it, and windows count what is still to be told.
 */
export async function fire(
  tx: StoreTx,
  verdicts: readonly Verdict[],
  routes: readonly Route<TermSource>[],
  resolveAfterMs: number,
  nowMs: number,
  bounds?: Bounds,
): Promise<Fired> {
  const sightings = verdicts.map((verdict) =>
    inYieldingOrder(verdict.matches).map((match) => sightingOf(match, verdict)),
  );
  const all = sightings.flat();
  const stored = await tx.readWindows(distinctKeys(all));
  const windows = new Windows(stored, nowMs, await windowRoom(tx, all, stored, bounds, nowMs));
  const decided = sightings.map((ofOne) => decideOne(ofOne, windows, routes, resolveAfterMs));
  await tx.writeWindows(windows.changed());
  const yielded = verdicts.flatMap(({ event }, index) => {
    const gaveWay = decided[index]?.gaveWay;
    return gaveWay === undefined || gaveWay.size === 0 ? [] : [[event.id, gaveWay] as const];
  });
  return {
    fired: decided.flatMap(({ raised }) => raised.map((each) => each.fired)),
    yielded: new Map(yielded),
  };
}

/** What the matches of one event come to. @param sightings in the order in which they may yield */
function decideOne(
  sightings: readonly Sighting[],
  windows: Windows,
  routes: readonly Route<TermSource>[],
  resolveAfterMs: number,
) {
  const raised: Raised<FiredRule>[] = [];
  const gaveWay = new Map<string, readonly string[]>();
  for (const sighting of sightings) {
    const { match, verdict } = sighting;
    const own = (): Raised<FiredRule> => ({ match, fired: toFired(match, verdict, resolveAfterMs) });
    if (verdict.matchedBefore.has(match.rule.id)) {
      raised.push({ match, fired: { ...own().fired, isUpdate: true } });
      continue;
    }
    const mayYield = match.rule.yields === true && raised.length > 0;
    const to = mayYield ? yieldsTo(own(), raised, routes) : [];
    if (to.length > 0) {
      gaveWay.set(match.rule.id, to);
      continue;
    }
    const came = windows.observe(sighting);
    if (came !== 'counted')
      raised.push({
        match,
        fired: { ...own().fired, ...(came === 'fired_as_many' ? { isFolded: true } : {}) },
      });
  }
  return { raised, gaveWay };
}

function sightingOf(match: RuleMatch, verdict: Verdict): Sighting {
  const { rule } = match;
  if (rule.aggregations.length === 0) return { match, verdict, keys: [], many: [] };
  const keys = windowKeys(rule, verdict.event.source, groupOf(rule, verdict.view));
  const many = manyKeys({ match, verdict });
  return { match, verdict, keys: keys.map((key) => ({ key, text: textOf(key) })), many };
}

/** Attackers choose most of these texts: none of them may make a key or an alert large. */
function groupOf(rule: Rule, view: EventView): Record<string, string> {
  const values = Object.entries(groupValues(rule, view));
  return Object.fromEntries(values.map(([term, value]) => [term, shortened(value)]));
}

/** The alert and the windows that matches of a rule on such events share. */
export interface Shared {
  readonly fingerprint: string;
  readonly windows: readonly WindowKey[];
}

export function sharedBy(rule: Rule, source: string, view: EventView): Shared {
  const values = groupOf(rule, view);
  return {
    fingerprint: fingerprint(rule.id, { ...values, source }),
    windows: windowKeys(rule, source, values),
  };
}

function windowKeys(rule: Rule, source: string, values: Readonly<Record<string, string>>): WindowKey[] {
  // Sources are tenants: what happens at one neither fires nor hides anything at another.
  const group = JSON.stringify([source, ...Object.values(values)]);
  return rule.aggregations.map((_, condition) => ({ rule: rule.id, condition, group }));
}

function distinctKeys(sightings: readonly Sighting[]): readonly WindowKey[] {
  const keys = sightings.flatMap((sighting) => [...sighting.keys, ...sighting.many]);
  return [...new Map(keys.map(({ key, text }) => [text, key])).values()];
}

/** The windows that one page touches, as the transaction found them and as they become. */
class Windows {
  readonly #states: Map<string, WindowState>;
  readonly #changed = new Map<string, StoredWindow>();
  readonly #nowMs: number;
  readonly #roomFor: RoomFor;

  constructor(stored: readonly StoredWindow[], nowMs: number, roomFor: RoomFor) {
    this.#states = new Map(stored.map((window) => [textOf(window), window.state]));
    this.#nowMs = nowMs;
    this.#roomFor = roomFor;
  }

  /** Counts a match, in the windows of many where there is no room for its own. */
  observe(sighting: Sighting): 'counted' | 'fired' | 'fired_as_many' {
    const { match, verdict } = sighting;
    const isOwn = this.#roomFor(sighting) === 'own';
    const keys = isOwn ? sighting.keys : sighting.many;
    const before = keys.map(({ text }) => this.#states.get(text) ?? EMPTY_WINDOW);
    const { states, fired } = observeMatch(match, before, Math.floor(verdict.event.timeMs / 1_000));
    for (const [index, { key, text }] of keys.entries()) {
      const state = states[index];
      if (state === undefined || state === before[index]) continue;
      const lastsMs = (match.rule.aggregations[index]?.condition.windowThreshold ?? 0) * MINUTE_MS;
      this.#states.set(text, state);
      this.#changed.set(text, { ...key, state, expiresMs: this.#nowMs + lastsMs + WINDOW_GRACE_MS });
    }
    if (!fired) return 'counted';
    return isOwn ? 'fired' : 'fired_as_many';
  }

  changed(): readonly StoredWindow[] {
    return [...this.#changed.values()];
  }
}

/** One match as alerts and routes take it. */
export function toFired(match: RuleMatch, verdict: Judged, resolveAfterMs: number): FiredRule {
  const { rule, severity } = match;
  const { event, view } = verdict;
  const group = groupOf(rule, view);
  const { name = rule.id, description, category } = rule.info;
  const subject = subjectOf(match, verdict);
  const firing: Firing = {
    fingerprint: fingerprint(rule.id, { ...group, source: event.source }),
    rule: rule.id,
    ruleName: name,
    ...(description === undefined ? {} : { description }),
    ...(rule.runbook === undefined ? {} : { runbook: rule.runbook }),
    ...(category === undefined ? {} : { category }),
    severity,
    source: event.source,
    feed: event.feed,
    group,
    event: summarise(event, view),
    resolveAfterMs: rule.resolveAfterMs ?? resolveAfterMs,
    labels: labelsOf(subject),
  };
  return { firing, subject };
}

/** What `when` and the `group_by` of routes see: the rule's own words first, the event's for the rest. */
function subjectOf({ rule, severity }: RuleMatch, { event, view }: Judged): TermSource {
  const own = new Map<string, string | undefined>([
    ['rule', rule.id],
    ['rule_name', rule.info.name ?? rule.id],
    ['severity', severity],
    ['source', event.source],
    ['feed', event.feed],
  ]);
  if (rule.info.category !== undefined) own.set('category', rule.info.category);
  if (rule.info.subCategory !== undefined) own.set('sub_category', rule.info.subCategory);
  return {
    get: (term) =>
      own.has(term) ? own.get(term) : view.get(term === 'status_code' ? 'response_code' : term),
    fields: (term) => view.fields?.(term),
    isEmpty: (term) => view.isEmpty?.(term) ?? false,
    nowSeconds: Math.floor(event.timeMs / 1_000),
  };
}

/** What Tocsin says of itself is over when it has not said it again for so long. */
const OPERATIONS_RESOLVE_AFTER_MS = 60 * MINUTE_MS;

/** What silences, inhibition and commands can ask the alert for later, when its events are gone. */
function labelsOf(subject: TermSource): Firing['labels'] {
  const labels: [string, string | number | boolean][] = [];
  for (const term of ALERT_TERMS.keys()) {
    const value = labelOf(subject, term);
    if (value !== undefined) labels.push([term, value]);
  }
  return Object.fromEntries(labels);
}

/** As the rest of the pipeline takes alerts: routes see its rule, severity and source. */
export function firedBy(fact: OperationalFact): FiredRule {
  const { rule, name, description, severity, group, atMs, unfit } = fact;
  const { resolveAfterMs = OPERATIONS_RESOLVE_AFTER_MS } = fact;
  const id = fingerprint(rule, group);
  const terms = new Map<string, string>([
    ...Object.entries(group),
    ['rule', rule],
    ['rule_name', name],
    ['severity', severity],
    ['source', 'tocsin'],
    ['feed', 'operations'],
  ]);
  return {
    firing: {
      ...{ fingerprint: id, rule, ruleName: name, description, severity, group },
      ...{ source: 'tocsin', feed: 'operations' },
      event: { id: `tocsin/operations/${id}/${atMs}`, timeMs: atMs },
      labels: Object.fromEntries(terms),
      resolveAfterMs,
    },
    subject: { get: (term) => terms.get(term), nowSeconds: Math.floor(atMs / 1_000) },
    ...(unfit === undefined ? {} : { unfit }),
  };
}
