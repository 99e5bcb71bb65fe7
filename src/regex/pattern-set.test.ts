import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { runs } from '../../test/seed.ts';
import {
  compilePattern,
  compilePatternSet,
  joinPatterns,
  PatternBudgetError,
  PatternError,
} from './index.ts';

const raw = String.raw;

describe('a pattern set', () => {
  it('finds what each pattern finds alone, on every recorded text', () => {
    const lines = readFileSync('test/fixtures/regex/java.jsonl', 'utf8').trimEnd().split('\n');
    const cases: [string, string[]?, string[]?][] = lines.map((line) => JSON.parse(line));
    const patterns = cases
      .filter(([, found]) => found !== undefined)
      .map(([source]) => compilePattern(source));
    const set = joinPatterns(patterns);
    const texts = [...new Set(cases.flatMap(([, found = [], missed = []]) => [...found, ...missed]))].slice(
      0,
      300,
    );
    for (const text of texts) {
      const alone = patterns.flatMap((pattern, index) => (pattern.test(text) ? [index] : []));
      expect(set.match(text)).toEqual(alone);
    }
  });

  it('needs no literal that a text where the pattern was found does not hold', () => {
    const lines = readFileSync('test/fixtures/regex/java.jsonl', 'utf8').trimEnd().split('\n');
    for (const line of lines) {
      const [source, found = []]: [string, string[]?] = JSON.parse(line);
      for (const text of found) {
        const folded = text.toLowerCase();
        const unmet = compilePattern(source).literals.filter(
          (clause) => !clause.some((literal) => folded.includes(literal)),
        );
        expect(unmet, `${source} in ${text}`).toEqual([]);
      }
    }
  });

  it('finds words of every length wherever they stand in a text', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'e', '/'), minLength: 1, maxLength: 30 });
    const parts = fc.array(fc.nat(19), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 20, maxLength: 20 }),
        parts,
        fc.nat(9),
        (words, parts, blanks) => {
          const text = ' '.repeat(blanks) + parts.map((part) => words[part]?.toUpperCase()).join('');
          const wanted = words.map((each) => `(?i)${each}`);
          const found = words.flatMap((each, index) => (text.toLowerCase().includes(each) ? [index] : []));
          expect(compilePatternSet(wanted).match(text)).toEqual(found);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('finds words among thousands that share beginnings, ends and cases', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '-'), minLength: 1, maxLength: 5 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-', 'é'), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), text, (words, text) => {
        const found = words.flatMap((each, index) => (text.includes(each) ? [index] : []));
        expect(compilePatternSet(words).match(text)).toEqual(found);
      }),
      { numRuns: runs(300) },
    );
  });

  it.each([
    ['(?i)union\\s+select', [['select'], ['union']]],
    ['foo|bar', [['foo', 'bar']]],
    ['(?i)on(?:error|load)\\s*=', [['onerror', 'onload'], ['=']]],
    ['https?://', [['http://', 'https://']]],
    ['a*foo?', [['fo', 'foo']]],
    [raw`\d+`, []],
    ['foo|.', []],
    ['(?iu)ask', []],
    ['(?=foo)', []],
    ['(?>foo)++x', [['foox']]],
    [raw`or\(+x`, [['or('], ['(x']]],
    [raw`(?:[{]|%7b){2}\w`, [['{{', '{%7b', '%7b{', '%7b%7b']]],
    [raw`[;|]\s*\w`, [[';', '|']]],
    [raw`[;a]\s*\w`, []],
  ])('%s needs %j', (source, literals) => {
    expect(compilePattern(source).literals).toEqual(literals);
  });

  it('tells which pattern gave up, and goes on with the others', () => {
    const set = compilePatternSet([raw`(\w+)\s+\1!`, 'b!c']);
    const text = `${'ab '.repeat(10_000)}ab!c`;
    const gaveUp: unknown[] = [];
    expect(set.match(text, (index, error) => gaveUp.push([index, error.name]))).toEqual([1]);
    expect(gaveUp).toEqual([[0, 'PatternBudgetError']]);
    expect(() => set.match(text)).toThrow(PatternBudgetError);
  });

  it('is empty without patterns, and refuses a broken one', () => {
    expect(compilePatternSet([]).match('a')).toEqual([]);
    expect(() => compilePatternSet(['a', '('])).toThrow(PatternError);
  });

  it('costs about one pass where a thousand patterns have nothing to find', () => {
    const sources = Array.from({ length: 1000 }, (_, i) => raw`(?i)\b(?:tool${i}|cmd-${i}x)(?:\.exe)?\b`);
    expect(passesOf(() => compilePatternSet(sources), 500)).toBeLessThan(500);
    const set = compilePatternSet(sources);
    const text = '{"user":"alice","note":"the quick brown fox"} '.repeat(12_000);
    expect(set.match(text)).toEqual([]);
    // Half a megabyte: a pass for each pattern takes hundreds.
    expect(passesOf(() => set.match(text), 50)).toBeLessThan(50);
  });
});
