import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GOOD, load, MINIMAL, registry } from '../../test/config/fake-adapters.ts';
import { runs } from '../../test/seed.ts';
import { formatProblems } from './index.ts';

describe('secrets', () => {
  it.each<[why: string, text: string]>([
    ['a variable under an ordinary key', MINIMAL.replace('https://x.example', `"\${KEY}"`)],
    ['a variable as a name that nothing has', `${MINIMAL}routes: [{ to: ["\${KEY}"] }]\n`],
    [
      'a variable as a name given twice',
      `${MINIMAL.replace('name: d', `name: "\${KEY}"`)}  - { name: "\${KEY}", type: bell, token: t }\n`,
    ],
    [
      'a name from a variable, near the one written',
      `${MINIMAL.replace('name: d', `name: "\${KEY}"`)}routes: [{ to: [planted-secret-4f9b] }]\n`,
    ],
    ['a variable as a type', MINIMAL.replace('type: bell', `type: "\${KEY}"`)],
    ['a variable as a file', MINIMAL.replace('token: t', `token_file: "\${KEY}"`)],
    ['a variable in a filter', `${MINIMAL}routes: [{ to: [d], when: { a: "\${KEY}", b: broken } }]\n`],
    ['a literal where a key belongs', MINIMAL.replace('token: t', 'planted-secret-4f9a')],
    ['a literal as an alias', MINIMAL.replace('token: t', 'token: *planted-secret-4f9a')],
    ['a literal in a bad secret URL', MINIMAL.replace('token: t', 'url: planted-secret-4f9a')],
    ['a literal in a store', `${MINIMAL}store: postgres://u:planted-secret-4f9a@h/db\n`],
    ['a literal under a misspelt key', MINIMAL.replace('token: t', 'tokken: planted-secret-4f9a')],
    ['a literal under an unknown key', MINIMAL.replace('token: t', 'whatever: planted-secret-4f9a')],
    ['a literal with a colon behind it', MINIMAL.replace('token: t', 'token: planted-secret-4f9a:')],
    ['a misspelt one with a colon', MINIMAL.replace('token: t', 'tokken: planted-secret-4f9a:')],
    [
      'a literal in a comment',
      `${MINIMAL.replace('token: t', 'tokken: x')}`.replace('x }', 'x } # planted-secret-4f9a'),
    ],
  ])('%s is not repeated', (_why, text) => {
    const { problems } = load(text);
    expect(problems.length).toBeGreaterThan(0);
    const shown = formatProblems(problems, { colour: true, text, registry });
    expect(shown + formatProblems(problems, { colour: false, text })).not.toContain('planted-secret');
  });
});

describe('formatProblems', () => {
  it('shows each line with a caret', () => {
    const text = GOOD.replace(`page_size: \${N}`, 'page_size: lots').replace(
      `url: "\${HOOK}"`,
      `utl: "\${HOOK}"`,
    );
    expect(formatProblems(load(text).problems, { colour: false, text, registry })).toBe(`\
tocsin/c.yaml:6:16: error wrong-type: page_size: expected a whole number
  6 |     page_size: lots
    |                ^
tocsin/c.yaml:9:33: error unknown-key: unknown key "utl"; did you mean "url"?
  9 |   - { name: oncall, type: bell, utl: "\${HOOK}" }
    |                                 ^`);
  });

  it('keeps the caret at its place behind a masked value', () => {
    const text = MINIMAL.replace('token: t', 'token: abcdefghijklmnop, send: [smoke]');
    expect(
      formatProblems(load(text).problems, { colour: false, text, registry }).split('\n').slice(1),
    ).toEqual([
      '  4 |   - { name: d, type: bell, token: …, send: [smoke] }',
      '    |                                             ^',
    ]);
  });

  it('shows nothing behind a quote that nobody closed', () => {
    const text = `${MINIMAL}server: { listen: ", token: literal-secret`;
    const { problems } = load(text);
    expect(problems.map(({ code }) => code)).toEqual(['yaml-syntax']);
    expect(formatProblems(problems, { colour: false, text, registry })).not.toContain('literal');
  });

  it('is bounded', () => {
    const text = `${MINIMAL}${Array.from({ length: 80 }, (_, i) => `zz${i}zzzz: 1\n`).join('')}`;
    const lines = formatProblems(load(text).problems, { colour: false, text, registry }).split('\n');
    expect(lines).toHaveLength(151);
    expect(lines.at(-1)).toBe('and 30 more');
  });

  it('lets no control character reach the terminal', () => {
    const text = MINIMAL.replace('name: d', 'name: "d\\e[2J\u009b"');
    const shown = formatProblems(load(text).problems, { colour: false, text, registry });
    expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('whatever is done to a file', () => {
  const mutation = fc.oneof(
    fc.record({ at: fc.nat(), cut: fc.nat(40), put: fc.constant('') }),
    fc.record({
      at: fc.nat(),
      cut: fc.nat(3),
      put: fc.constantFrom(
        '\n',
        '\t',
        ':',
        ': ',
        '- ',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!x ',
        '|',
        '#',
        `\${`,
        '}',
        '? ',
        '%',
        '@',
        '\u0000',
      ),
    }),
    fc.record({ at: fc.nat(), cut: fc.nat(12), put: fc.string({ maxLength: 8 }) }),
  );

  it('loading never throws, decides, and repeats no secret', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const text = mutations.reduce((before, { at: place, cut, put }) => {
          const start = place % before.length;
          return before.slice(0, start) + put + before.slice(start + cut);
        }, GOOD);
        const { config, problems } = load(text);
        expect((config === undefined) === problems.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { line, column } of problems) expect(Math.min(line ?? 0, column ?? 0)).toBeGreaterThan(0);
        const shown = formatProblems(problems, { colour: false, text, registry });
        expect(shown).not.toMatch(/planted-secret|file-secret|literal-secret/);
      }),
      { numRuns: runs(300) },
    );
  });
});
