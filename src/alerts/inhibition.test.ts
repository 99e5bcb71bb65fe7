import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Inhibition, inhibitedBy, inhibitorsAmong } from './inhibition.ts';
import type { QuietSubject } from './quiet-subject.ts';

type Labels = Readonly<Record<string, string>>;

const alert = (
  fingerprint: string,
  labels: Labels,
  several: readonly string[] = [],
): QuietSubject<Labels> => ({
  ...{ fingerprint, labels, subject: labels, several: new Set(several) },
  course: { episode: 1, openedAtMs: 0, severity: 'LOW' },
});
const where = (term: string, value: string) => ({ matches: (labels: Labels) => labels[term] === value });
const WORSE: Inhibition<Labels> = {
  ...{ name: 'worse', source: where('severity', 'CRITICAL'), target: where('severity', 'LOW') },
  equal: ['actor'],
};

describe('an inhibition', () => {
  const of = (fingerprint: string, severity: string, actor?: string, several: readonly string[] = []) =>
    alert(fingerprint, { severity, ...(actor === undefined ? {} : { actor }) }, several);
  const low = (actor?: string, several?: readonly string[]) => of('low', 'LOW', actor, several);
  const critical = (actor?: string, several?: readonly string[]) =>
    of('critical', 'CRITICAL', actor, several);
  const ABSENT: Inhibition<Labels> = { ...WORSE, equalAbsent: true };
  it.each<
    [string, QuietSubject<Labels>, readonly QuietSubject<Labels>[], Inhibition<Labels>, string | undefined]
  >([
    ['the other is open', low('x'), [critical('x')], WORSE, 'critical'],
    ['nothing is', low('x'), [], WORSE, undefined],
    ['the other is of another actor', low('x'), [critical('y')], WORSE, undefined],
    ['absent values are no values that are shared', low(), [critical()], WORSE, undefined],
    ['unless the rule says so', low(), [critical()], ABSENT, 'critical'],
    ['an empty text is an absent value', low(''), [critical()], ABSENT, 'critical'],
    ['several actors are not none: the source', low(), [critical(undefined, ['actor'])], ABSENT, undefined],
    ['several actors are not none: the target', low(undefined, ['actor']), [critical()], ABSENT, undefined],
    [
      'several actors are not the same as several actors',
      low(undefined, ['actor']),
      [critical(undefined, ['actor'])],
      ABSENT,
      undefined,
    ],
    [
      'several values in a term that is not asked for',
      low('x', ['host']),
      [critical('x', ['url'])],
      WORSE,
      'critical',
    ],
    ['an absent value is not the same as one', low('x'), [critical()], ABSENT, undefined],
    ['an absent value is not a text that looks like it', low('null'), [critical()], ABSENT, undefined],
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
      'of several the first: the most severe',
      low('x'),
      [critical('x'), of('other', 'CRITICAL', 'x')],
      WORSE,
      'critical',
    ],
    [
      'values cannot run into each other',
      alert('low', { severity: 'LOW', a: 'x","y', b: 'z' }),
      [alert('critical', { severity: 'CRITICAL', a: 'x', b: 'y' })],
      { ...WORSE, equal: ['a', 'b'] },
      undefined,
    ],
  ])('%s', (_, subject, told, inhibition, inhibitor) => {
    const quiet = inhibitedBy(subject, inhibitorsAmong([inhibition], told));
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
    const open = Array.from({ length: 1_000 }, (_, index) => of(`f${index}`, 'LOW', `${index}`));
    const inhibitors = inhibitorsAmong([{ ...WORSE, source }], [...open, critical('7')]);
    const quieted = open.filter((each) => inhibitedBy(each, inhibitors) !== undefined);
    expect(quieted.map(({ fingerprint }) => fingerprint)).toEqual(['f7']);
    expect(asked).toBeLessThan(2_100);
  });
});

/** `a>b`: while an alert of kind a is open, those of kind b are quiet. */
const rules = (...arrows: readonly string[]): Inhibition<Labels>[] =>
  arrows.map((name) => {
    const [source = '', target = ''] = name.split('>');
    return { name, source: where('kind', source), target: where('kind', target), equal: [] };
  });
const kind = (name: string) => alert(name, { kind: name });
const quietOnes = (
  arrows: readonly string[],
  told: string,
  waiting: string,
  asked: string = told + waiting,
): string => {
  const inhibitors = inhibitorsAmong(rules(...arrows), [...told].map(kind), [...waiting].map(kind));
  return [...asked].filter((name) => inhibitedBy(kind(name), inhibitors) !== undefined).join('');
};

describe('alerts that nobody was told of yet', () => {
  it.each<[string, readonly string[], string, string, string]>([
    ['one that waits counts as told', ['a>b'], '', 'ab', 'b'],
    ['one that is quiet itself keeps nobody quiet', ['a>b', 'b>c'], '', 'abc', 'b'],
    ['whatever their order', ['a>b', 'b>c'], '', 'cba', 'b'],
    ['the fourth of a chain is quiet again', ['a>b', 'b>c', 'c>d'], '', 'dbca', 'bd'],
    ['one that was told of counts, quiet or not now', ['a>b', 'b>c'], 'b', 'ac', 'bc'],
    ['two that would keep each other quiet are both told of', ['a>b', 'b>a'], '', 'ab', ''],
    ['three in a circle, too', ['a>b', 'b>c', 'c>a'], '', 'abc', ''],
    ['a circle keeps nobody outside quiet', ['a>b', 'b>a', 'b>c'], '', 'abc', ''],
    ['a circle that somebody was told of is none', ['a>b', 'b>a'], 'a', 'b', 'b'],
    ['a circle that another one keeps quiet', ['a>b', 'b>a', 'x>a'], '', 'abx', 'a'],
    ['two sources, of which one is quiet', ['a>b', 'b>d', 'c>d'], '', 'abcd', 'bd'],
  ])('%s', (_, arrows, told, waiting, quiet) => {
    expect([...quietOnes(arrows, told, waiting)].sort().join('')).toBe(quiet);
  });

  it('are kept quiet by nobody who is quiet without having been told of', () => {
    const name = fc.constantFrom(...'abcdef');
    const arrow = fc.tuple(name, name).map(([from, to]) => `${from}>${to}`);
    const some = fc.uniqueArray(name);
    fc.assert(
      fc.property(fc.uniqueArray(arrow, { maxLength: 12 }), some, some, (arrows, told, all) => {
        const waiting = all.filter((each) => !told.includes(each));
        const inhibitors = inhibitorsAmong(rules(...arrows), told.map(kind), waiting.map(kind));
        for (const each of [...told, ...waiting]) {
          const by = inhibitedBy(kind(each), inhibitors);
          if (by?.reason !== 'inhibited' || told.includes(by.inhibitor)) continue;
          expect(
            inhibitedBy(kind(by.inhibitor), inhibitors),
            `${by.inhibitor} is to be told of`,
          ).toBeUndefined();
        }
        // Whoever stands below one that was told of is quiet, whatever else there is.
        for (const each of [...told, ...waiting]) {
          const isBelow = told.some((other) => other !== each && arrows.includes(`${other}>${each}`));
          if (isBelow) expect(inhibitedBy(kind(each), inhibitors)).toBeDefined();
        }
      }),
    );
  });

  it('are decided in one go, however long the chain', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
    const chain: Inhibition<Labels>[] = [
      { name: 'odd', source: where('odd', 'no'), target: where('odd', 'yes'), equal: ['pair'] },
      { name: 'even', source: where('odd', 'yes'), target: where('odd', 'no'), equal: ['next'] },
    ];
    const waiting = names.map((name, index) => {
      const odd = index % 2 === 1;
      const [pair, next] = [Math.floor(index / 2), Math.floor((index + 1) / 2)];
      return alert(name, { odd: odd ? 'yes' : 'no', pair: `${pair}`, next: `${next}` });
    });
    const inhibitors = inhibitorsAmong(chain, [], waiting);
    const quiet = waiting.filter((each) => inhibitedBy(each, inhibitors) !== undefined);
    expect(quiet).toHaveLength(1_000);
  });
});
