import { groupId } from '../alerts/fingerprint.ts';
import { mutedUntil } from '../alerts/intervals.ts';
import { chooseRoutes, routeIdOf } from '../alerts/route.ts';
import type { TocsinConfig } from '../app/load.ts';
import { groupLabels } from '../pipeline/group-labels.ts';
import type { ExplainedPart, TermSource } from '../rules/index.ts';

type ConfiguredRoute = TocsinConfig['routes'][number];

/**
 * - `taken`: its destinations are told
 * - `told-already`: it matches, and earlier routes tell all its destinations
 * - `not-matched`: its `when` does not hold
 * - `not-asked`: an earlier route matched and does not continue
 */
export type RouteOutcome = 'taken' | 'told-already' | 'not-matched' | 'not-asked';

/** What one route makes of a match. */
export interface RouteStep {
  readonly route: string;
  readonly outcome: RouteOutcome;
  /** How its `when` decides; absent where it has none, or was not asked. */
  readonly when?: ExplainedPart;
  /** Whom it tells, and whom an earlier route tells. */
  readonly to: readonly string[];
  readonly leftOut: readonly string[];
  readonly continues: boolean;
  /** Who is told besides where nobody acknowledges. */
  readonly escalate?: ConfiguredRoute['escalate'];
  /** Of one that is taken. */
  readonly group?: {
    readonly id: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly timing: ConfiguredRoute['timing'];
    readonly mutedUntilMs?: number;
  };
}

/** Goes through the routes in their order, as alerts do. */
export function walkRoutes(
  routes: readonly ConfiguredRoute[],
  subject: TermSource,
  atMs: number,
): readonly RouteStep[] {
  const chosen = new Map(chooseRoutes(routes, subject).map((route) => [route.name, route]));
  const steps: RouteStep[] = [];
  let isOver = false;
  for (const route of routes) {
    const step = stepOf(route, isOver, chosen.get(route.name), subject, atMs);
    steps.push(step);
    if (step.outcome !== 'not-matched' && !route.continue) isOver = true;
  }
  return steps;
}

function stepOf(
  route: ConfiguredRoute,
  isOver: boolean,
  chosen: ReturnType<typeof chooseRoutes<TermSource>>[number] | undefined,
  subject: TermSource,
  atMs: number,
): RouteStep {
  const { name, when, continue: continues } = route;
  const base = { route: name, continues, to: [], leftOut: [] };
  if (isOver) return { ...base, outcome: 'not-asked' };
  const asked = when === undefined ? base : { ...base, when: when.explain(subject) };
  if (when !== undefined && !when.matches(subject)) return { ...asked, outcome: 'not-matched' };
  if (chosen === undefined) return { ...asked, outcome: 'told-already', leftOut: route.to };
  const { to, leftOut = [] } = chosen;
  const further = route.escalate === undefined ? {} : { escalate: route.escalate };
  return {
    ...asked,
    ...further,
    outcome: 'taken',
    to,
    leftOut,
    group: groupOf(route, chosen.leftOut, subject, atMs),
  };
}

function groupOf(
  route: ConfiguredRoute,
  leftOut: readonly string[] | undefined,
  subject: TermSource,
  atMs: number,
): NonNullable<RouteStep['group']> {
  const { groupBy, timing, speaking } = route;
  const labels = groupLabels(groupBy, subject);
  const mutedUntilMs = mutedUntil(speaking, atMs);
  const muted = mutedUntilMs === undefined ? {} : { mutedUntilMs };
  return { id: groupId(routeIdOf(route), labels, leftOut), labels, timing, ...muted };
}
