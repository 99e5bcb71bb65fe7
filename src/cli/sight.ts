import { blindnessOf, blindText } from '../alerts/blind.ts';
import type { TocsinConfig } from '../app/load.ts';
import { watchedFeeds } from '../app/pipeline.ts';
import type { Alert, Blindness } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import type { Store } from '../core/store.ts';
import { staleFromMs } from '../pipeline/feed-watch.ts';
import { iso } from './table.ts';

/** Why nobody can see whether an alert goes on; undefined where it can be seen, as far as the store tells. */
export type Seeing = (alert: Alert) => Blindness | undefined;

/** @param config absent: how long a feed may go unread is not known */
export async function readSeeing(
  store: Pick<Store, 'readFeedStates'>,
  config: Pick<TocsinConfig, 'sources'> | undefined,
  nowMs: number,
): Promise<Seeing> {
  const states = await store.readFeedStates();
  const feeds = await feedsOf(config?.sources ?? []);
  return (alert) => {
    if (alert.feed === 'operations') return undefined;
    const isOwn = (each: { source: string; feed: string }): boolean =>
      each.source === alert.source && each.feed === alert.feed;
    const patience = feeds.find(isOwn)?.patience;
    const stale = patience && { staleFromMs: (heardMs: number) => staleFromMs(patience, heardMs) };
    return blindnessOf(alert, { gaps: [], ...states.find(isOwn), isWatched: true, ...stale }, nowMs);
  };
}

async function feedsOf(configured: TocsinConfig['sources']) {
  const sources = configured.map((source) => source.create({ clock: systemClock, random: systemRandom }));
  const feeds = watchedFeeds(sources);
  await Promise.all(sources.map((source) => source.close()));
  return feeds;
}

/** For people: a line, or none. */
export function blindLines({ lastSeenMs }: Alert, blind: Blindness | undefined): readonly string[] {
  const text = blind && blindText({ lastSeenMs, blind });
  return text === undefined ? [] : [`nobody can see whether it goes on: ${text}`];
}

/** For programs. */
export function blindJson(blind: Blindness | undefined) {
  return blind && { since: iso(blind.sinceMs), reason: blind.reason };
}
