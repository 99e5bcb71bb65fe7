import { type Bounds, countsOf, placeOf, Room, tierOf } from '../alerts/fold.ts';
import type { StoredWindow, StoreTx, WindowKey } from '../core/store.ts';
import type { RuleMatch } from '../rules/index.ts';
import type { Verdict } from './judge.ts';

interface KeyText {
  readonly key: WindowKey;
  readonly text: string;
}

/** One match, and the windows that it is counted in. */
export interface Sighting {
  readonly match: RuleMatch;
  readonly verdict: Verdict;
  readonly keys: readonly KeyText[];
  /** Those of its rule and source that take what there is no room for. */
  readonly many: readonly KeyText[];
}

export function textOf({ rule, condition, group }: WindowKey): string {
  return JSON.stringify([rule, condition, group]);
}

/**
 * The windows of those for whom there is no room: one a source, rule and condition. It counts all of them together, so
 * that its rule fires sooner than it would, never later.
 */
export function manyKeys({ match, verdict }: Pick<Sighting, 'match' | 'verdict'>): readonly KeyText[] {
  const { rule } = match;
  // The group of any other window has the values of `group_by` behind the source.
  const group = JSON.stringify([verdict.event.source]);
  return rule.aggregations.map((_, condition) => {
    const key = { rule: rule.id, condition, group };
    return { key, text: textOf(key) };
  });
}

/** In which windows a match is counted. Asked in the order in which matches are counted. */
export type RoomFor = (sighting: Sighting) => 'own' | 'many';

/** Decides within one transaction which sightings have windows of their own. */
export async function windowRoom(
  tx: StoreTx,
  sightings: readonly Sighting[],
  stored: readonly StoredWindow[],
  bounds: Bounds | undefined,
  nowMs: number,
): Promise<RoomFor> {
  const known = new Set(stored.filter(({ expiresMs }) => expiresMs > nowMs).map(textOf));
  const isFresh = ({ keys: [first] }: Sighting): boolean => first !== undefined && !known.has(first.text);
  if (bounds === undefined || !sightings.some(isFresh)) return () => 'own';
  const room = new Room(countsOf(await tx.countWindows(nowMs)), bounds);
  const states = new Map(stored.map((window) => [textOf(window), window.state]));
  /** By the first of its keys: whether what is counted for many now began within its window. */
  const live = new Map<string, boolean>();

  return (sighting) => {
    const [first] = sighting.keys;
    const [many] = sighting.many;
    if (first === undefined || many === undefined || known.has(first.text)) return 'own';
    // While many are counted together nobody leaves them: what he has done already would not count for him.
    const isLive = live.get(many.text) ?? isUsed(states.get(many.text), sighting);
    const { rule, severity } = sighting.match;
    const tier = tierOf(severity, sighting.verdict.view.get('successful_exploit') === true);
    const place = placeOf({ source: sighting.verdict.event.source, rule: rule.id });
    const choice = !isLive && room.take(place, tier) === 'room' ? 'own' : 'many';
    live.set(many.text, isLive || choice === 'many');
    if (choice === 'own') known.add(first.text);
    return choice;
  };
}

function isUsed(state: StoredWindow['state'] | undefined, { match, verdict }: Sighting): boolean {
  if (state === undefined) return false;
  const lastsMinutes = Math.max(...match.rule.aggregations.map(({ condition }) => condition.windowThreshold));
  const counted = state.counts.at(-2) ?? Number.NEGATIVE_INFINITY;
  const newest = state.seen.reduce((last, [, minutes]) => Math.max(last, minutes.at(-1) ?? 0), counted);
  return newest >= Math.floor(verdict.event.timeMs / 60_000) - lastsMinutes;
}
