import type { Timing } from './group.ts';
import type { SpeakingTimes } from './intervals.ts';

/** One entry of `routes:`. `Subject` is whatever its filter looks at. */
export interface Route<Subject> {
  readonly name: string;
  /** What tells it from others through edits of the configuration, where that is not its name: it has none of its own. */
  readonly id?: string;
  /** Absent: everything. */
  readonly when?: { matches(subject: Subject): boolean };
  readonly to: readonly string[];
  /** Go on to later routes after this one matched. */
  readonly continue: boolean;
  /** Terms whose values alerts must share to be told of together. Absent: see pipeline/group-labels.ts. */
  readonly groupBy?: readonly string[];
  readonly timing: Timing;
  /** Tell when a group is over. */
  readonly sendResolved: boolean;
  readonly speaking: SpeakingTimes;
  /** Who is told besides where nobody has acknowledged a group for so long. */
  readonly escalate?: { readonly afterMs: number; readonly to: readonly string[] };
}

/** What tells a route from others, whatever stands before it in the configuration. */
export function routeIdOf({ id, name }: { readonly id?: string; readonly name: string }): string {
  return id ?? name;
}

/** A route as one subject takes it. */
export interface ChosenRoute<Subject> extends Route<Subject> {
  /** Those of its destinations that an earlier route tells already; `to` is without them. */
  readonly leftOut?: readonly string[];
}

/**
 * The routes a subject takes: the first that matches, and further ones while `continue` says so.
 * Each destination is told by the first that names it: nobody is paged twice for one fact.
 */
export function chooseRoutes<Subject>(
  routes: readonly Route<Subject>[],
  subject: Subject,
): readonly ChosenRoute<Subject>[] {
  const chosen: ChosenRoute<Subject>[] = [];
  const told = new Set<string>();
  for (const route of routes) {
    if (route.when !== undefined && !route.when.matches(subject)) continue;
    chosen.push(...withoutTold(route, told));
    for (const name of route.to) told.add(name);
    if (!route.continue) break;
  }
  return chosen;
}

function withoutTold<Subject>(
  route: Route<Subject>,
  told: ReadonlySet<string>,
): readonly ChosenRoute<Subject>[] {
  const leftOut = route.to.filter((name) => told.has(name));
  if (leftOut.length === 0) return [route];
  const to = route.to.filter((name) => !told.has(name));
  return to.length === 0 ? [] : [{ ...route, to, leftOut }];
}
