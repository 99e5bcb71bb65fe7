import { describe, expect, it } from 'vitest';
import { decodePayload } from '../../payload/index.ts';
import { makeEvents, referenceEvent, toJsonForm, toTextFormat } from './index.ts';

const RANGE = { fromS: 1_780_000_000, toS: 1_780_003_600 };
const made = makeEvents(7, 2_000, RANGE);
const texts = (key: string): string[] => made.map((event) => String(event[key]));

describe('makeEvents', () => {
  it('makes the same events from the same seed, and others from another', () => {
    expect(makeEvents(7, 2_000, RANGE)).toEqual(made);
    expect(makeEvents(8, 10, RANGE)).not.toEqual(made.slice(0, 10));
  });

  it('makes as many as asked for, with ids of their own, oldest first, in the range', () => {
    expect(new Set(texts('id')).size).toBe(2_000);
    const seconds = made.map((event) => Number(event['timestamp']));
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    expect([Number(seconds[0]) >= RANGE.fromS, Number(seconds.at(-1)) <= RANGE.toS]).toEqual([true, true]);
  });

  it('makes what a feed really holds', () => {
    expect(new Set(texts('filterId')).size).toBeGreaterThanOrEqual(9);
    expect(texts('actor').some((actor) => actor.includes('2001:db8:'))).toBe(true);
    expect(texts('actor').some((actor) => /^[\d.]+:\d+$/.test(actor))).toBe(true);
    expect(texts('payload').filter((payload) => payload.startsWith('{')).length).toBeGreaterThan(100);
    expect(made.filter((event) => 'severity' in event).length).toBeGreaterThan(1_000);
    expect(made.some((event) => !('severity' in event))).toBe(true);
    expect(made.some((event) => event['successfulExploit'] === true)).toBe(true);
    expect(texts('eventType')).toContain('AGGREGATED');
    expect(new Set(texts('timestamp')).size).toBeLessThan(2_000);
  });

  it('has payloads that decode to the exchange the event tells of', () => {
    for (const event of made) {
      const exchange = decodePayload(String(event['payload']));
      expect(exchange.method).toBe(event['method']);
      expect(exchange.path.split('?')[0]).toBe(event['url']);
      expect(exchange.time).toBe(event['timestamp']);
    }
  });
});

describe('the payload forms', () => {
  it('writes the reference event byte for byte as the server did', () => {
    const text = String(referenceEvent['payload']);
    expect(toTextFormat(decodePayload(text))).toBe(text);
  });

  it('survives the way there and back with quotes, controls, other scripts and many values', () => {
    const exchange = {
      ...decodePayload(String(referenceEvent['payload'])),
      path: '/é?q="\\\'\u0000\u0007\u007f漢字😀',
      requestHeaders: { cookie: ['a=1', 'b=2'], 'x-empty': [''] },
    };
    expect(decodePayload(toTextFormat(exchange))).toEqual(exchange);
    const { path, statusCode } = decodePayload(toJsonForm(exchange));
    expect([path, statusCode]).toEqual([exchange.path, exchange.statusCode]);
  });
});
