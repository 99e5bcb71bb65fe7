import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../core/json.ts';
import { readActor } from './actors-parse.ts';
import { readApi } from './apis-parse.ts';

const NOW_S = 1_780_000_000;
const AT = NOW_S - 60;
const actor = (row: Json) => readActor(row, 's', NOW_S * 1_000);
const api = (row: Json) => readApi(row, 's', NOW_S * 1_000);
const ACTOR = {
  id: '20.0.143.224:57796',
  latestAttack: 'XSS',
  latestApiEndpoint: '/a',
  country: '',
  discoveredAt: AT,
};
const API = { api: '/a', method: 'HEAD', requestsCount: 1, actorsCount: 1, discoveredAt: AT };

function idOf(read: object): string {
  return 'id' in read ? String(read.id) : 'left out';
}

let nested: Json = 1;
for (let i = 0; i < 200; i += 1) nested = [nested];

describe('a row of the actors', () => {
  it('is an event of its actor, at the time it did something last', () => {
    expect(actor(ACTOR)).toMatchObject({
      feed: 'threat_actors',
      feedId: ACTOR.id,
      timeMs: AT * 1_000,
      raw: ACTOR,
    });
  });

  it.each<[string, JsonObject, boolean]>([
    ['another attack', { latestAttack: 'SQLInjection' }, true],
    ['another endpoint', { latestApiEndpoint: '/b' }, true],
    ['another time', { discoveredAt: AT + 1 }, true],
    ['"null" where nothing was', { latestApiHost: 'null', latestApiMethod: null }, false],
    ['more activity', { activity: [{ url: '/x' }] }, false],
    ['a key of newer servers', { objectId: '65f' }, false],
  ])('with %s', (_why, keys, isOther) => {
    expect(idOf(actor({ ...ACTOR, ...keys })) !== idOf(actor(ACTOR))).toBe(isOther);
  });

  it.each<[string, Json, number | undefined]>([
    ['no id', { ...ACTOR, id: 'null' }, AT * 1_000],
    ['an id that is too long', { ...ACTOR, id: 'x'.repeat(513) }, AT * 1_000],
    ['milliseconds', { ...ACTOR, discoveredAt: AT * 1_000 }, undefined],
    ['what cannot be written down again', { ...ACTOR, more: nested }, AT * 1_000],
    ['no object', [1], undefined],
  ])('with %s is left out, and keeps its place in the order', (_why, row, changedMs) => {
    const read = actor(row);
    expect(read).toHaveProperty('problem', expect.stringMatching(/^source "s": .* was left out$/));
    expect('changedMs' in read ? read.changedMs : undefined).toBe(changedMs);
  });
});

describe('a row of the APIs', () => {
  it('is an event of its API, whose state are its counts', () => {
    expect(api(API)).toMatchObject({ feedId: 'HEAD * /a', revision: `${AT}-1-1`, timeMs: AT * 1_000 });
    expect(api({ ...API, host: 'h', requestsCount: 7 })).toMatchObject({
      feedId: 'HEAD h /a',
      revision: `${AT}-7-1`,
    });
    expect(api({ ...API, actorsCount: 'null' })).toMatchObject({ revision: `${AT}-1-uncounted` });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['blanks in a method', { method: 'GET h', host: 'x' }, { method: 'GET', host: 'h x' }],
    ['long paths that differ in the end', { api: `/${'a'.repeat(600)}1` }, { api: `/${'a'.repeat(600)}2` }],
    ['hosts', { host: 'a' }, { host: 'b' }],
  ])('is not taken for another: %s', (_why, one, other) => {
    expect(idOf(api({ ...API, ...one }))).not.toBe(idOf(api({ ...API, ...other })));
  });

  it.each<[string, Json]>([
    ['no path', { ...API, api: 'null' }],
    ['the year 2090', { ...API, discoveredAt: 3_786_912_000 }],
    ['what cannot be written down again', { ...API, more: nested }],
    ['null', null],
  ])('with %s is left out', (_why, row) => {
    expect(api(row)).toHaveProperty('problem', expect.stringMatching(/was left out$/));
  });
});
