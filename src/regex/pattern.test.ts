import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { runs } from '../../test/seed.ts';
import { compilePattern, PatternBudgetError, PatternError } from './index.ts';

const raw = String.raw;

function verdict(source: string, text: string): boolean | 'refused' {
  try {
    return compilePattern(source).test(text);
  } catch (error) {
    if (error instanceof PatternError) return 'refused';
    throw error;
  }
}

describe('the dialect', () => {
  it('agrees with java.util.regex on recorded cases', () => {
    const lines = readFileSync('test/fixtures/regex/java.jsonl', 'utf8').trimEnd().split('\n');
    const wrong: unknown[] = [];
    for (const line of lines) {
      const [source, found, missed]: [string, string[]?, string[]?] = JSON.parse(line);
      if (found === undefined && verdict(source, 'a') !== 'refused') wrong.push([source, 'not refused']);
      for (const text of found ?? [])
        if (verdict(source, text) !== true) wrong.push([source, text, 'not found']);
      for (const text of missed ?? [])
        if (verdict(source, text) !== false) wrong.push([source, text, 'found']);
    }
    expect(lines.length).toBeGreaterThan(700);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['reads on after a class that Java nests', '[[{,]x', '{x', 'refused', true],
    ['takes && for two signs', '[a&&b]', '&', false, true],
    ['lets a dash before [ begin a range', '[+-[]', 'Z', 'refused', true],
  ])('%s where nested classes are off: %s', (_, source, text, nested, plain) => {
    expect(verdict(source, text)).toBe(nested);
    expect(compilePattern(source, { nestedClasses: false }).test(text)).toBe(plain);
  });

  it.each([
    ['a(', 2, 'Expected ) to close the group.'],
    ['a)', 1, 'This ) closes no group; write \\) for a parenthesis.'],
    ['*a', 0, 'Nothing to repeat before *; write \\* for the sign itself.'],
    ['a{x', 2, 'Expected a number after {, as in {2,5}; write \\{ for a brace.'],
    ['[b-a]', 4, 'The range in this class runs backwards; put its lower end first.'],
    ['[ab', 3, 'Expected ] to close the character class.'],
    [raw`\y`, 1, 'Unknown escape \\y; a letter or digit after a backslash must have a meaning.'],
    [
      '(?<=(ab)*)c',
      9,
      'A look-behind may repeat groups only with an upper bound; replace * and + in it by {0,n}.',
    ],
    ['(?q)', 2, 'Unknown group type; after (? come :, =, !, >, <=, <!, <name> or flags of imsdxuU.'],
    ['😀)', 2, 'This ) closes no group; write \\) for a parenthesis.'],
  ])('refuses %s with its place', (source, index, message) => {
    const error = thrownBy(() => compilePattern(source));
    expect(error).toBeInstanceOf(PatternError);
    expect(error).toMatchObject({ index, message });
  });

  it.each(['(?:a{1000}){1000}', '(?:(?:a{100}){100}){100}', '(a{200})\\1{100000}'])(
    'refuses %s as too large',
    (source) => {
      expect(() => compilePattern(source)).toThrow(/too large/);
    },
  );

  it.each(['('.repeat(100_000), '['.repeat(100_000), '(?:'.repeat(100_000), '(?=a)'.repeat(50)])(
    'survives a pattern made to exhaust the stack or a mask',
    (source) => {
      expect([true, 'refused']).toContain(verdict(source, 'a'));
    },
  );
});

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('what a pattern says of itself', () => {
  it.each([
    ['a|', true, true],
    ['a*', true, true],
    ['^$', true, true],
    ['a', true, false],
    [raw`(a)\1`, false, false],
    [raw`"[^"]*+"`, true, false],
    ['(?>[0-9]+)x', true, false],
    ['a*+ab', false, false],
    ['(?>a|ab)c', false, false],
    ['(?>ab|cd)+x', true, false],
    ['x(?>a|ab)', true, false],
    [raw`(?<![\w.])a(?=\s+b)`, true, false],
  ])('%s: linear %s, finds the empty text %s', (source, linear, matchesEmpty) => {
    expect(compilePattern(source)).toMatchObject({ source, linear, matchesEmpty });
  });
});

const literal = fc.constantFrom('a', 'b', 'c', raw`\.`, ' ', raw`\n`, '-');
const charClass = fc.constantFrom(
  '[ab]',
  '[^a]',
  raw`\w`,
  raw`\d`,
  raw`\S`,
  '[^]a-]'.replace('^]', '^'),
  'x',
);
const place = fc.constantFrom('^', '$', raw`\b`, raw`\B`);
const { pattern } = fc.letrec<{ pattern: string; item: string }>((tie) => ({
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    charClass,
    place,
    tie('pattern').map((inner) => `(?:${inner})`),
    tie('pattern').map((inner) => `(${inner})`),
    tie('pattern').map((inner) => `(?=${inner})`),
    tie('pattern').map((inner) => `(?!${inner})`),
    fc.tuple(literal, charClass).map(([first, second]) => `(?<!${first}${second}?)`),
    fc
      .tuple(fc.oneof(literal, charClass), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?', '+?'))
      .map(([atom, times]) => atom + times),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}'))
      .map(([inner, times]) => `(?:${inner})${times}`),
  ),
  pattern: fc.oneof(
    { depthSize: 'small' },
    tie('item'),
    fc.array(tie('item'), { minLength: 1, maxLength: 4 }).map((items) => items.join('')),
    fc.tuple(tie('item'), tie('item')).map((options) => options.join('|')),
  ),
}));

describe('against another engine', () => {
  it('agrees with V8 where the dialects agree', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', '.', ' ', '1', '-'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 3, maxLength: 6 }), (source, texts) => {
        const ours = compilePattern(source);
        const theirs = new RegExp(source);
        for (const text of texts) expect(ours.test(text)).toBe(theirs.test(text));
      }),
      { numRuns: runs(1500) },
    );
  });

  it('finds the same with the backtracker as with automata', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', ' '), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (source, text) => {
        const bounded = compilePattern(raw`(?:${source})(?:z()\9)?`);
        expect(bounded.linear).toBe(false);
        expect(bounded.test(text)).toBe(compilePattern(source).test(text));
      }),
      { numRuns: runs(500) },
    );
  });
});

/** Patterns of the kind published policies hold, each quadratic or worse on a backtracking engine. */
const LOOK_ALIKES = [
  raw`(?i)(?:^|[^a-z0-9])(?:(?:\.\.(?:/|\\|%2f))+\.?|/\w+\.(?:php|ini)(?:%00)?)(?:$|[^a-z0-9])`,
  raw`(?m)^\s*at\s+(?:[\w$]+\.)+[\w$<>]+\([^()\r\n]*\)\s*$|^\s*Caused by:\s+.+$`,
  raw`(?i)(?:(?<=^|[|;&"'])|(?<![\w.])(?=\s+[/-]))(?:cmd|net)(?:\.exe)?(?![\w.])(?:\s+\S+){1,}(?=\s*(?:&&|[|;]|$))`,
  raw`(?i)<\s*(?:script(?![^>]*\blang\s*=)|svg(?=[^>]*\bon[a-z]+\s*=))\b[^>]*>|style\s*=\s*["'][^"'>]*\burl\s*\(`,
  raw`["'\-\\\s;\(]*(?:alert\(|eval\()["'\-\\\s;\(]*`,
  raw`(?i)\bor\s+(?!more)\w+\s*=\s*\w+|\bunion\b.*\bselect\b`,
];

const HOSTILE = [
  '\n',
  ' ',
  'a',
  '<',
  '"',
  '../',
  'cmd ',
  'cmd & ',
  ' at a.',
  '<svg ',
  'on=',
  'or ',
  'union ',
  '\\',
  'é\u0301',
];

function longOf(piece: string): string {
  return piece.repeat(Math.ceil(100_000 / piece.length));
}

/** Ten times and more what they take; the engine of JavaScript takes hundreds, and thousands. */
const MOST_PASSES = 30;

describe('hostile texts', () => {
  it.each(LOOK_ALIKES)('100 KB do not stall %s', (source) => {
    const tested = compilePattern(source);
    for (const piece of HOSTILE) {
      const text = longOf(piece);
      expect(
        passesOf(() => tested.test(text), MOST_PASSES),
        piece,
      ).toBeLessThan(MOST_PASSES);
    }
  });

  it('100 KB do not stall any published policy', () => {
    const folder = '../shared/policies';
    if (!existsSync(folder)) {
      process.stderr.write('SKIPPED: the published policies are not here\n');
      return;
    }
    for (const source of policyPatterns(folder)) {
      const tested = compilePattern(source, { nestedClasses: false });
      expect(tested.linear).toBe(true);
      for (const piece of HOSTILE) {
        const text = longOf(piece);
        expect(
          passesOf(() => tested.test(text), MOST_PASSES),
          `${piece} ${source.slice(0, 40)}`,
        ).toBeLessThan(MOST_PASSES);
      }
    }
  });

  it.each([
    ['more states than memory', '(a|b)*a(a|b){20}c'],
    ['a window of a thousand', 'a.{1000}c'],
    ['a class counted high', '[ab]{1,1000}x'],
    ['windows within windows', '(?:ab|a.{30}c|b.{40}d)x'],
  ])('%s: stays linear or gives up in time', (_, source) => {
    const tested = compilePattern(source);
    const text = abText(100_000);
    const most = 5 * MOST_PASSES;
    expect(passesOf(() => thrownBy(() => tested.test(text)), most)).toBeLessThan(most);
  });

  it.each([raw`(\w+)\s+\1!`, raw`(?>(a|ab)+)c`, raw`(a*)*\1b`, raw`(.*)(.*)(.*)\1\2\3x`])(
    '%s gives up by name instead of stalling',
    (source) => {
      const tested = compilePattern(source);
      const text = `${'ab '.repeat(10_000)}abx!bc`;
      const outcome: unknown[] = [];
      const look = () => outcome.push(thrownBy(() => tested.test(text)));
      expect(passesOf(look, 2 * MOST_PASSES)).toBeLessThan(2 * MOST_PASSES);
      for (const result of outcome) {
        if (typeof result !== 'boolean') expect(result).toBeInstanceOf(PatternBudgetError);
      }
    },
  );
});

/** As and bs in an order without a short period. */
function abText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state > 0x7fffffff ? 'a' : 'b';
  }).join('');
}

function policyPatterns(folder: string): string[] {
  const texts = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
  const listed = texts.flatMap((text) =>
    [...text.matchAll(/regex:\n((?:\s+- .*\n)+)/g)].map((found) => found[1] ?? ''),
  );
  const items = listed.flatMap((list) => list.split('\n').map((line) => line.replace(/^\s+- /, '')));
  return [...new Set(items)]
    .filter((item) => item !== '')
    .map((item) => (item.startsWith('"') ? String(JSON.parse(item)) : item));
}
