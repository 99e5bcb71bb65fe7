import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { type Bench, createBench } from './bench.ts';
import { START_MS } from './manual-clock.ts';
import { attack, busiestMinute, HOUR_MS, type Message, MINUTE_MS, storming, sum } from './storming.ts';

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench.close());

const alerts = (messages: readonly Message[]): readonly Message[] =>
  messages.filter(({ delivery }) => delivery.kind === 'alert');
/** How long ago, at most, what a message tells was matched when it came. */
const ageMs = ({ atMs, delivery }: Message): number =>
  delivery.kind === 'alert' ? atMs - delivery.notification.createdAtMs : 0;
const many = (number: number, actors: number, atS: number, from = 0): readonly Event[] =>
  Array.from({ length: number }, (_, index) => attack(from + index, actors, atS));

describe('a destination that was away', () => {
  it.each([
    ['ten minutes', 10 * MINUTE_MS],
    ['half an hour', 30 * MINUTE_MS],
    ['three hours', 3 * HOUR_MS],
    ['half a day', 12 * HOUR_MS],
  ])('for %s is told a summary, not everything that waited, and the numbers add up', async (_, outageMs) => {
    const run = storming(bench);
    run.answer({ kind: 'retry', reason: 'connection refused' });
    const rounds = 24;
    for (let round = 0; round < rounds; round += 1) {
      await run.runUntil(START_MS + (round * outageMs) / rounds);
      await run.take(many(10, 150, (round * outageMs) / rounds / 1_000, round * 10));
    }
    await run.runUntil(START_MS + outageMs);
    expect(run.oncall).toEqual([]);
    run.answer({ kind: 'done' });
    await run.runUntil(START_MS + outageMs + 10 * MINUTE_MS);
    for (const message of alerts(run.oncall)) expect(ageMs(message)).toBeLessThanOrEqual(40 * MINUTE_MS);
    await run.drain();
    expect(busiestMinute(run.oncall)).toBeLessThanOrEqual(10);
    expect(sum(run.oncall)).toBe(10 * rounds);
    expect(sum(run.soar)).toBe(10 * rounds);
  });

  it('sums up what has waited for half an hour, though nothing else happens', async () => {
    const run = storming(bench);
    run.answer({ kind: 'hold', reason: 'the token was revoked' });
    await run.take(many(3, 1, 0));
    await run.runUntil(START_MS + 29 * MINUTE_MS);
    expect(await bench.store.countDeliveries()).toMatchObject([
      { destination: 'oncall', state: 'pending', count: 1 },
    ]);
    await run.runUntil(START_MS + 32 * MINUTE_MS);
    run.answer({ kind: 'done' });
    await run.runUntil(START_MS + 50 * MINUTE_MS);
    expect(run.oncall.map(({ delivery }) => delivery.kind)).toEqual(['digest']);
    await run.drain();
    expect(alerts(run.oncall), 'nor is there a message of an end that had no beginning').toEqual([]);
    expect(sum(run.oncall)).toBe(3);
  });
});

describe('a daemon that was away', () => {
  it('sums up the history that it reads, tells at once of what goes on, and of no end that had no beginning', async () => {
    const run = storming(bench);
    await run.take(many(2_000, 150, -3 * 3_600));
    await run.take(many(1, 1, 0, 2_100));
    await run.runUntil(START_MS + MINUTE_MS);
    const [own, ...more] = alerts(run.oncall);
    expect(more).toEqual([]);
    expect(own?.delivery).toMatchObject({ notification: { alerts: [{ lastSeenMs: START_MS }] } });
    await run.drain();
    // The one that was told of: its end. The others: not a word of their own.
    expect(
      alerts(run.oncall).map(({ delivery }) => delivery.kind === 'alert' && delivery.notification.reason),
    ).toEqual(['opened', 'resolved']);
    expect(busiestMinute(run.oncall)).toBeLessThanOrEqual(10);
    expect(sum(run.oncall)).toBe(2_001);
    expect(sum(run.soar)).toBe(2_001);
  });

  it.each([
    ['a moment: it is told of', 20_000, ['alert']],
    ['less than an hour: it is told of', 50 * MINUTE_MS, ['alert']],
    ['a day: it is summed up', 24 * HOUR_MS, ['digest']],
  ])('between reading and telling for %s', async (_, awayMs, kinds) => {
    await storming(bench).take(many(7, 1, 0));
    await bench.restart();
    await bench.clock.advance(awayMs);
    const next = storming(bench);
    await next.runUntil(bench.clock.now() + MINUTE_MS);
    expect(next.oncall.map(({ delivery }) => delivery.kind)).toEqual(kinds);
    await next.drain();
    expect(sum(next.oncall)).toBe(7);
  });
});
