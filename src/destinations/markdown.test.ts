import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { runs } from '../../test/seed.ts';
import { markdownToText, readMarkdown } from './markdown.ts';
import { markdownToSlack } from './slack/markdown.ts';

const ADVICE = `# Fix *SQL* injection

Use **prepared \`statements\`** and read [the guide](https://owasp.org/x?a=1&b=2) or <https://a.example/c>.

- [x] find it
  - in the log
    1. first
    2. second
- [ ] fix it

\`\`\`java
if (a < b) {
\tx();
}
\`\`\`

> they said
> so

| where | what |
|-------|------|
| login | **all** |

<div>raw<br>html <b>bold</b></div>

one  
two ![picture](http://img.example/a.png) ~~gone~~ &lt;tag&gt; 5 &amp; 6
`;

describe('Markdown', () => {
  it('becomes mrkdwn', () => {
    expect(markdownToSlack(ADVICE, 2_900)).toBe(`*Fix* *SQL* *injection*

Use *prepared* \`statements\` and read the guide (<https://owasp.org/x?a=1&amp;b=2>) or <https://a.example/c>.

☑ find it
    • in the log
        1. first
        2. second
☐ fix it

\`\`\`
if (a &lt; b) {
    x();
}
\`\`\`

│ they said so

*where* | *what*
login | *all*

raw
html bold

one
two picture (<http://img.example/a.png>) ~gone~ &lt;tag&gt; 5 &amp; 6`);
  });

  it('becomes plain text', () => {
    expect(markdownToText(ADVICE, 4_000)).toBe(`Fix SQL injection

Use prepared statements and read the guide (https://owasp.org/x?a=1&b=2) or https://a.example/c.

☑ find it
    • in the log
        1. first
        2. second
☐ fix it

if (a < b) {
    x();
}

│ they said so

where | what
login | all

raw
html bold

one
two picture (http://img.example/a.png) gone <tag> 5 & 6`);
  });

  it.each<[why: string, markdown: string, slack: string]>([
    ['a mention is text', 'hi <!channel> <@U012AB3CD>', 'hi &lt;!channel&gt; &lt;@U012AB3CD&gt;'],
    ['so is one in entities', '&lt;!here&gt; &#60;!here&#x3e;', '&lt;!here&gt; &lt;!here&gt;'],
    ['and one escaped twice', '&amp;lt;!here&amp;gt;', '&amp;lt;!here&amp;gt;'],
    ['a link of Slack’s own kind leads nowhere', '<https://evil.example|bank>', 'https://evil.example|bank'],
    [
      'a label never hides where it leads',
      '[https://bank.example](https://evil.example)',
      'https://bank.example (<https://evil.example/>)',
    ],
    ['no script', '[click](javascript:alert(1))', 'click'],
    ['no data', '![x](data:text/html;base64,AAAA)', 'x'],
    ['no address that looks like another', '[x](https://bank.example@evil.example/)', 'x'],
    ['no place on a server that we do not know', '[x](/docs)', 'x'],
    [
      'an address cannot end its link',
      '[x](https://a.example/`>|<!here>)',
      'x (<https://a.example/%60%3E%7C%3C!here%3E>)',
    ],
    ['a code span cannot be left', '``a ` b``', "`a ' b`"],
    ['a code block neither', '````\n```\n*out*\n````', "```\n'\n*out*\n```"],
    ['an unclosed code block is closed', '```\nx', '```\nx\n```'],
    ['a stray backtick opens nothing', 'a ` b', "a ' b"],
    ['nothing hides', 'a\u200bb\u00ad\u{E0041} \u202etxt', 'ab txt'],
    ['definitions are for the lexer', '[a]: https://x.example\n\n[a]', 'a (<https://x.example/>)'],
    ['nothing is nothing', ' \n\n', ''],
  ])('%s', (_, markdown, slack) => {
    expect(markdownToSlack(markdown, 500)).toBe(slack);
  });

  it('says when it was cut, wherever the cut falls', () => {
    for (let max = 60; max < 700; max += 7) {
      const text = markdownToSlack(ADVICE, max);
      expect(text.length).toBeLessThanOrEqual(max);
      if (!text.includes('5 &amp; 6')) expect(text.endsWith('_… (shortened)_')).toBe(true);
      expect((text.match(/^```$/gm) ?? []).length % 2).toBe(0);
    }
    expect(markdownToText(ADVICE, 100)).toMatch(/^Fix SQL injection[\s\S]{50,}\n… \(shortened\)$/);
    expect(markdownToText('x'.repeat(10_000), 50_000)).toMatch(/x\n… \(shortened\)$/);
  });
});

/** Texts that cost parsers of Markdown most, each as long as it likes. */
const COSTLY: readonly (readonly [string, string])[] = [
  ['brackets', '['],
  ['links without an end', '[a]('],
  ['images', '![['],
  ['stars', '*a **'],
  ['underscores', '__a_'],
  ['emphasis in emphasis', '_*'],
  ['quotes', '>'],
  ['quotes and lists', '> - '],
  ['lists', '- '],
  ['numbered lists', '1. '],
  ['lists of quotes', '1) > - '],
  ['backticks', '`a``'],
  ['tags', '<a href="'],
  ['comments', '<!--'],
  ['tables', '|a|b|\n|-|-|\n'],
  ['fences', '```\n'],
  ['headings', 'a\n-\n'],
  ['references', '[a]: b\n'],
  ['tildes', '~~a'],
  ['addresses', 'http://www.a@'],
  ['entities', '&#60;'],
  ['blanks', ' '],
  ['tabs', '\t- '],
  ['escapes', '\\*'],
  ['stars and stops', '**a.'],
  ['marks without an end', '*_a'],
  ['marks and addresses', '__www.@'],
  ['calls', '!'],
  ['lines', '[\n'],
  ['nulls', '\u0000\u202e'],
];

describe('a text made to be costly', () => {
  it.each(COSTLY)('of %s is read in a moment and stays in its bounds', (_, piece) => {
    const hostile = piece.repeat(Math.ceil(200_000 / piece.length));
    expect(markdownToSlack(hostile, 2_900).length).toBeLessThanOrEqual(2_900);
    expect(markdownToText(hostile, 4_000).length).toBeLessThanOrEqual(4_000);
    expect(passesOf(() => markdownToSlack(hostile, 2_900), 100)).toBeLessThan(100);
  });

  it('loses nothing of what it says, only its marks', () => {
    const text = markdownToSlack('**a.'.repeat(1_000), 2_900);
    expect(text).toContain('**a.**a.**a.');
    expect(text).toContain('(shortened)');
  });

  it('of lists in lists stays near the margin', () => {
    const deep = Array.from({ length: 90 }, (_, level) => `${'  '.repeat(level)}- a`).join('\n');
    for (const { prefix } of readMarkdown(deep).lines) expect(prefix.length).toBeLessThan(30);
  });
});

const piece = fc.oneof(
  fc.constantFrom('**', '_', '`', '```\n', '\n', '\n\n', '- ', '1. ', '> ', '# ', '[', '](', ')', '<', '>'),
  fc.constantFrom(
    '&',
    '&lt;',
    '<!channel>',
    '<@U1>',
    '|',
    '|-|\n',
    '![',
    'https://a.example/',
    '~~',
    '\u202e',
  ),
  fc.constantFrom('<b>', '<br>', '\\', '    ', '\t', 'javascript:', 'text ', '\u0301\u0301\u0301', '\ud800'),
  fc.string({ unit: 'binary', maxLength: 10 }),
);

describe('whatever Markdown holds', () => {
  it('its mrkdwn is within its bound, and no character of it means anything but ours', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 120 }), fc.integer({ min: 40, max: 2_900 }), (pieces, max) => {
        const text = markdownToSlack(pieces.join(''), max);
        expect(text.length).toBeLessThanOrEqual(max);
        const withoutLinks = text.replaceAll(/<https?:\/\/[^\s<>|`]+>/g, '');
        expect(withoutLinks).not.toMatch(/[<>]/);
        expect(withoutLinks).not.toMatch(/&(?!amp;|lt;|gt;)/);
        expect(text).not.toMatch(
          /[\p{Default_Ignorable_Code_Point}\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u,
        );
        expect(text.isWellFormed()).toBe(true);
        for (const line of text.split('\n').filter((each) => each !== '```'))
          expect((line.match(/`/g) ?? []).length % 2).toBe(0);
        expect((text.match(/^```$/gm) ?? []).length % 2).toBe(0);
      }),
      { numRuns: runs(3_000) },
    );
  });
});
