import { type Severity, severityRank } from '../core/severity.ts';
import type { OpenCount } from '../core/store.ts';
import { fingerprint } from './fingerprint.ts';

/**
 * How grave a firing is, as far as folding goes. Each tier has room that no milder one can take:
 * - `mild`: up to MEDIUM
 * - `high`: HIGH
 * - `critical`: CRITICAL
 * - `exploit`: the feed says that the attack succeeded, whatever the rule's severity
 */
export type Tier = 'mild' | 'high' | 'critical' | 'exploit';

export const TIERS: readonly Tier[] = ['mild', 'high', 'critical', 'exploit'];

export function tierOf(severity: Severity, isExploit: boolean): Tier {
  if (isExploit) return 'exploit';
  if (severity === 'CRITICAL') return 'critical';
  return severityRank(severity) >= severityRank('HIGH') ? 'high' : 'mild';
}

/** What stands in the place of values that differ: attackers choose those, and how many there are. */
export const MANY: Readonly<Record<Tier, string>> = {
  mild: 'many (up to MEDIUM)',
  high: 'many (HIGH)',
  critical: 'many (CRITICAL)',
  exploit: 'many (successful exploits)',
};

/**
 * The fingerprint of the alert that takes those for which there is no room: of one source, rule, tier and way through the
 * routes, so that each is told to whom it would be told otherwise, and none hides in what some route keeps quiet.
 * @param routes ids, in their order
 */
export function foldedFingerprint(
  rule: string,
  source: string,
  tier: Tier,
  routes: readonly string[],
): string {
  // No rule groups by these words.
  return fingerprint(rule, { source, many: tier, routes: JSON.stringify(routes) });
}

/** How much may be open at once of what attackers can invent: what is beyond it is folded. For the mildest tier. */
export interface Bounds {
  /** Alerts or windows of one source and rule. */
  readonly each: number;
  /** Alerts or windows in all. */
  readonly all: number;
  /** Alerts as members of groups, in all: while nobody may be told, those that are over stay for it. */
  readonly members: number;
}

/** Graver tiers may go beyond what milder ones have filled. */
const SHARE: Readonly<Record<Tier, number>> = { mild: 1, high: 2, critical: 4, exploit: 6 };

/** An alert whose texts are all as long as they may be is of some 130 KB in the store, an ordinary one of 3 KB. */
const BYTES_PER_ALERT = 512 * 1_024;
const LEAST = 64;
/** Beyond this, nobody would tell them apart. */
const MOST = 2_048;
const MEMBERS_PER_ALERT = 8;

/** So that what is open always fits into the store, and leaves most of it to events. */
export function boundsFor(maxBytes: number): Bounds {
  const all = Math.min(MOST, Math.max(LEAST, Math.floor(maxBytes / BYTES_PER_ALERT)));
  return { each: all / 4, all, members: all * MEMBERS_PER_ALERT };
}

/** What is counted together: a source and rule. */
export function placeOf({ source, rule }: { readonly source: string; readonly rule: string }): string {
  return JSON.stringify([source, rule]);
}

export function countsOf(counts: readonly OpenCount[]): ReadonlyMap<string, number> {
  return new Map(counts.map(({ place, count }) => [place, count]));
}

/** How many there are, of one source and rule and in all. */
export interface Open {
  readonly each: number;
  readonly all: number;
  /** Alerts as members of groups. */
  readonly members: number;
}

/**
 * - `room`: it is told apart from others
 * - `rule_full`: too many are open of its source and rule
 * - `all_full`: too many are open in all
 * - `members_full`: too many, open or over, are still to be told of
 */
export type FoldReason = 'room' | 'rule_full' | 'all_full' | 'members_full';

/** Whether one more may be open. */
export function decideFold(open: Open, tier: Tier, bounds: Bounds): FoldReason {
  const share = SHARE[tier];
  if (open.each >= bounds.each * share) return 'rule_full';
  if (open.all >= bounds.all * share) return 'all_full';
  return open.members >= bounds.members * share ? 'members_full' : 'room';
}

/** Counts what opens within one transaction on top of what was open before it. */
export class Room {
  readonly #each: Map<string, number>;
  readonly #bounds: Bounds;
  #all: number;
  #members: number;

  /** @param open by source and rule */
  constructor(open: ReadonlyMap<string, number>, bounds: Bounds, members = 0) {
    this.#each = new Map(open);
    this.#bounds = bounds;
    this.#all = sum(open);
    this.#members = members;
  }

  /** Whether so many more can be open, of whatever tier: nothing need be looked at one by one. */
  hasFor(more: ReadonlyMap<string, number>): boolean {
    const { each, all, members } = this.#bounds;
    const total = sum(more);
    if (this.#all + total > all || this.#members + total > members) return false;
    return [...more].every(([place, count]) => (this.#each.get(place) ?? 0) + count <= each);
  }

  /** Opens one more of a source and rule, where there is room for it. */
  take(place: string, tier: Tier): FoldReason {
    const each = this.#each.get(place) ?? 0;
    const reason = decideFold({ each, all: this.#all, members: this.#members }, tier, this.#bounds);
    if (reason !== 'room') return reason;
    this.#each.set(place, each + 1);
    this.#all += 1;
    this.#members += 1;
    return reason;
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
