import { expect, it } from 'vitest';
import { linesOf, listProblems } from './excerpt.ts';
import type { Problem } from './problem.ts';

function shown(text: string, line: number, column: number): readonly string[] {
  const problem: Problem = {
    code: 'bad-value',
    severity: 'error',
    message: 'No.',
    file: 'a.yaml',
    line,
    column,
  };
  const lineAt = linesOf(text);
  const [, ...excerpt] = listProblems([problem], {
    colour: false,
    lineOf: ({ line: at }) => lineAt(at ?? 0),
  }).split('\n');
  return excerpt;
}

it.each<[string, string, number, number, readonly string[]]>([
  ['a line and a caret', 'a: 1\nb: x\n', 2, 4, ['  2 | b: x', '    |    ^']],
  ['a place behind the line', 'a:\n', 1, 3, ['  1 | a:', '    |   ^']],
  ['nothing of an empty line', 'a:\n\nb', 2, 1, []],
  ['nothing of a line that is not there', 'a', 9, 1, []],
  ['a tab and a control character as blanks', '\ta\u001b[2J', 1, 2, ['  1 |  a [2J', '    |  ^']],
  ['a carriage return not at all', 'a: x\r\n', 1, 4, ['  1 | a: x', '    |    ^']],
])('shows %s', (_what, text, line, column, expected) => {
  expect(shown(text, line, column)).toEqual(expected);
});

it('shows the part of a long line around the caret', () => {
  const [line = '', caret = ''] = shown(`${'x'.repeat(400)}HERE${'y'.repeat(400)}`, 1, 401);
  expect(line.length).toBeLessThan(120);
  expect(line.slice(caret.indexOf('^'))).toMatch(/^HEREy/);
});
