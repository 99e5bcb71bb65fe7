import { describe, expect, it } from 'vitest';
import { chooseRoutes, type Route } from './route.ts';

const timing = { groupWaitMs: 0, groupIntervalMs: 0, repeatIntervalMs: 0 };

/** A route for the letters it names (all, where it names none); `+` goes on. */
const route = (name: string, letters?: string): Route<string> => ({
  name,
  ...(letters === undefined ? {} : { when: { matches: (subject) => letters.includes(subject) } }),
  to: [],
  continue: name.endsWith('+'),
  groupBy: [],
  timing,
  sendResolved: true,
  speaking: { active: [], mute: [] },
});

describe('chooseRoutes', () => {
  it.each<[string, readonly Route<string>[], readonly string[]]>([
    ['the first that matches', [route('a', 'x'), route('b', 'x'), route('c')], ['a']],
    ['past those that do not', [route('a', 'y'), route('b', 'x'), route('c')], ['b']],
    ['one without a filter takes everything', [route('a', 'y'), route('b')], ['b']],
    [
      'further ones while continue says so',
      [route('a+', 'x'), route('b+', 'x'), route('c'), route('d')],
      ['a+', 'b+', 'c'],
    ],
    [
      'continue of a route that did not match says nothing',
      [route('a+', 'y'), route('b', 'x'), route('c')],
      ['b'],
    ],
    [
      'continue passes over those that do not match',
      [route('a+', 'x'), route('b', 'y'), route('c', 'x')],
      ['a+', 'c'],
    ],
    ['continue at the end', [route('a+', 'x')], ['a+']],
    ['none', [route('a', 'y'), route('b', 'z')], []],
    ['no routes', [], []],
  ])('%s', (_, routes, expected) => {
    expect(chooseRoutes(routes, 'x').map(({ name }) => name)).toEqual(expected);
  });

  it.each<[string, readonly [string, readonly string[]][], readonly [string, string[], string[]?][]]>([
    [
      'each destination by the first that names it',
      [
        ['a+', ['x', 'y']],
        ['b', ['y', 'z']],
      ],
      [
        ['a+', ['x', 'y']],
        ['b', ['z'], ['y']],
      ],
    ],
    [
      'no route that is left with nobody',
      [
        ['a+', ['x']],
        ['b+', ['x']],
        ['c', ['z', 'x']],
      ],
      [
        ['a+', ['x']],
        ['c', ['z'], ['x']],
      ],
    ],
    ['one without destinations as it stands', [['a+', []]], [['a+', []]]],
  ])('tells nobody twice: %s', (_, given, expected) => {
    const routes = given.map(([name, to]) => ({ ...route(name), to }));
    expect(
      chooseRoutes(routes, 'x').map(({ name, to, leftOut }) => [
        name,
        to,
        ...(leftOut === undefined ? [] : [leftOut]),
      ]),
    ).toEqual(expected);
  });

  it('does not ask routes behind the one that ends it', () => {
    const never: Route<string> = {
      ...route('never'),
      when: {
        matches: () => {
          throw new Error('asked');
        },
      },
    };
    expect(chooseRoutes([route('a', 'x'), never], 'x')).toHaveLength(1);
  });
});
