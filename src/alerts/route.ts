import type { Timing } from './group.ts';

/** One entry of `routes:`. `Subject` is whatever its filter looks at. */
export interface Route<Subject> {
  readonly name: string;
  /** Absent: everything. */
  readonly when?: { matches(subject: Subject): boolean };
  readonly to: readonly string[];
  /** Go on to later routes after this one matched. */
  readonly continue: boolean;
  /** Terms whose values alerts must share to be told of together. */
  readonly groupBy: readonly string[];
  readonly timing: Timing;
}

/** The routes a subject takes: the first that matches, and further ones while `continue` says so. */
export function chooseRoutes<Subject>(
  routes: readonly Route<Subject>[],
  subject: Subject,
): readonly Route<Subject>[] {
  const chosen: Route<Subject>[] = [];
  for (const route of routes) {
    if (route.when !== undefined && !route.when.matches(subject)) continue;
    chosen.push(route);
    if (!route.continue) break;
  }
  return chosen;
}
