import { describe, expect, it } from 'vitest';
import type { Alert } from '../core/alert.ts';
import type { Severity } from '../core/severity.ts';
import { type Firing, record } from './lifecycle.ts';

const firing = (id: string, timeMs: number, over: Partial<Firing> = {}): Firing => ({
  fingerprint: 'f',
  rule: 'r',
  ruleName: 'Rule',
  severity: 'HIGH',
  source: 'akto',
  feed: 'malicious_events',
  group: { actor: '203.0.113.9' },
  event: { id, timeMs },
  ...over,
});

/** Folds them in their order, as a page does. */
function fold(...firings: readonly Firing[]): Alert {
  const [first = firing('none', 0), ...rest] = firings;
  return rest.reduce(
    (alert, next, index) => record(alert, next, 1_001 + index).alert,
    record(undefined, first, 1_000).alert,
  );
}

describe('record', () => {
  it('opens an alert at the first firing', () => {
    const { alert, reason } = record(undefined, firing('a', 500), 1_000);
    expect(reason).toBe('opened');
    expect(alert).toEqual({
      fingerprint: 'f',
      rule: 'r',
      ruleName: 'Rule',
      severity: 'HIGH',
      source: 'akto',
      feed: 'malicious_events',
      group: { actor: '203.0.113.9' },
      count: 1,
      firstSeenMs: 500,
      lastSeenMs: 500,
      openedAtMs: 1_000,
      sample: [{ id: 'a', timeMs: 500 }],
    });
  });

  it('counts every further one up and keeps when it opened', () => {
    const { alert, reason } = record(fold(firing('a', 500), firing('b', 600)), firing('c', 700), 9_000);
    expect(reason).toBe('counted');
    expect(alert).toMatchObject({ count: 3, openedAtMs: 1_000 });
  });

  it.each<[string, readonly Severity[], Severity]>([
    ['rises with a worse match', ['LOW', 'CRITICAL'], 'CRITICAL'],
    ['does not fall with a milder one', ['CRITICAL', 'INFO'], 'CRITICAL'],
    ['is the worst of all, wherever it stood', ['LOW', 'HIGH', 'MEDIUM'], 'HIGH'],
    ['stays where all agree', ['MEDIUM', 'MEDIUM'], 'MEDIUM'],
  ])('severity %s', (_, severities, expected) => {
    const alert = fold(...severities.map((severity, index) => firing(`e${index}`, index, { severity })));
    expect(alert.severity).toBe(expected);
  });

  it.each([
    ['in order', [10, 20, 30]],
    ['newest first', [30, 20, 10]],
    ['a late one in the middle', [20, 10, 30]],
  ])('first and last seen are event times, %s', (_, times) => {
    const alert = fold(...times.map((timeMs) => firing(`e${timeMs}`, timeMs)));
    expect(alert).toMatchObject({ firstSeenMs: 10, lastSeenMs: 30 });
  });

  it('remembers only the newest five, whatever order they came in', () => {
    const alert = fold(...[5, 1, 9, 3, 7, 2, 8].map((timeMs) => firing(`e${timeMs}`, timeMs)));
    expect(alert.sample.map(({ id }) => id)).toEqual(['e9', 'e8', 'e7', 'e5', 'e3']);
    expect(alert.count).toBe(7);
  });

  it('speaks in the words that the rule has now, not in those it had at opening', () => {
    const opened = fold(firing('a', 1, { description: 'old words', runbook: 'https://old.example' }));
    const { alert } = record(opened, firing('b', 2, { ruleName: 'New name', description: 'new words' }), 2);
    expect(alert).toMatchObject({ ruleName: 'New name', description: 'new words' });
    expect(alert).not.toHaveProperty('runbook');
  });

  it('leaves the alert it was given as it was: a transaction may still be undone', () => {
    const before = fold(firing('a', 1));
    const copy = structuredClone(before);
    record(before, firing('b', 2, { severity: 'CRITICAL' }), 2);
    expect(before).toEqual(copy);
  });
});
