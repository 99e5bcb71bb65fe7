import { chooseRoutes, type Route } from '../alerts/route.ts';
import { louderThan, type RuleMatch, type TermSource } from '../rules/index.ts';

/** A match of one event with the alert that it raises, or brings up to date for a later state of its object. */
export interface Raised<Fired extends Telling = Telling> {
  readonly match: RuleMatch;
  readonly fired: Fired;
}

/** What routes look at, and whether there is nothing new to tell. */
interface Telling {
  readonly subject: TermSource;
  readonly isUpdate?: true;
}

/**
 * The rules that a match yields to, by their ids; none where it raises an alert of its own.
 * It yields only where nobody hears less for it: each destination that its own alert would have is told of one at
 * least as severe. Without this a route that takes one of the rules only would make the attack vanish.
 */
export function yieldsTo(
  own: Raised,
  raised: readonly Raised[],
  routes: readonly Route<TermSource>[],
): readonly string[] {
  const others = raised.filter(isTold).map((each) => ({ ...each, severity: each.match.severity }));
  const louder = louderThan(own.match, others);
  if (louder.length === 0) return [];
  const told = new Set(louder.flatMap(({ fired }) => [...hearers(fired, routes)]));
  const isHeard = [...hearers(own.fired, routes)].every((name) => told.has(name));
  return isHeard ? louder.map(({ match }) => match.rule.id) : [];
}

/** That an earlier state of an object matched means that it was told of, unless windows kept that back. */
function isTold({ match, fired }: Raised): boolean {
  return fired.isUpdate !== true || match.rule.aggregations.length === 0;
}

function hearers({ subject }: Telling, routes: readonly Route<TermSource>[]): ReadonlySet<string> {
  return new Set(chooseRoutes(routes, subject).flatMap(({ to }) => to));
}
