import { describe, expect, it } from 'vitest';
import { passesOf } from '../../../test/cpu-time.ts';
import type { JsonObject } from '../../core/json.ts';
import { readEvidence } from './evidence.ts';

const S = 1_790_000_000;

const row = (ts: unknown, over: JsonObject = {}): JsonObject => ({
  ts: typeof ts === 'number' || typeof ts === 'string' ? ts : null,
  metadata: '',
  orig: JSON.stringify({
    method: 'POST',
    path: '/login?user=1',
    requestHeaders: JSON.stringify({ Host: 'api.example.com' }),
    responseHeaders: '{}',
    statusCode: '401',
    time: `${S - 7}`,
    ...over,
  }),
});

describe('the requests behind an aggregated event', () => {
  it('are the newest five, newest first, of all that there are', () => {
    const { requests, total } = readEvidence([3, 1, 7, 2, 6, 5, 4].map((second) => row(S + second)));
    expect(total).toBe(7);
    expect(requests.map(({ timeMs }) => timeMs)).toEqual(
      [7, 6, 5, 4, 3].map((second) => (S + second) * 1_000),
    );
    const [first] = requests;
    expect(first).toEqual({
      timeMs: (S + 7) * 1_000,
      method: 'POST',
      path: '/login?user=1',
      host: 'api.example.com',
      statusCode: 401,
    });
  });

  it.each<[why: string, given: JsonObject, expected: object]>([
    ['take the exchange’s own time where theirs is none', row(null), { timeMs: (S - 7) * 1_000 }],
    ['take digits for a time', row(`${S}`), { timeMs: S * 1_000 }],
    ['have no time in milliseconds', row(S * 1_000, { time: ((S * 1_000) % 2 ** 31) | 0 }), {}],
    ['have no time before there was such a thing', row(-1, { time: '12' }), { method: 'POST' }],
    [
      'take headers as an object too',
      row(S, { requestHeaders: { host: ['h.example'] } }),
      { host: 'h.example' },
    ],
    ['have no status where none was captured', row(S, { statusCode: 0 }), { method: 'POST' }],
    [
      'are bounded',
      row(S, { method: 'M'.repeat(99), path: '/'.repeat(9_999) }),
      { method: `${'M'.repeat(19)}…`, path: `${'/'.repeat(499)}…` },
    ],
  ])('%s', (_, given, expected) => {
    const [request] = readEvidence([given]).requests;
    expect(request).toMatchObject(expected);
    if (!('timeMs' in expected)) expect(Object.keys(request ?? {})).toContain('method');
  });

  it('leave out what cannot be read, and count it', () => {
    const rows = [
      null,
      'x',
      [],
      {},
      { orig: null, ts: S },
      { orig: '{broken', ts: S },
      { orig: '[]' },
      row(S),
    ];
    const { requests, total } = readEvidence(rows);
    expect(total).toBe(8);
    expect(requests).toHaveLength(1);
    expect(readEvidence([])).toEqual({ requests: [], total: 0 });
  });

  it('cost little, though all of them are broken and deep', () => {
    const deep = { ts: S, orig: `${'{"a":['.repeat(30_000)}` };
    const rows = Array.from({ length: 2_000 }, () => deep);
    expect(readEvidence(rows).requests).toEqual([]);
    // To parse them all takes hundreds.
    expect(passesOf(() => readEvidence(rows), 50)).toBeLessThan(50);
  });
});
