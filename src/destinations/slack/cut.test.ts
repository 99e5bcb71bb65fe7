import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutMrkdwn } from './cut.ts';

const ROWS = Array.from({ length: 200 }, (_, i) => `row ${i} by 203.0.113.${i}`);
const FENCE = '```';
const MORE = 'and 12 more';

describe('a text that is too long for Slack', () => {
  it.each<[string, string, RegExp]>([
    [
      'a list keeps its last line',
      [...ROWS, MORE].join('\n'),
      /row \d+ by 203\.0\.113\.\d+… \(cut\)\nand 12 more$/,
    ],
    [
      'a code block is closed before the last line',
      [FENCE, ...ROWS, FENCE, MORE].join('\n'),
      /\d\n```\n… \(cut\)\nand 12 more$/,
    ],
    [
      'a last line inside the block stays in it',
      [FENCE, ...ROWS, MORE, FENCE].join('\n'),
      /\d\n… \(cut\)\nand 12 more\n```$/,
    ],
    [
      'a block that begins later is opened for it',
      [...ROWS, FENCE, MORE, FENCE].join('\n'),
      /\d… \(cut\)\n```\nand 12 more\n```$/,
    ],
    ['an empty end is no last line', `${[...ROWS, MORE].join('\n')}\n\n \n`, /… \(cut\)\nand 12 more$/],
    ['a code span is closed', `\`${'x'.repeat(5_000)}\``, /^`x+`… \(cut\)$/],
    [
      'a code span is closed, and the last line is kept',
      `by \`${'x'.repeat(5_000)}\`\n${MORE}`,
      /x`… \(cut\)\nand 12 more$/,
    ],
    ['a bold text is closed', `*${'x'.repeat(5_000)}*`, /^\*x+\*… \(cut\)$/],
    ['a bold and italic text is closed from within', `*_${'x'.repeat(5_000)}_*`, /^\*_x+_\*… \(cut\)$/],
    ['a name with underscores is no italic', `snake_case ${'x'.repeat(5_000)}`, /^snake_case x+… \(cut\)$/],
    ['a product is no bold', `3 * 4 ${'x'.repeat(5_000)}`, /^3 \* 4 x+… \(cut\)$/],
    [
      'a link is left out whole',
      `${'x'.repeat(1_100)} <https://e.example/${'y'.repeat(500)}|Runbook> z`,
      /^x+… \(cut\)$/,
    ],
    ['an escape is left out whole', `${'&amp;'.repeat(2_000)}`, /^(?:&amp;)+… \(cut\)$/],
  ])('%s', (_why, text, expected) => {
    const cut = cutMrkdwn(text, 1_200);
    expect(cut.length).toBeLessThanOrEqual(1_200);
    expect(cut).toMatch(expected);
  });

  const piece = fc.constantFrom(
    '`a b`',
    FENCE,
    '\n',
    '*bold*',
    '&lt;',
    '<https://e.example|x>',
    'word ',
    '😀',
    '_',
    '`',
    'x'.repeat(40),
  );
  it('is never longer than it may be, and leaves no block, link, escape or character in halves', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 300 }),
        fc.integer({ min: 100, max: 1_500 }),
        (pieces, max) => {
          const text = pieces.join('');
          const cut = cutMrkdwn(text, max);
          expect(cut.length).toBeLessThanOrEqual(max);
          if (cut === text || cut === text.trimEnd()) return;
          expect(cut.isWellFormed()).toBe(true);
          // What the template itself leaves open may stay so where its end is kept.
          if (text.split(FENCE).length % 2 === 1) expect(cut.split(FENCE).length % 2).toBe(1);
          expect(cut).not.toMatch(/&(?!lt;)|<(?!https:\/\/e\.example\|x>)/);
        },
      ),
    );
  });
});
