import { describe, expect, it } from 'vitest';
import { type Inhibition, inhibitorsAmong, type QuietSubject, quietedBy, type Silence } from './quiet.ts';

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
type Labels = Readonly<Record<string, string>>;

const alert = (fingerprint: string, labels: Labels): QuietSubject<Labels> => ({
  fingerprint,
  labels,
  subject: labels,
});
const where = (term: string, value: string) => ({ matches: (labels: Labels) => labels[term] === value });
const silence = (id: string, fromMs: number, toMs: number, when = where('actor', 'x')): Silence<Labels> => ({
  ...{ id, startsMs: NOW + fromMs, endsMs: NOW + toMs, when },
});
const WORSE: Inhibition<Labels> = {
  ...{
    name: 'worse',
    source: where('severity', 'CRITICAL'),
    target: where('severity', 'LOW'),
    equal: ['actor'],
  },
};

describe('a silence', () => {
  it.each<[string, readonly Silence<Labels>[], string | undefined]>([
    ['there is none', [], undefined],
    ['it goes on', [silence('s', -1, 1)], 's'],
    ['it begins now', [silence('s', 0, 1)], 's'],
    ['it begins in a moment', [silence('s', 1, HOUR)], undefined],
    ['it ends now', [silence('s', -HOUR, 0)], undefined],
    ['it is for another actor', [silence('s', -1, 1, where('actor', 'y'))], undefined],
    [
      'of several the one that lasts longest',
      [silence('a', -1, 5), silence('b', -1, 9), silence('c', -1, 7)],
      'b',
    ],
    ['not one that has not begun', [silence('a', -1, 5), silence('b', 1, HOUR)], 'a'],
  ])('%s', (_, silences, by) => {
    const quiet = quietedBy(alert('f', { actor: 'x' }), silences, [], NOW);
    expect(quiet?.by).toBe(by);
  });

  it('says when it ends, and is named before an inhibition', () => {
    const low = alert('f', { actor: 'x', severity: 'LOW' });
    const inhibitors = inhibitorsAmong([WORSE], [alert('g', { actor: 'x', severity: 'CRITICAL' })]);
    expect(quietedBy(low, [silence('s', -1, HOUR)], inhibitors, NOW)).toEqual({
      ...{ reason: 'silenced', by: 's', untilMs: NOW + HOUR },
    });
  });
});

describe('an inhibition', () => {
  const low = (actor: string | undefined) =>
    alert('low', { severity: 'LOW', ...(actor === undefined ? {} : { actor }) });
  const critical = (actor?: string) =>
    alert('critical', { severity: 'CRITICAL', ...(actor === undefined ? {} : { actor }) });
  it.each<
    [string, QuietSubject<Labels>, readonly QuietSubject<Labels>[], Inhibition<Labels>, string | undefined]
  >([
    ['the other is open', low('x'), [critical('x')], WORSE, 'critical'],
    ['nothing is', low('x'), [], WORSE, undefined],
    ['the other is of another actor', low('x'), [critical('y')], WORSE, undefined],
    ['absent values are the same as each other', low(undefined), [critical()], WORSE, 'critical'],
    ['an absent value is not the same as one', low('x'), [critical()], WORSE, undefined],
    ['nothing need be the same', low('x'), [critical('y')], { ...WORSE, equal: [] }, 'critical'],
    ['what is open is no source', low('x'), [low('x')], WORSE, undefined],
    ['it is no target', critical('x'), [critical('x')], WORSE, undefined],
    [
      'source and target at once is not its target',
      low('x'),
      [low('x')],
      { ...WORSE, source: where('severity', 'LOW') },
      undefined,
    ],
    [
      'values cannot run into each other',
      alert('low', { severity: 'LOW', a: 'x","y', b: '' }),
      [alert('critical', { severity: 'CRITICAL', a: 'x', b: 'y' })],
      { ...WORSE, equal: ['a', 'b'] },
      undefined,
    ],
  ])('%s', (_, subject, open, inhibition, inhibitor) => {
    const quiet = quietedBy(subject, [], inhibitorsAmong([inhibition], open), NOW);
    expect(quiet).toEqual(
      inhibitor === undefined ? undefined : { reason: 'inhibited', by: 'worse', inhibitor },
    );
  });

  it('looks at each open alert once, however many alerts it may keep quiet', () => {
    let asked = 0;
    const source = {
      matches: (labels: Labels) => {
        asked += 1;
        return labels['severity'] === 'CRITICAL';
      },
    };
    const open = Array.from({ length: 1_000 }, (_, index) =>
      alert(`f${index}`, { actor: `${index}`, severity: 'LOW' }),
    );
    const inhibitors = inhibitorsAmong([{ ...WORSE, source }], [...open, critical('7')]);
    const quieted = open.filter((each) => quietedBy(each, [], inhibitors, NOW) !== undefined);
    expect(quieted.map(({ fingerprint }) => fingerprint)).toEqual(['f7']);
    expect(asked).toBeLessThan(2_100);
  });
});
