import { describe, expect, it } from 'vitest';
import type { Alert } from '../../core/alert.ts';
import type { JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import { createDetail } from './detail.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const { signal } = new AbortController();
const alert: Alert = {
  fingerprint: 'f',
  rule: 'credential-stuffing',
  ruleName: 'Credential stuffing',
  severity: 'HIGH',
  source: 'identity',
  feed: 'incidents',
  group: { attack_id: 'A' },
  count: 2,
  firstSeenMs: 1,
  lastSeenMs: 2,
  openedAtMs: 1,
  ...{ state: 'open', episode: 1, matchedAtMs: 0, resolveAfterMs: 3_600_000 },
  ...{ actors: { count: 1 }, apis: { count: 1 }, labels: {} },
  sample: [
    { id: 'i/a', timeMs: 5, object: 'old' },
    { id: 'i/b', timeMs: 9, object: 'new' },
    { id: 'i/c', timeMs: 7, object: 'older' },
  ],
};

function stage(answer: (id: string) => JsonObject | undefined | Promise<JsonObject | undefined>) {
  const world = { nowMs: NOW_MS, asked: [] as string[] };
  const detail = createDetail({
    clock: { now: () => world.nowMs, sleep: async () => {} },
    fetchIncident: async (id) => {
      world.asked.push(id);
      return answer(id);
    },
  });
  return { world, detail };
}

describe("an alert's incident", () => {
  it('is the newest of its events, as it stands now', async () => {
    const { detail } = stage((incidentId) => ({
      incidentId,
      attackId: 'A',
      requests: 40,
      userAgent: 'curl/8.5.0',
      updateTime: '2026-05-31T23:00:00+00:00',
    }));
    expect(await detail(alert, signal)).toEqual({
      incident: {
        id: 'new',
        attackId: 'A',
        requests: 40,
        userAgent: 'curl/8.5.0',
        updatedMs: NOW_MS - 3_600_000,
      },
      missing: [],
    });
  });

  it('tells nothing that makes no sense, and no endless text', async () => {
    const { detail } = stage((incidentId) => ({
      incidentId,
      attackId: 'null',
      requests: -1,
      userAgent: `${'x'.repeat(298)}😈${'y'.repeat(9_000)}`,
      updateTime: 1_780_000_000,
    }));
    const { incident } = await detail(alert, signal);
    expect(incident).toEqual({ id: 'new', userAgent: `${'x'.repeat(298)}…` });
  });

  it('is asked for once a minute, however many notifications tell of it', async () => {
    const { world, detail } = stage((incidentId) => ({ incidentId }));
    for (let time = 0; time < 5; time += 1) await detail(alert, signal);
    world.nowMs += 60_000;
    await detail(alert, signal);
    expect(world.asked).toEqual(['new', 'new']);
  });

  it.each<[string, () => JsonObject | undefined, RegExp]>([
    ['it is gone', () => undefined, /knows it no more$/],
    ['it is another', () => ({ incidentId: 'x' }), /another incident$/],
    [
      'the API fails',
      () => {
        throw new SourceError('unavailable', 'source "identity": no');
      },
      /: source "identity": no$/,
    ],
    [
      'anything else fails',
      () => {
        throw new TypeError('Bearer abc');
      },
      /: an unexpected TypeError$/,
    ],
  ])('is named as missing where %s, and asked for again', async (_why, answer, says) => {
    const { world, detail } = stage(answer);
    const context = await detail(alert, signal);
    expect(context).toEqual({
      missing: [expect.stringMatching(/^the incident's present state could not be fetched: /)],
    });
    expect(context.missing[0]).toMatch(says);
    await detail(alert, signal);
    expect(world.asked).toHaveLength(2);
  });

  it('is not asked for where there is none', async () => {
    const { world, detail } = stage(() => undefined);
    const none = { missing: [] };
    expect(await detail({ ...alert, feed: 'operations' }, signal)).toEqual(none);
    expect(await detail({ ...alert, sample: [{ id: 'a', timeMs: 1 }] }, signal)).toEqual(none);
    expect(world.asked).toEqual([]);
  });
});
