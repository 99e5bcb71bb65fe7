import { describe, expect, it } from 'vitest';
import { at, good, load, MINIMAL } from '../../test/config/fake-adapters.ts';

const BELLS = `${MINIMAL}  - { name: only-events, type: bell, token: t, send: [events] }\n`;

const withDigests = (entries: string): string => `${BELLS}digests: [${entries}]\n`;

describe('digests', () => {
  it('are none unless they are asked for', () => {
    expect(good(MINIMAL).digests).toEqual([]);
  });

  it('have defaults for all but where they go', () => {
    const { digests } = good(withDigests('{ to: [d] }, { to: [d], every: week }'));
    const schedule = { every: 'day', at: { hour: 8, minute: 0 }, on: 1, timeZone: 'UTC' };
    expect(digests).toEqual([
      { name: 'daily', to: ['d'], schedule, top: 5 },
      { name: 'weekly', to: ['d'], schedule: { ...schedule, every: 'week' }, top: 5 },
    ]);
    expect(Object.isFrozen(digests[0]?.schedule.at)).toBe(true);
  });

  it('say when and how much', () => {
    const entry =
      '{ name: n, to: [d], every: week, at: 17:30, on: sunday, time_zone: Asia/Kathmandu, top: 20 }';
    expect(good(withDigests(entry)).digests).toEqual([
      {
        name: 'n',
        to: ['d'],
        schedule: { every: 'week', at: { hour: 17, minute: 30 }, on: 0, timeZone: 'Asia/Kathmandu' },
        top: 20,
      },
    ]);
  });

  it('use a destination that no route leads to', () => {
    const text = `${MINIMAL}  - { name: e, type: bell, token: t }\nroutes: [{ to: [d] }]\n`;
    expect(load(text).problems.map(({ code }) => code)).toEqual(['unused-destination']);
    expect(load(`${text}digests: [{ to: [e] }]\n`).problems).toEqual([]);
  });

  it.each<[why: string, entries: string, problems: string[]]>([
    ['no list', '', ['6:10 empty-list']],
    ['no destination', '{ top: 3 }', ['6:11 missing-key']],
    [
      'a destination that is not there: the nearest is named',
      '{ to: [only-event] }',
      ['6:18 unknown-destination'],
    ],
    ['a destination that takes no alerts', '{ to: [only-events] }', ['6:18 destination-takes-no-alerts']],
    ['a destination twice', '{ to: [d, d] }', ['6:21 duplicate-name']],
    ['two without a name', '{ to: [d] }, { to: [d] }', ['6:24 duplicate-name']],
    ['one named as another is by default', '{ to: [d] }, { name: daily, to: [d] }', ['6:32 duplicate-name']],
    ['no time of day', '{ to: [d], at: "24:00" }', ['6:26 bad-value']],
    ['a number for a time', '{ to: [d], at: 8 }', ['6:26 wrong-type']],
    ['a day for a daily one', '{ to: [d], on: friday }', ['6:26 bad-value']],
    ['no such day', '{ to: [d], every: week, on: firday }', ['6:39 bad-value']],
    ['no such time zone', '{ to: [d], time_zone: Europe/Pariss }', ['6:33 bad-value']],
    ['an offset instead of a time zone', '{ to: [d], time_zone: "+01:00" }', ['6:33 bad-value']],
    ['too many rows', '{ to: [d], top: 21 }', ['6:27 bad-value']],
    [
      'all at once',
      '{ to: [x], at: 8, tpo: 1 }',
      ['6:18 unknown-destination', '6:26 wrong-type', '6:29 unknown-key'],
    ],
  ])('are refused: %s', (_why, entries, problems) => {
    expect(load(withDigests(entries)).problems.map(at)).toEqual(problems);
  });

  it('name the nearest zone and the nearest destination', () => {
    const { problems } = load(withDigests('{ to: [only-event], time_zone: Europe/Pariss }'));
    expect(problems.map(({ message }) => message)).toEqual([
      'no destination is named "only-event"; did you mean "only-events"?',
      'time_zone: expected the name of a time zone, such as UTC or Europe/Paris; did you mean "Europe/Paris"?',
    ]);
  });
});
