import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../core/json.ts';
import { readIncident } from './parse.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const row: JsonObject = {
  incidentId: '6006dda272f002519c3eb505',
  fingerprint: '7c2b4bc57b2c66fc9ccd645bd9a58a72',
  attackId: '6006dda272f002519c3eb505',
  ipAddress: '185.155.96.184',
  userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)',
  requests: 1,
  createTime: '2021-01-01T00:00:00+00:00',
  updateTime: '2021-01-01T00:00:00+00:00',
};
const read = (changes: JsonObject) => readIncident({ ...row, ...changes }, 'identity', NOW_MS);
function event(changes: JsonObject) {
  const found = read(changes);
  return 'problem' in found ? expect.fail(found.problem) : found;
}

describe('an incident as an event', () => {
  it('is one revision, its own JSON kept', () => {
    const raw = { ...row, extra: { any: [1] } };
    expect(read({ extra: { any: [1] } })).toEqual({
      id: 'identity/incidents/6006dda272f002519c3eb505/1609459200000-1',
      source: 'identity',
      feed: 'incidents',
      feedId: '6006dda272f002519c3eb505',
      revision: '1609459200000-1',
      timeMs: 1_609_459_200_000,
      raw,
    });
  });

  it.each<[string, JsonObject]>([
    ['a later update', { updateTime: '2021-01-01T00:00:01+00:00' }],
    ['growth within one second', { requests: 2 }],
    ['growth within one millisecond', { requests: 2, updateTime: '2021-01-01T00:00:00.0001+00:00' }],
    ['a count that is gone', { requests: null }],
  ])('is another revision after %s', (_why, changes) => {
    expect(event(changes).id).not.toBe(event({}).id);
    expect(event(changes).feedId).toBe(event({}).feedId);
  });

  it.each<[string, JsonObject]>([
    ['the same instant with another offset', { updateTime: '2021-01-01T01:00:00+01:00' }],
    ['other content', { userAgent: 'curl', fingerprint: null }],
  ])('is the same revision with %s', (_why, changes) => {
    expect(event(changes).id).toBe(event({}).id);
  });

  it.each<[Json | undefined]>([['12'], [-1], [1.5], [1e300], [{}], [undefined]])(
    'is not lost for a count of %j, which is no count',
    (requests) => {
      expect(event({ requests }).revision).toBe('1609459200000-uncounted');
    },
  );
});

function problem(value: Json): string {
  const found = readIncident(value, 'identity', NOW_MS);
  return 'problem' in found ? found.problem : expect.fail('it was taken');
}
const deep = (levels: number): Json => (levels === 0 ? 1 : { in: deep(levels - 1) });

describe('a row that is no incident', () => {
  it.each<[string, JsonObject, RegExp]>([
    ['no id', { incidentId: null }, /updateTime "2021[^"]+"\) has no usable incidentId/],
    ['an empty id', { incidentId: '' }, /no usable incidentId/],
    ['the word null as id', { incidentId: 'null' }, /no usable incidentId/],
    ['a number as id', { incidentId: 7 }, /no usable incidentId/],
    ['an endless id', { incidentId: 'x'.repeat(513) }, /no usable incidentId/],
    [
      'epoch seconds',
      { updateTime: 1_609_459_200 },
      /1609459200, which is a number .* nobody knows its unit/,
    ],
    ['epoch milliseconds', { updateTime: 1_609_459_200_000 }, /1609459200000, which is a number/],
    ['a negative time', { updateTime: -1 }, /-1, which is a number/],
    ['digits as text', { updateTime: '1609459200' }, /is not ISO 8601 with an offset/],
    ['no offset', { updateTime: '2021-01-01T00:00:00' }, /is not ISO 8601 with an offset/],
    ['no time', { updateTime: undefined }, /updateTime undefined/],
    ['an object as time', { updateTime: {} }, /updateTime an object/],
    ['2090', { updateTime: '2090-01-01T00:00:00Z' }, /is not from 2015 to tomorrow/],
    ['1970', { updateTime: '1970-01-01T00:00:00Z' }, /is not from 2015 to tomorrow/],
    ['two days ahead', { updateTime: '2026-06-03T00:00:00Z' }, /is not from 2015 to tomorrow/],
    ['what JSON cannot be written of', { deep: deep(200) }, /more than 100 levels/],
    [
      'what would forge a log line',
      { incidentId: 'a\nsource "b":\u001b[2J', updateTime: 'x\u2028y' },
      /ISO 8601/,
    ],
  ])('is left out with a sentence: %s', (_why, changes, says) => {
    const sentence = problem({ ...row, ...changes });
    expect(sentence).toMatch(says);
    expect(sentence).toMatch(
      /^source "identity": [^\p{C}\p{Zl}\p{Zp}]{10,400}, and was left out$|^source "identity": [^\p{C}]{10,400} was left out$/u,
    );
  });

  it.each<[Json]>([[null], [7], ['x'], [[]], [{}]])('is left out with a sentence: %j', (value) => {
    expect(problem(value)).toMatch(/no usable incidentId/);
  });

  it('keeps its place in the order where that can be told', () => {
    expect(read({ incidentId: null })).toMatchObject({ changedMs: 1_609_459_200_000 });
    expect(read({ updateTime: '2090-01-01T00:00:00Z' })).not.toHaveProperty('changedMs');
  });

  it('may be five minutes, or a day, ahead of our clock', () => {
    expect(event({ updateTime: '2026-06-01T00:05:00Z' }).timeMs).toBe(NOW_MS + 300_000);
    expect(event({ updateTime: '2026-06-02T00:00:00Z' }).timeMs).toBe(NOW_MS + 86_400_000);
  });
});
