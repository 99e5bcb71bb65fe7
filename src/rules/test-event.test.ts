import { describe, expect, it } from 'vitest';
import { eventOfTest, readHandedEvents } from './test-event.ts';

const EXCHANGE = { method: 'GET', path: '/a', statusCode: 404 };
const EVENT = { actor: '203.0.113.9', payload: EXCHANGE };

describe('an event handed over by a person', () => {
  it.each<[string, string, unknown]>([
    [
      'an event of a rule test, as JSON',
      JSON.stringify({ actor: '203.0.113.9', exchange: EXCHANGE, repeat: 30, at: '4m' }),
      [EVENT],
    ],
    [
      'as it stands in the rule file',
      '{ actor: 203.0.113.9, exchange: { method: GET, path: /a, statusCode: 404 }, repeat: 15, also: { x: HIGH } }',
      [EVENT],
    ],
    [
      'as an item of a list',
      '      - { actor: 203.0.113.9, exchange: { method: GET, path: /a, statusCode: 404 }, repeat: 15 }\n',
      [EVENT],
    ],
    [
      'with its list',
      'events: [{ actor: 203.0.113.9, exchange: { method: GET, path: /a, statusCode: 404 } }]',
      [EVENT],
    ],
    [
      'with its test',
      '- name: x\n  events:\n    - actor: 203.0.113.9\n      exchange: { method: GET, path: /a, statusCode: 404 }\n  expect: silent\n',
      [EVENT],
    ],
    ['a bare exchange', JSON.stringify(EXCHANGE), [EXCHANGE]],
    ['a text, which is a payload', '"{}"', [{ payload: '{}' }]],
    [
      'an event of the feed with keys of such names',
      '{"payload":"{}","exchange":"x"}',
      [{ payload: '{}', exchange: 'x' }],
    ],
    ['a list of several', '[{"a":1},{"b":2}]', [{ a: 1 }, { b: 2 }]],
    ['words', 'not an event', undefined],
    ['a number', '7', undefined],
    ['a list of other things', '[1]', undefined],
    ['nothing', '', undefined],
    ['broken JSON', '{"a":', undefined],
  ])('%s', (_why, text, expected) => {
    expect(readHandedEvents(text)).toEqual(expected);
  });

  it('has either a payload or an exchange, which is a map', () => {
    expect(eventOfTest({ exchange: 'x' })).toBeUndefined();
    expect(eventOfTest({ exchange: {}, payload: '{}' })).toBeUndefined();
  });
});
