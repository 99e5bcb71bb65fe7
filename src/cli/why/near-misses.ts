import {
  type EventView,
  type ExplainedPart,
  explainRule,
  type FilterOrigins,
  type Rule,
} from '../../rules/index.ts';
import { CONNECTING, type LeafCondition, leavesOf } from '../conditions.ts';

/** A rule that all but matched: exactly one of its conditions would have had to decide otherwise. */
export interface NearMiss {
  readonly rule: string;
  readonly file?: string;
  readonly condition: LeafCondition;
  /** The condition holds, and stands under `ignore`. */
  readonly isIgnored: boolean;
  /** How many of its conditions held. */
  readonly held: number;
}

const MOST = 5;

/** The nearest first: those of whose conditions the most held. */
export function nearMisses(
  rules: readonly Rule[],
  view: EventView,
  origins: FilterOrigins,
): readonly NearMiss[] {
  return rules
    .filter(({ feed }) => feed === view.feed)
    .flatMap((rule) => nearMiss(rule, explainRule(rule, view, origins).filters) ?? [])
    .sort((a, b) => b.held - a.held)
    .slice(0, MOST);
}

function nearMiss({ id, file }: Rule, filters: readonly ExplainedPart[]): NearMiss | undefined {
  const named = (name: string): ExplainedPart | undefined => filters.find(({ word }) => word === name);
  const filter = named('filter');
  const ways = filter === undefined ? [named('success_filter'), named('failure_filter')] : [filter];
  const positive = fewest(ways.map((way) => way && changes(way, true)));
  const ignore = named('ignore');
  const ignored = ignore === undefined ? [] : changes(ignore, false);
  if (positive === undefined || ignored === undefined) return undefined;
  const [condition, ...more] = [...positive, ...ignored];
  if (condition === undefined || more.length > 0) return undefined;
  const leaves = ways.flatMap((way) => (way === undefined ? [] : leavesOf(way)));
  const held = leaves.filter(({ verdict }) => verdict === 'true').length;
  // A rule of one condition fails by one on every event.
  if (held === 0) return undefined;
  const place = file === undefined ? {} : { file };
  return { rule: id, ...place, condition, isIgnored: ignored.length > 0, held };
}

type Changes = readonly LeafCondition[] | undefined;

/** The fewest conditions that would have to decide otherwise for this part to hold, or not to; undefined where none can. */
function changes(part: ExplainedPart, wanted: boolean, above: readonly string[] = []): Changes {
  const { word, parts, operands, verdict } = part;
  if (verdict === (wanted ? 'true' : 'false')) return [];
  if (operands !== undefined) return leavesOf(part, above);
  const words = CONNECTING.has(word) ? above : [...above, word];
  const inner = parts.map((each) => changes(each, wanted, words));
  if ((word === 'or') === wanted) return fewest(inner);
  return inner.some((each) => each === undefined) ? undefined : nonEmpty(inner.flatMap((each) => each ?? []));
}

/** Where nothing below is to be changed and yet it decided otherwise, no single condition did. */
function nonEmpty(found: readonly LeafCondition[]): Changes {
  return found.length === 0 ? undefined : found;
}

function fewest(all: readonly Changes[]): Changes {
  return all.reduce<Changes>((best, each) => {
    if (each === undefined) return best;
    return best === undefined || each.length < best.length ? each : best;
  }, undefined);
}
