import {
  type Bounds,
  countsOf,
  foldedFingerprint,
  MANY,
  placeOf,
  Room,
  type Tier,
  tierOf,
} from '../alerts/fold.ts';
import type { Firing } from '../alerts/lifecycle.ts';
import { chooseRoutes, type Route, routeIdOf } from '../alerts/route.ts';
import type { StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { FiredRule } from './firing.ts';

/** Terms that the configuration decides and no attacker: in these a folded alert or group still differs from others. */
const FIXED: ReadonlySet<string> = new Set(['rule', 'rule_name', 'severity', 'source', 'feed']);

/**
 * What fired, with what there is no room for folded: one alert "many actors" a source, rule, tier and way through the routes takes the place of
 * those that would open. Alerts that are open already go on as they are. Groups need no bound of their own: an alert is at home
 * in one group for each of its destinations, whatever its route groups by.
 */
export async function fold(
  tx: StoreTx,
  fired: readonly FiredRule[],
  bounds: Bounds,
  routes: readonly Route<TermSource>[],
): Promise<readonly FiredRule[]> {
  const own = fired.filter(({ firing }) => firing.feed !== 'operations');
  if (own.length === 0) return fired;
  const fresh = new Map(own.map(({ firing }) => [firing.fingerprint, placeOf(firing)]));
  const room = new Room(countsOf(await tx.countOpenAlerts()), bounds, await tx.countMembers());
  if (room.hasFor(tally([...fresh.values()])))
    return fired.map((each) => (each.isFolded === true ? folded(each, routes) : each));
  const open = new Set(await tx.openAmong([...fresh.keys()]));
  return fired.map((each) => {
    const { firing, isFolded } = each;
    const isKnown = open.has(firing.fingerprint) || each.isUpdate === true;
    if (firing.feed === 'operations' || isKnown) return each;
    if (isFolded === true || room.take(placeOf(firing), tierOfFiring(firing)) !== 'room')
      return folded(each, routes);
    open.add(firing.fingerprint);
    return each;
  });
}

function tierOfFiring({ severity, event }: Firing): Tier {
  return tierOf(severity, event.successfulExploit === true);
}

const NOTE =
  'Matches of more actors, or of whatever else this rule tells apart, than may be open at once: they are counted here together, ' +
  'and the events shown are the newest of them.';

/** As the firing of an alert that many share. `when` of routes still sees the event at hand, groups see what all share. */
export function folded(each: FiredRule, routes: readonly Route<TermSource>[]): FiredRule {
  const { firing, subject } = each;
  const tier = tierOfFiring(firing);
  const way = chooseRoutes(routes, subject).map(routeIdOf);
  const many = MANY[tier];
  const terms = Object.keys(firing.group);
  const shared = Object.fromEntries(terms.map((term) => [term, many]));
  const { description = '' } = firing;
  return {
    ...each,
    firing: {
      ...firing,
      fingerprint: foldedFingerprint(firing.rule, firing.source, tier, way),
      ruleName: `${firing.ruleName}: ${nameOf(terms)}`,
      description: description === '' ? NOTE : `${NOTE}\n\n${description}`,
      group: shared,
    },
    grouped: groupedBy(firing, subject, many),
  };
}

function nameOf(terms: readonly string[]): string {
  return terms.length === 1 && terms[0] === 'actor' ? 'many actors' : `many of ${terms.join(', ')}`;
}

function groupedBy(firing: Firing, subject: TermSource, many: string): TermSource {
  return {
    get: (term) => (isFixed(term, subject.get(term), firing) ? subject.get(term) : many),
    nowSeconds: subject.nowSeconds,
  };
}

/** A rule's own category is fixed, one that the event brings is not. */
function isFixed(term: string, value: unknown, { category }: Firing): boolean {
  return FIXED.has(term) || (term === 'category' && category !== undefined && value === category);
}

function tally(places: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return counts;
}
