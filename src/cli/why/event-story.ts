import type { StoredAlert } from '../../core/alert.ts';
import { eventId } from '../../core/event.ts';
import type { EventRecord } from '../../core/records.ts';
import { sharedBy, toFired } from '../../pipeline/firing.ts';
import { folded } from '../../pipeline/fold.ts';
import { createRedactor } from '../../redaction/index.ts';
import { type Change, type EventView, type Rule, viewOf } from '../../rules/index.ts';
import { type Deliveries, eventDeliveries } from './deliveries.ts';
import { type NearMiss, nearMisses } from './near-misses.ts';
import { type AlertStory, alertStory, alertsShowing, type Sources } from './stories.ts';
import { type WindowStory, windowStories } from './windows.ts';

export interface EventStory extends Deliveries {
  readonly event: EventRecord;
  /** What the rules of now say of it; absent where they cannot be asked. */
  readonly present?: {
    readonly payloadError?: string;
    /** Rules that match now and did not then. */
    readonly added: readonly string[];
    /** Rules that matched then: `gone` are no rules any more, `changed` do not match any more. */
    readonly gone: readonly string[];
    readonly changed: readonly string[];
    readonly nearMisses: readonly NearMiss[];
  };
  readonly windows: readonly WindowStory[];
  /** One for each rule that fired on it; of many the first few. */
  readonly alerts: readonly AlertStory[];
  readonly omittedAlerts: number;
}

const MOST_ALERTS = 20;

export async function eventStory(sources: Sources, event: EventRecord): Promise<EventStory> {
  const { store, config, ruleSet } = sources;
  const view = event.raw && viewOf(event.raw, event.feed, await changeOf(sources, event));
  const matched = new Set(event.rules.map(({ rule }) => rule));
  // What yielded is in no window and no alert.
  const counted = new Set(event.rules.flatMap(({ rule, yieldedTo }) => (yieldedTo ? [] : [rule])));
  const rules = (ruleSet?.rules ?? []).filter(({ id }) => counted.has(id));
  const present = view && presentOf(sources, view, matched);
  const windows = view === undefined ? [] : await windowsOf(sources, rules, event, view);
  const alerts = await alertsOf(sources, rules, event, view);
  const shown = alerts.slice(0, MOST_ALERTS);
  return {
    event,
    ...(present === undefined ? {} : { present }),
    windows,
    alerts: await Promise.all(shown.map((alert) => alertStory(sources, alert, event.committedMs))),
    omittedAlerts: alerts.length - shown.length,
    ...(await eventDeliveries(store.records, event, config?.destinations ?? [])),
  };
}

/** Revisions of one object that are looked through. */
const MOST_REVISIONS = 50;

/** Whether this state of its object was the first that anybody saw, as far as is still known. */
async function changeOf(
  { store: { records } }: Sources,
  { source, feed, feedId, revision, committedMs }: EventRecord,
): Promise<Change | undefined> {
  if (revision === undefined) return undefined;
  const ids = await records.eventIds(`${eventId(source, feed, feedId)}/`, MOST_REVISIONS);
  const others = await Promise.all(ids.map((id) => records.readEvent(id)));
  const isLater = others.some((other) => other !== undefined && other.committedMs < committedMs);
  return isLater ? 'changed' : 'first_seen';
}

function presentOf(
  { config, ruleSet, origins }: Sources,
  view: EventView,
  before: ReadonlySet<string>,
): EventStory['present'] {
  if (ruleSet === undefined || origins === undefined) return undefined;
  const now = new Set(ruleSet.match(view).matches.map(({ rule }) => rule.id));
  const there = new Set(ruleSet.rules.map(({ id }) => id));
  const lost = [...before].filter((id) => !now.has(id));
  const others = ruleSet.rules.filter(({ id }) => !now.has(id));
  // What an operator is shown he pastes to others.
  const redactor = createRedactor(config?.redaction);
  const { payloadError } = view;
  return {
    ...(payloadError === undefined ? {} : { payloadError }),
    added: [...now].filter((id) => !before.has(id)),
    gone: lost.filter((id) => !there.has(id)),
    changed: lost.filter((id) => there.has(id)),
    nearMisses: nearMisses(others, view, origins).map(({ condition, ...miss }) => ({
      ...miss,
      condition: { ...condition, saw: redactor.text(condition.saw) },
    })),
  };
}

async function windowsOf(
  { store }: Sources,
  rules: readonly Rule[],
  { source }: EventRecord,
  view: EventView,
): Promise<readonly WindowStory[]> {
  const windowed = rules.filter(({ aggregations }) => aggregations.length > 0);
  const stories = await Promise.all(
    windowed.map((rule) => windowStories(store.records, rule, sharedBy(rule, source, view).windows)),
  );
  return stories.flat();
}

/**
 * Those that its rules count it in, and those that show it: rules may have changed since. Where a rule has no alert for it,
 * it may stand in the one of many actors.
 */
async function alertsOf(
  sources: Sources,
  rules: readonly Rule[],
  event: EventRecord,
  view: EventView | undefined,
): Promise<readonly StoredAlert[]> {
  const { records } = sources.store;
  const find = (fingerprint: string): Promise<readonly StoredAlert[]> => records.findAlerts(fingerprint, 1);
  const found = await Promise.all(
    rules.map(async (rule) => {
      const own = view === undefined ? [] : await find(sharedBy(rule, event.source, view).fingerprint);
      return own.length > 0 ? own : manyOf(sources, rule, event, view, find);
    }),
  );
  const showing = event.rules.length === 0 ? [] : await alertsShowing(sources, event);
  const all = [...found.flat(), ...showing];
  return [...new Map(all.map((alert) => [alert.fingerprint, alert])).values()];
}

/** The alert of many that counts it, as its rule and the routes are now. */
async function manyOf(
  { ruleSet, config }: Sources,
  rule: Rule,
  event: EventRecord,
  view: EventView | undefined,
  find: (fingerprint: string) => Promise<readonly StoredAlert[]>,
): Promise<readonly StoredAlert[]> {
  if (view === undefined || event.raw === undefined || config === undefined) return [];
  const match = ruleSet?.match(view).matches.find((each) => each.rule.id === rule.id);
  if (match === undefined) return [];
  const judged = { event: { ...event, raw: event.raw }, view };
  const { firing } = folded(toFired(match, judged, config.alerts.resolveAfterMs), config.routes);
  const many = await find(firing.fingerprint);
  return many.filter((alert) => alert.firstSeenMs <= event.timeMs && event.timeMs <= alert.lastSeenMs);
}
