import type { Sight } from '../alerts/blind.ts';
import type { Alert } from '../core/alert.ts';
import type { FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { AlertFeedName, StoreTx } from '../core/store.ts';
import type { Rule } from '../rules/index.ts';
import { type Patience, staleFromMs } from './feed-watch.ts';
import { isQuarantined, type Overruns } from './quarantine.ts';

/** What the daemon looks at, and how well. */
export interface Watch {
  /** Those that are polled. */
  readonly feeds: readonly (FeedName & { readonly patience?: Patience })[];
  readonly rules: readonly Pick<Rule, 'id' | 'feed'>[];
  readonly destinations: readonly { readonly name: string }[];
  /** Of each rule that overran. */
  readonly overruns?: ReadonlyMap<string, Overruns>;
  /** When Tocsin last looked how it does itself; undefined before the first look. Wall time. */
  readonly ownLookMs?: () => number | undefined;
}

/** What can be seen of alerts, as one transaction found it. */
export interface Sights {
  of(alert: AlertFeedName & Pick<Alert, 'rule' | 'group'>): Sight;
  /** How far the feed was read; undefined where that is not known. */
  readThroughMs(feed: AlertFeedName): number | undefined;
  /** Nothing is read that could end its alerts: they end by the time. */
  isTimed(feed: AlertFeedName): boolean;
}

/** @param watch undefined where nothing is polled: then the clock alone decides what is over */
export async function readSights(
  tx: Pick<StoreTx, 'readFeedState'>,
  watch: Watch | undefined,
  nowMs: number,
): Promise<Sights> {
  if (watch === undefined) return allInSight(nowMs);
  const states = await Promise.all(watch.feeds.map(({ source, feed }) => tx.readFeedState({ source, feed })));
  return sightsOf(
    watch,
    states.flatMap((state) => state ?? []),
    nowMs,
  );
}

function sightsOf(watch: Watch, states: readonly FeedState[], nowMs: number): Sights {
  const subjects = subjectsOf(watch);
  const known = new Map(states.map((state) => [keyOf(state), state]));
  const patiences = new Map(watch.feeds.map((feed) => [keyOf(feed), feed.patience]));
  /** A clock that has gone back since makes a time that lies ahead: it proves nothing, and the next poll corrects it. */
  const readThroughMs = (feed: AlertFeedName): number | undefined => {
    const ms = feed.feed === 'operations' ? watch.ownLookMs?.() : known.get(keyOf(feed))?.readThroughMs;
    return ms === undefined || ms > nowMs ? undefined : ms;
  };
  return {
    readThroughMs,
    isTimed: ({ feed }) => feed === 'operations',
    of(alert) {
      const key = keyOf(alert);
      const quarantine = quarantineOf(watch.overruns?.get(alert.rule), nowMs);
      const patience = patiences.get(key);
      const throughMs = readThroughMs(alert);
      const { readThroughMs: _ahead, ...state } = known.get(key) ?? { gaps: [] };
      return {
        ...state,
        isWatched: subjects.have(alert),
        ...(throughMs === undefined ? {} : { readThroughMs: throughMs }),
        ...(patience === undefined
          ? {}
          : { staleFromMs: (heardMs: number) => staleFromMs(patience, heardMs) }),
        ...(quarantine === undefined ? {} : { quarantine }),
      };
    },
  };
}

function allInSight(nowMs: number): Sights {
  return {
    readThroughMs: () => nowMs,
    isTimed: () => true,
    of: () => ({ isWatched: true, readThroughMs: nowMs, gaps: [] }),
  };
}

function quarantineOf(overruns: Overruns | undefined, nowMs: number): Sight['quarantine'] {
  if (overruns?.sinceMs === undefined) return undefined;
  const { sinceMs, untilMs } = overruns;
  return untilMs <= nowMs || isQuarantined(overruns, nowMs) ? { sinceMs, untilMs } : undefined;
}

/**
 * What alerts can be about: feeds and rules, and for what Tocsin says of itself destinations too. Dead letters outlive
 * their destination.
 */
function subjectsOf({ feeds, rules, destinations }: Watch) {
  const known = new Set(feeds.map(keyOf));
  const asked = new Set(rules.map(({ id, feed }) => JSON.stringify([id, feed])));
  const ids = new Set(rules.map(({ id }) => id));
  const names = new Set(destinations.map(({ name }) => name));

  function isOwn({ rule, group: { source, feed, destination, rule: about } }: Pick<Alert, 'rule' | 'group'>) {
    if (source !== undefined && feed !== undefined) return known.has(JSON.stringify([source, feed]));
    if (destination !== undefined) return names.has(destination) || rule === 'tocsin-dead-letters';
    return about === undefined || ids.has(about);
  }

  return {
    have(alert: AlertFeedName & Pick<Alert, 'rule' | 'group'>): boolean {
      if (alert.feed === 'operations') return isOwn(alert);
      return known.has(keyOf(alert)) && asked.has(JSON.stringify([alert.rule, alert.feed]));
    },
  };
}

function keyOf({ source, feed }: AlertFeedName): string {
  return JSON.stringify([source, feed]);
}
