import { describe, expect, it } from 'vitest';
import { event } from '../../test/pipeline/bench.ts';
import type { EventSummary } from '../core/alert.ts';
import type { Event } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import { viewOf } from '../rules/index.ts';
import { summarise } from './summary.ts';

function summaryOf(raw: JsonObject, over: Partial<Event> = {}): EventSummary {
  const given: Event = { ...event('e1', raw), ...over };
  return summarise(given, viewOf(given.raw, given.feed));
}

describe('what an alert remembers of an event', () => {
  it.each<[why: string, raw: JsonObject, over: Partial<Event>, expected: Readonly<Record<string, unknown>>]>([
    [
      'under what its requests are kept',
      { refId: 'r', eventType: 'AGGREGATED' },
      {},
      { refId: 'r', eventType: 'AGGREGATED' },
    ],
    [
      'no reference that is none',
      { refId: 'null', eventType: null },
      {},
      { refId: undefined, eventType: undefined },
    ],
    ['no half of one', { refId: 'r'.repeat(501) }, {}, { refId: undefined }],
    [
      'which object it is a state of',
      {},
      { revision: '7', feedId: 'o'.repeat(600) },
      { object: 'o'.repeat(600) },
    ],
    ['none where it is a fact', {}, {}, { object: undefined }],
    ['what an incident counts', { requests: 812 }, { feed: 'incidents' }, { requests: 812 }],
    ['however large', { requests: 5_000_000_000 }, { feed: 'incidents' }, { requests: 5_000_000_000 }],
    ['only numbers', { requests: 'many' }, { feed: 'incidents' }, { requests: undefined }],
    ['only incidents count so', { requests: 812 }, {}, { requests: undefined }],
    ['no text of any length', { eventType: 'x'.repeat(9_999) }, {}, { eventType: `${'x'.repeat(500)}…` }],
  ])('%s', (_, raw, over, expected) => {
    const summary = summaryOf(raw, over);
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(summary, key)]))).toEqual(
      expected,
    );
  });
});
