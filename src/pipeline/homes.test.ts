import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInMemory } from '../../test/pipeline/bench.ts';
import { groupId, movedGroupId } from '../alerts/fingerprint.ts';
import type { ChosenRoute } from '../alerts/route.ts';
import type { AlertGroup, Store, ToldAt } from '../core/store.ts';
import type { TermSource } from '../rules/index.ts';
import type { FiredRule } from './firing.ts';
import { findHomes } from './homes.ts';

const NOW = 1_000_000;
const SHOWN = { shownMs: NOW };

let store: Store;
beforeEach(() => {
  store = openInMemory();
});
afterEach(() => store.close());

const chosen = (name: string, to: readonly string[], over: object = {}): ChosenRoute<TermSource> => ({
  ...{ name, to, continue: false, groupBy: ['actor'], sendResolved: true },
  timing: { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
  speaking: { active: [], mute: [] },
  ...over,
});

const fires = (fingerprint: string, actor = 'eve'): FiredRule => {
  const labels: Record<string, string> = { rule: fingerprint, actor };
  return {
    firing: {
      ...{ fingerprint, rule: fingerprint, ruleName: fingerprint, severity: 'HIGH', source: 'akto' },
      ...{ feed: 'malicious_events', group: { actor }, labels, resolveAfterMs: 1 },
      event: { id: 'e', timeMs: NOW, actor },
    },
    subject: { get: (term) => labels[term], nowSeconds: 0 },
  };
};

const LABELS = { actor: 'eve' };
const placeIn = (route: string, leftOut: readonly string[] = []): string => groupId(route, LABELS, leftOut);
const knows = (...names: readonly string[]): Record<string, ToldAt> =>
  Object.fromEntries(names.map((name) => [name, { how: 'message' as const, sinceMs: 1 }]));

/** A group of a route that is open, as it was written down. */
const open = (route: string, over: Partial<AlertGroup> = {}): AlertGroup => ({
  ...{ id: placeIn(route), place: placeIn(route), route, labels: LABELS, to: ['pager'], openedMs: 1 },
  ...{ reason: 'repeat', sequence: 1, dueMs: NOW + 9, lastNotifiedMs: 1, told: knows('pager') },
  ...over,
});

interface Firing {
  readonly fired: FiredRule;
  readonly routes: readonly ChosenRoute<TermSource>[];
}

/** Which groups count what fired, and all that were touched, as they are to be written down. */
async function settle(
  groups: readonly AlertGroup[],
  firings: readonly Firing[],
  configured: readonly ChosenRoute<TermSource>[] = firings.flatMap(({ routes }) => routes),
) {
  return store.transaction(async (tx) => {
    await tx.writeGroups(groups, NOW);
    await tx.addPending(groups.map(({ id }) => ({ group: id, fingerprint: 'sqli', count: 1 })));
    const homes = await findHomes(tx, { routes: configured, instance: 'here' }, firings, NOW);
    const ids: (readonly string[])[] = [];
    for (const { fired, routes } of firings)
      for (const route of routes) ids.push(await homes.take(fired, route));
    const stir = { stir: 'growth' as const, urgency: 1 };
    const stirs = new Map(ids.flat().map((id) => [id, stir]));
    return { ids, groups: homes.groups(stirs, SHOWN) };
  });
}

const one = (route: ChosenRoute<TermSource>, fingerprint = 'sqli'): Firing => ({
  fired: fires(fingerprint),
  routes: [route],
});

describe('an alert', () => {
  const page = chosen('page', ['pager']);
  const CLOSED = open('page');
  const { dueMs: _due, told: _told, lastNotifiedMs: _last, ...closed } = CLOSED;
  it.each<[string, readonly AlertGroup[], ChosenRoute<TermSource>, readonly string[]]>([
    ['that no group has goes where its route says', [], page, [placeIn('page')]],
    ['stays where its route still says', [open('page')], page, [placeIn('page')]],
    [
      'stays with the group of a route that has another name now',
      [open('before')],
      page,
      [placeIn('before')],
    ],
    [
      'stays with it before it is told, for those who wait',
      [open('before', { told: {}, reason: 'opened' })],
      page,
      [placeIn('before')],
    ],
    [
      'does not stay with one that is closed',
      [{ ...closed, id: 'old', place: 'old' }],
      page,
      [placeIn('page')],
    ],
    [
      'opens again what is closed at its place, wherever that was carried from',
      [{ ...closed, id: 'old', place: placeIn('page') }],
      page,
      ['old'],
    ],
    [
      'stays for those who were told, and goes where its route says for the others',
      [open('before')],
      chosen('page', ['pager', 'chat']),
      [placeIn('before'), placeIn('page', ['pager'])],
    ],
    [
      'goes where its route says, if nobody there was told',
      [open('before')],
      chosen('page', ['chat']),
      [placeIn('page')],
    ],
    [
      'has a further destination told by the group at its place',
      [open('page')],
      chosen('page', ['pager', 'chat']),
      [placeIn('page')],
    ],
    [
      'is told by each of two groups to those whom it has told',
      [open('page', { to: ['chat'], told: knows('chat') }), open('before', { openedMs: 2 })],
      chosen('page', ['chat', 'pager']),
      [placeIn('page'), placeIn('before')],
    ],
    [
      'that both have told one of is told by the older alone',
      [open('a', { openedMs: 2 }), open('b')],
      page,
      [placeIn('b')],
    ],
  ])('%s', async (_, groups, route, ids) => {
    expect((await settle(groups, [one(route)])).ids).toEqual([ids]);
  });
});

describe('a group whose route is gone', () => {
  it('follows its alert: later ones of the same labels find it, and it keeps its id and key', async () => {
    const before = open('before', { key: 'k' });
    const page = chosen('page', ['pager'], { id: 'p' });
    const { ids, groups } = await settle([before], [one(page), one(page, 'new')]);
    expect(ids).toEqual([[before.id], [before.id]]);
    expect(groups).toMatchObject([
      { id: before.id, key: 'k', route: 'page', routeId: 'p', place: placeIn('p') },
    ]);
  });

  it('keeps its place where the new route groups by something else', async () => {
    const page = chosen('page', ['pager'], { groupBy: ['rule'] });
    const { ids, groups } = await settle([open('before')], [one(page), one(page, 'new')]);
    expect(ids).toEqual([[placeIn('before')], [groupId('page', { rule: 'new' })]]);
    expect(groups.map(({ place }) => place)).toEqual([placeIn('before'), groupId('page', { rule: 'new' })]);
  });

  it('leaves a place that a route of its old name fills under another id', async () => {
    const away = open('page', { route: 'other', place: placeIn('other') });
    const { ids, groups } = await settle(
      [away],
      [one(chosen('page', ['chat']), 'new')],
      [chosen('page', ['chat']), chosen('other', ['pager'])],
    );
    const id = movedGroupId(placeIn('page'), NOW);
    expect(ids).toEqual([[id]]);
    expect(groups).toMatchObject([{ id, place: placeIn('page'), to: ['chat'] }]);
    expect(groups[0]?.key).not.toBe(away.key);
  });

  it('tells all those whom its alerts are carried for', async () => {
    const firings = [one(chosen('page', ['pager'])), one(chosen('chat', ['chat']))];
    const both = open('before', { to: ['pager', 'chat'], told: knows('pager', 'chat') });
    const { groups } = await settle([both], firings);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.to.toSorted()).toEqual(['chat', 'pager']);
  });
});

it('alerts of one page that open a group share it', async () => {
  const page = chosen('page', ['pager']);
  const { ids, groups } = await settle([], [one(page, 'a'), one(page, 'b'), one(page, 'c')]);
  expect(new Set(ids.flat())).toEqual(new Set([placeIn('page')]));
  expect(groups).toHaveLength(1);
});
