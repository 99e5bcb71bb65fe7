import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/json.ts';
import { printHec, printSlack, printWebhook } from './print.ts';
import { terminalText, widthOf } from './terminal-text.ts';

const plain = { colour: false, columns: 80 };
const slack = (payload: JsonObject) => ({ text: '', payload, receivedAtMs: 0 });
const webhook = {
  id: 'msg_1',
  type: 'alert.opened',
  payload: {},
  headers: {},
  duplicate: false,
  receivedAtMs: 0,
};

const page = {
  text: 'HIGH: Scanner',
  attachments: [
    {
      color: '#d33',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'HIGH  Scanner at work' } },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: 'Seen *3* times &amp; counting\n<https://a.test|Runbook>' },
        },
        { type: 'section', fields: [{ type: 'mrkdwn', text: '*Actor*\n203.0.113.9' }] },
        { type: 'divider' },
        { type: 'actions', elements: [{ type: 'button', text: { text: 'Open' }, url: 'https://b.test' }] },
        {
          type: 'context',
          elements: [
            { type: 'mrkdwn', text: 'a' },
            { type: 'mrkdwn', text: 'b' },
          ],
        },
      ],
    },
  ],
};

describe('terminal text', () => {
  it.each([
    ['an escape sequence loses its teeth', 'a\x1b[31mb\x1b]0;title\x07', 80, 'a[31mb]0;title'],
    ['an 8-bit escape', 'a\x9b31mb', 80, 'a31mb'],
    ['line breaks and tabs become one blank', 'a\r\n\tb\u2028c', 80, 'a b c'],
    ['a right-to-left override', 'exe\u202Etxt.\u2066x\u2069', 80, 'exetxt.x'],
    ['zero width', 'a\u200Bb\u200D\uFEFFc\u2060', 80, 'abc'],
    ['hidden tag letters', 'a\u{E0041}\u{E0100}b', 80, 'ab'],
    ['blank letters', 'a\u3164\u2800b', 80, 'ab'],
    ['what fits stays', 'abcde', 5, 'abcde'],
    ['what does not is cut', 'abcdef', 5, 'abcd…'],
    ['wide characters count twice', '漢字漢字', 5, '漢字…'],
    ['no room', 'abc', 0, ''],
  ])('%s', (_, text, columns, expected) => {
    expect(terminalText(text, columns)).toBe(expected);
  });

  it('never holds a control and never is too wide', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, columns) => {
        const shown = terminalText(text, columns);
        expect(widthOf(shown)).toBeLessThanOrEqual(columns);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('Slack', () => {
  it('shows a message as a person sees it', () => {
    expect(printSlack(slack(page), plain)).toEqual([
      'slack    ▌ HIGH: Scanner',
      '         ▌ HIGH  Scanner at work',
      '         ▌ Seen 3 times & counting',
      '         ▌ Runbook (https://a.test)',
      '         ▌ Actor 203.0.113.9',
      `         ▌ ${'─'.repeat(40)}`,
      '         ▌ Open https://b.test',
      '         ▌ a  b',
    ]);
  });

  it('shows the text where there are no blocks', () => {
    expect(printSlack(slack({ text: 'one\ntwo' }), plain)).toEqual(['slack    ▌ one', '         ▌ two']);
  });

  it.each([
    ['edit', '✎ a message is now:'],
    ['reply', '↳ in its thread:'],
    ['broadcast', '↳ in its thread and in the channel:'],
  ] as const)('says that a bot made an %s', (doing, words) => {
    expect(printSlack({ ...slack({ text: 'one' }), doing }, plain)).toEqual([
      `slack    ▌ ${words}`,
      '         ▌ one',
    ]);
  });

  it('shows escaped markup as letters, and a mention that rings as one', () => {
    expect(printSlack(slack({ text: '&lt;!channel&gt; <!channel> &amp;lt;' }), plain)).toEqual([
      'slack    ▌ <!channel> @channel &lt;',
    ]);
  });

  it('colours the bar by the severity, only when told so', () => {
    expect(printSlack(slack({ text: 'MEDIUM: x' }), { ...plain, colour: true })[0]).toContain('\x1b[33m▌');
    expect(printSlack(slack(page), plain).join('')).not.toContain('\x1b');
  });

  it('is bounded in lines', () => {
    const lines = printSlack(slack({ text: 'x\n'.repeat(500) }), plain);
    expect(lines).toHaveLength(61);
    expect(lines.at(-1)).toContain('441 more lines');
  });
});

describe('one line', () => {
  const event = {
    severity: 'high',
    signature: 'Scanner',
    src: '203.0.113.9',
    http_method: 'GET',
    tocsin_id: 'a/b',
  };
  it('of a HEC event', () => {
    const envelope = { index: 'security', sourcetype: 'tocsin:match' };
    expect(printHec({ event, envelope, receivedAtMs: 0 }, { ...plain, columns: 76 })).toBe(
      'hec      index=security  sourcetype=tocsin:match  high  Scanner  203.0.113.…',
    );
  });

  it('of a HEC event that is a text', () => {
    expect(printHec({ event: 'a\nb', envelope: {}, receivedAtMs: 0 }, plain)).toBe('hec      "a\\nb"');
  });

  it('of a webhook', () => {
    const payload = {
      type: 'alert.opened',
      data: { rule: 'scanner', severity: 'HIGH', group: { actor: '203.0.113.9' } },
    };
    expect(printWebhook({ ...webhook, payload }, plain)).toBe(
      'webhook  alert.opened  msg_1  HIGH  scanner  203.0.113.9',
    );
  });

  it('of a repeated webhook without type and id', () => {
    expect(printWebhook({ ...webhook, id: '', type: '', duplicate: true }, plain)).toBe(
      'webhook  untyped  no id  (seen before)',
    );
  });

  it('holds no more than its columns, coloured or not', () => {
    const hostile = { ...webhook, type: `\x1b]8;;x\x07${'漢'.repeat(500)}` };
    for (const colour of [true, false]) {
      const line = printWebhook(hostile, { colour, columns: 60 });
      expect(widthOf(stripVTControlCharacters(line))).toBeLessThanOrEqual(60);
    }
  });
});
