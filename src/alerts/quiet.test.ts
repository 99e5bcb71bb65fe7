import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../core/severity.ts';
import { type Course, seenOf } from './escalation.ts';
import { inhibitorsAmong } from './inhibition.ts';
import { brokenFor, quietedBy, type Silence, silencedBy, standingOf } from './quiet.ts';
import type { QuietSubject } from './quiet-subject.ts';

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
type Labels = Readonly<Record<string, string>>;

const COURSE: Course = { episode: 1, openedAtMs: NOW - HOUR, severity: 'HIGH' };
const alert = (fingerprint: string, labels: Labels, course: Partial<Course> = {}): QuietSubject<Labels> => ({
  ...{ fingerprint, labels, subject: labels, several: new Set<string>() },
  course: { ...COURSE, ...course },
});
const where = (term: string, value: string) => ({ matches: (labels: Labels) => labels[term] === value });
const silence = (id: string, fromMs: number, toMs: number, when = where('actor', 'x')): Silence<Labels> => ({
  ...{ id, startsMs: NOW + fromMs, endsMs: NOW + toMs, when },
});

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
    const worse = {
      ...{ name: 'worse', source: where('severity', 'CRITICAL'), target: where('severity', 'LOW') },
      equal: ['actor'],
    };
    const inhibitors = inhibitorsAmong([worse], [alert('g', { actor: 'x', severity: 'CRITICAL' })]);
    expect(quietedBy(low, [silence('s', -1, HOUR)], inhibitors, NOW)).toEqual({
      ...{ reason: 'silenced', by: 's', untilMs: NOW + HOUR },
    });
  });
});

/** A silence for one alert as it was then. */
const named = (fingerprint: string, course: Partial<Course> = {}, more: Partial<Silence<Labels>> = {}) => ({
  ...silence('n', -1, HOUR, { matches: () => true }),
  ...{ fingerprints: new Set([fingerprint]), breakOnEscalation: true as const },
  ...{ seen: { [fingerprint]: seenOf({ ...COURSE, ...course }) }, ...more },
});

describe('a silence that names its alerts', () => {
  const reopened = { episode: 2, openedAtMs: NOW, past: { reached: { HIGH: COURSE.openedAtMs } } } as const;
  it.each<[string, Silence<Labels>, QuietSubject<Labels>, string]>([
    ['covers its alert', named('f'), alert('f', {}), 'silent'],
    ['covers no other, however alike', named('f', {}), alert('g', {}), 'other'],
    ['covers a later episode', named('f'), alert('f', {}, reopened), 'silent'],
    [
      'until over: covers the episode that was seen',
      named('f', {}, { untilResolved: true }),
      alert('f', {}),
      'silent',
    ],
    [
      'until over: does not cover the next one',
      named('f', {}, { untilResolved: true }),
      alert('f', {}, reopened),
      'over',
    ],
    [
      'until over: an alert that was pruned and came anew is not the one that was seen',
      named('f', {}, { untilResolved: true }),
      alert('f', {}, { openedAtMs: NOW }),
      'over',
    ],
    ['breaks where it rises', named('f'), alert('f', {}, { severity: 'CRITICAL' }), 'rose CRITICAL'],
    ['does not break at what was seen', named('f'), alert('f', {}, { severity: 'LOW' }), 'silent'],
    ['breaks where an exploit succeeds', named('f'), alert('f', {}, { exploited: true }), 'exploited'],
    [
      'one that had succeeded was seen',
      named('f', { exploited: true }),
      alert('f', {}, { exploited: true }),
      'silent',
    ],
    [
      'an exploit in a later episode was not seen, whatever happened before',
      named('f', { exploited: true }),
      alert('f', {}, { ...reopened, exploited: true }),
      'exploited',
    ],
    [
      'stays broken when a milder episode follows',
      named('f'),
      alert('f', {}, { episode: 3, openedAtMs: NOW, past: { reached: { CRITICAL: NOW - 9 } } }),
      'rose CRITICAL',
    ],
    [
      'stays broken when an episode without an exploit follows',
      named('f'),
      alert('f', {}, { episode: 3, openedAtMs: NOW, past: { reached: {}, exploitedMs: NOW - 9 } }),
      'exploited',
    ],
    [
      'what it had come to before it was seen breaks nothing',
      named('f', { past: { reached: { CRITICAL: 5 }, exploitedMs: 5 } }),
      alert('f', {}, { past: { reached: { CRITICAL: 5 }, exploitedMs: 5 } }),
      'silent',
    ],
    [
      'the same severity again, in an episode after it was seen, does',
      named('f', { past: { reached: { CRITICAL: 5 } } }),
      alert(
        'f',
        {},
        { episode: 4, openedAtMs: NOW, severity: 'CRITICAL', past: { reached: { CRITICAL: 5 } } },
      ),
      'rose CRITICAL',
    ],
    [
      'names nobody by the keys that every object has',
      named('constructor', {}, { seen: {} }),
      alert('constructor', {}, { openedAtMs: NOW }),
      'silent',
    ],
  ])('%s', (_, given, subject, expected) => {
    const standing = standingOf(subject, given);
    const { kind } = standing;
    if (kind !== 'broken') return expect(kind).toBe(expected);
    const { because } = standing;
    expect(because.kind === 'rose' ? `rose ${because.to}` : because.kind).toBe(expected);
    expect(silencedBy(subject, [given], NOW)).toBeUndefined();
    expect(brokenFor(subject, [given], NOW)).toEqual([{ by: 'n', because }]);
    expect(brokenFor(subject, [given], NOW + HOUR), 'a silence that has ended is not broken').toEqual([]);
  });

  it('leaves an alert to another silence where one is broken for it', () => {
    const worse = alert('f', { actor: 'x' }, { severity: 'CRITICAL' });
    expect(silencedBy(worse, [named('f'), silence('s', -1, 5)], NOW)?.by).toBe('s');
  });

  it('never covers another fingerprint', () => {
    const fingerprint = fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'),
      minLength: 1,
      maxLength: 4,
    });
    const course = fc.record({
      ...{ severity: fc.constantFrom(...SEVERITIES), exploited: fc.constant(true as const) },
      ...{ openedAtMs: fc.nat(5), episode: fc.nat(5) },
    });
    fc.assert(
      fc.property(
        ...[fc.uniqueArray(fingerprint, { maxLength: 5 }), fingerprint, course, fc.boolean(), fc.boolean()],
        (names, other, seen, until, breaks) => {
          const given: Silence<Labels> = {
            ...silence('n', -1, HOUR, { matches: () => true }),
            ...{
              fingerprints: new Set(names),
              seen: Object.fromEntries(names.map((name) => [name, seenOf(seen)])),
            },
            ...(until ? { untilResolved: true } : {}),
            ...(breaks ? { breakOnEscalation: true } : {}),
          };
          const subject = alert(other, { actor: 'x' }, seen);
          expect(silencedBy(subject, [given], NOW) !== undefined).toBe(names.includes(other));
        },
      ),
    );
  });
});

describe('a filter that breaks', () => {
  const breaking = (more: Partial<Silence<Labels>> = {}): Silence<Labels> => ({
    ...{ ...silence('s', -1, HOUR), createdMs: NOW - 1, breakOnEscalation: true as const },
    ...more,
  });
  const x = { actor: 'x' };
  it.each<[string, Silence<Labels>, Partial<Course>, string]>([
    ['an alert that was seen stays as it was', breaking({ seen: { f: seenOf(COURSE) } }), {}, 'silent'],
    ['it rose', breaking({ seen: { f: seenOf(COURSE) } }), { severity: 'CRITICAL' }, 'broken'],
    [
      'without breaking, it is silent all the same',
      silence('s', -1, HOUR),
      { severity: 'CRITICAL' },
      'silent',
    ],
    ['one that came later is no worse than the worst seen', breaking({ worstSeen: 'HIGH' }), {}, 'silent'],
    ['one that came later is worse', breaking({ worstSeen: 'MEDIUM' }), {}, 'broken'],
    ['nothing was seen: as severe as it began', breaking(), {}, 'silent'],
    ['nothing was seen: more severe than it began', breaking(), { openedAs: 'MEDIUM' }, 'broken'],
    ['nothing was seen: an exploit succeeded', breaking(), { exploited: true }, 'broken'],
    [
      'what an earlier episode came to before it was made was not meant',
      breaking(),
      { openedAtMs: NOW, past: { reached: { CRITICAL: NOW - 9 }, exploitedMs: NOW - 9 } },
      'silent',
    ],
    [
      'what an earlier episode came to since is',
      breaking(),
      { openedAtMs: NOW + 9, past: { reached: { CRITICAL: NOW + 5 } } },
      'broken',
    ],
  ])('%s', (_, given, course, expected) => {
    expect(standingOf(alert('f', x, course), given).kind).toBe(expected);
  });
});
