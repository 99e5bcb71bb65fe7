import { expect, it } from 'vitest';
import { unifiedDiff, visible } from './rules-pull-diff.ts';

it('paints what goes, what comes, and where', () => {
  const lines = unifiedDiff('a\nold\n', 'a\nnew\n', true).split('\n');
  expect(lines).toEqual([
    '    \u001b[36m@@ -1,2 +1,2 @@\u001b[39m',
    '     a',
    '    \u001b[31m-old\u001b[39m',
    '    \u001b[32m+new\u001b[39m',
    '',
  ]);
});

it('stays plain where no colours are wanted', () => {
  expect(unifiedDiff('old\n', 'new\n', false)).toBe('    @@ -1,1 +1,1 @@\n    -old\n    +new\n');
});

it('shows a bounded part of a long difference, and of a long line', () => {
  const text = unifiedDiff('', `${'x'.repeat(5_000)}\n`.repeat(500), false);
  expect(text).toContain('    (301 more lines)\n');
  expect(text.length).toBeLessThan(100_000);
});

it.each<[why: string, text: string, shown: string]>([
  ['an escape sequence', '\u001b[31m', '\\x1b[31m'],
  ['one of a single byte', '\u009b2J', '\\x9b2J'],
  ['a carriage return, which would write over the line', 'a\rb', 'a\\x0db'],
  ['a mark that turns the text around', '\u202e', '\\u{202e}'],
  ['a joiner that nobody sees', '\u200b', '\\u{200b}'],
  ['a line end that is none in the file', '\u2028', '\\u{2028}'],
  ['half a character', '\ud800', '\\u{d800}'],
  ['a filler that looks like a blank', '\u3164', '\\u{3164}'],
  ['tabs and letters, as they are', '\tä🔥', '\tä🔥'],
])('makes visible %s', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});
