import { movedGroupId } from '../alerts/fingerprint.ts';
import {
  expectNotification,
  type Fired,
  type GroupTarget,
  openedBeside,
  placeOfTarget,
  type Stir,
  stirred,
} from '../alerts/group.ts';
import { type ChosenRoute, type Route, routeIdOf } from '../alerts/route.ts';
import type { AlertGroup, StoreTx } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { FiredRule } from './firing.ts';
import { groupLabels } from './group-labels.ts';

/** What a page means to a group. */
export interface Stirred {
  readonly stir: Stir;
  readonly urgency: number;
}

/** Which groups count what fired, and what becomes of those groups. */
export interface Homes {
  /** The ids of the groups that count one firing for the destinations of a route: each destination is told by one of them. */
  take(fired: FiredRule, route: ChosenRoute<TermSource>): Promise<readonly string[]>;
  /** Every group that took something, as it is to be written down. */
  groups(stirs: ReadonlyMap<string, Stirred>, shown: Omit<Fired, 'stir' | 'urgency'>): readonly AlertGroup[];
}

/** Something that fired, and the routes that it takes. */
export interface Chosen {
  readonly fired: FiredRule;
  readonly routes: readonly ChosenRoute<TermSource>[];
}

/** A group that counts something of this page. */
interface Taken {
  /** As the store has it; absent where nobody knows it. */
  readonly group?: AlertGroup;
  readonly id: string;
  /** Where its alerts find it; absent where they are only carried to it. */
  readonly target?: GroupTarget;
  /** By which its newest alert came. */
  readonly route: Route<TermSource>;
}

/** An open group of an alert, as far as who is told by it goes. */
type Home = Pick<AlertGroup, 'id' | 'place' | 'to' | 'told'>;

export interface HomesDeps {
  readonly routes: readonly Route<TermSource>[];
  /** Which installation this is. */
  readonly instance?: string;
}

/**
 * Where alerts are at home. An alert stays with the open group that has told a destination of it, whatever becomes of
 * routes, their order, names and grouping meanwhile: else that destination would be told of a second beginning, and of
 * no end of the first. Only what no open group tells goes where its route says now.
 */
export async function findHomes(
  tx: StoreTx,
  { routes, instance = '' }: HomesDeps,
  chosen: readonly Chosen[],
  nowMs: number,
): Promise<Homes> {
  const fingerprints = [...new Set(chosen.map(({ fired }) => fired.firing.fingerprint))];
  const configured = new Set(['tocsin', ...routes.map(routeIdOf)]);
  const stored = new Map<string, AlertGroup>();
  const homes = new Map<string, Home[]>();
  for (const { fingerprint, group } of await tx.openGroupsOf(fingerprints)) {
    stored.set(group.id, group);
    addHome(fingerprint, group);
  }
  /** Ids of the groups that alerts find at a place. */
  const byPlace = new Map<string, string>();
  /** Places without an open group: one may be carried there. */
  const vacant = new Set<string>();
  const taken = new Map<string, Taken>();

  function addHome(fingerprint: string, home: Home): void {
    const known = homes.get(fingerprint) ?? [];
    if (!known.some(({ id }) => id === home.id)) homes.set(fingerprint, [...known, home]);
  }

  /** The group there; or the id that one would have, which is another's where that was carried away from here. */
  async function lookUp(places: readonly string[]): Promise<void> {
    const asked = [...new Set(places)].filter((place) => !byPlace.has(place));
    if (asked.length === 0) return;
    for (const group of await tx.groupsAt(asked)) {
      stored.set(group.id, group);
      byPlace.set(group.place ?? group.id, group.id);
    }
    for (const place of asked)
      if (stored.get(byPlace.get(place) ?? '')?.dueMs === undefined) vacant.add(place);
    const empty = asked.filter((place) => !byPlace.has(place));
    const away = new Set((await tx.readGroups(empty)).map(({ id }) => id));
    for (const place of empty) byPlace.set(place, away.has(place) ? movedGroupId(place, nowMs) : place);
  }

  async function idAt(target: GroupTarget): Promise<string> {
    const place = placeOfTarget(target);
    await lookUp([place]);
    return byPlace.get(place) ?? place;
  }

  async function take(fired: FiredRule, route: ChosenRoute<TermSource>): Promise<readonly string[]> {
    const { fingerprint } = fired.firing;
    const target = targetOf(route, fired, instance);
    const own = homes.get(fingerprint) ?? [];
    const place = placeOfTarget(target);
    const home = own.find(({ id, place: at = id }) => at === place);
    const isKept = home !== undefined && !isToldElsewhere(own, home, target.to);
    const carried = isKept ? new Map<string, readonly string[]>() : carriedBy(own, target.to);
    const ids: string[] = [];
    for (const [id, to] of carried) ids.push(await carry(id, to, target, route));
    const rest = target.to.filter((name) => ![...carried.values()].some((to) => to.includes(name)));
    if (rest.length === 0) return ids;
    const leftOut = [...(target.leftOut ?? []), ...target.to.filter((name) => !rest.includes(name))];
    const left = leftOut.length === 0 ? target : { ...target, to: rest, leftOut };
    return [...ids, await settle(left, route, fingerprint)];
  }

  /** Counts it in the group that its route leads to. */
  async function settle(target: GroupTarget, route: Route<TermSource>, fingerprint: string): Promise<string> {
    const id = await idAt(target);
    vacant.delete(placeOfTarget(target));
    const group = taken.get(id)?.group ?? stored.get(id);
    taken.set(id, { id, target, route, ...(group === undefined ? {} : { group }) });
    const isOpen = group?.dueMs !== undefined;
    addHome(fingerprint, isOpen ? group : { id, place: placeOfTarget(target), to: target.to });
    return id;
  }

  /** Counts it in the group that has told of it, which follows the alert to its new route where its own is gone. */
  async function carry(
    id: string,
    to: readonly string[],
    target: GroupTarget,
    route: Route<TermSource>,
  ): Promise<string> {
    const before = taken.get(id);
    const group = before?.group ?? stored.get(id);
    if (group === undefined || configured.has(group.routeId ?? group.route)) {
      const isMoved = group !== undefined && group.route !== stored.get(id)?.route;
      const wider = isMoved ? { ...group, to: [...new Set([...group.to, ...to])] } : group;
      taken.set(id, { id, route, ...before, ...(wider === undefined ? {} : { group: wider }) });
      return id;
    }
    const place = placeOfTarget(target);
    await lookUp([place]);
    const isFree = sameLabels(group.labels, target.labels) && vacant.delete(place);
    const moved: AlertGroup = {
      ...byRoute(group, route),
      to,
      ...(isFree ? { place } : {}),
    };
    if (isFree) byPlace.set(place, id);
    taken.set(id, { id, group: moved, route });
    return id;
  }

  function groups(
    stirs: ReadonlyMap<string, Stirred>,
    shown: Omit<Fired, 'stir' | 'urgency'>,
  ): readonly AlertGroup[] {
    return [...taken.values()].flatMap(({ id, group, target, route }) => {
      const fired: Fired = { ...(stirs.get(id) ?? { stir: 'growth', urgency: 0 }), ...shown };
      if (group === undefined) {
        if (target === undefined) return [];
        const opened = expectNotification(undefined, target, fired, nowMs);
        return [id === opened.id ? opened : openedBeside(opened, instance)];
      }
      const own = isToldBy(group, route, fired) ? byRoute(group, route) : group;
      return [
        target === undefined
          ? stirred(own, route.timing, fired, nowMs)
          : expectNotification(own, target, fired, nowMs),
      ];
    });
  }

  /** Its own route is gone; or what is worse than told came by another, whose times must not be the mild one's. */
  function isToldBy(group: AlertGroup, route: Route<TermSource>, { stir, urgency }: Fired): boolean {
    const own = group.routeId ?? group.route;
    if (own === routeIdOf(route)) return group.route !== route.name;
    if (!configured.has(own) || group.dueMs === undefined) return true;
    return stir === 'rise' || (group.lastNotifiedMs === undefined && urgency > (group.urgency ?? 0));
  }

  await lookUp(chosen.flatMap(({ fired, routes: own }) => own.map((route) => placeOf(route, fired))));
  return { take, groups };

  function placeOf(route: ChosenRoute<TermSource>, fired: FiredRule): string {
    return placeOfTarget(targetOf(route, fired, instance));
  }
}

function byRoute(group: AlertGroup, route: Route<TermSource>): AlertGroup {
  const { routeId: _before, ...rest } = group;
  return { ...rest, route: route.name, ...(route.id === undefined ? {} : { routeId: route.id }) };
}

/** A destination that the group has not told of the alert was told of it by another, which goes on telling it. */
function isToldElsewhere(
  homes: readonly Home[],
  { id: own, told = {} }: Home,
  to: readonly string[],
): boolean {
  const others = homes.filter(({ id }) => id !== own);
  return to.some(
    (name) => told[name] === undefined && others.some((other) => other.told?.[name] !== undefined),
  );
}

/** The open groups that have told destinations of the alert, or are about to, with those destinations. */
function carriedBy(homes: readonly Home[], to: readonly string[]): Map<string, readonly string[]> {
  const carried = new Map<string, readonly string[]>();
  const left = new Set(to);
  for (const { id, told = {}, to: waiting } of homes) {
    const isTold = Object.keys(told).length > 0;
    const own = to.filter(
      (name) => left.has(name) && (isTold ? told[name] !== undefined : waiting.includes(name)),
    );
    if (own.length === 0) continue;
    carried.set(id, own);
    for (const name of own) left.delete(name);
  }
  return carried;
}

function sameLabels(a: AlertGroup['labels'], b: AlertGroup['labels']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function targetOf(
  { name, id, to, leftOut, timing, groupBy }: ChosenRoute<TermSource>,
  { subject, grouped = subject }: FiredRule,
  instance: string,
): GroupTarget {
  return {
    ...{ route: name, labels: groupLabels(groupBy, grouped), to, timing, instance },
    ...(id === undefined ? {} : { routeId: id }),
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}
