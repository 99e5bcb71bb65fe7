import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageHtml } from '../../scripts/slack-html.ts';
import { encodeSlack } from '../../src/destinations/slack/encode.ts';
import { runs } from '../seed.ts';
import { HOSTILE } from './deliveries.ts';
import { SAMPLES } from './slack-samples.ts';

const OURS =
  /^<\/?(?:div|span|b|i|code|pre)(?: class="[a-z -]+")?(?: style="border-color:#[0-9a-f]+")?(?: title="[^"<>]*")?>$/;

/** No tag but ours, each closed, and no way for a quote out of an attribute. */
function expectOurs(html: string): void {
  const tags = html.match(/<[^>]*>?/g) ?? [];
  for (const tag of tags) expect(tag).toMatch(OURS);
  expect(tags.filter((tag) => tag.startsWith('</')).length * 2).toBe(tags.length);
}

const drawn = (payload: object): string =>
  messageHtml({ payload: JSON.parse(JSON.stringify(payload)), time: '20:44' });

describe('the page that shows messages', () => {
  it.each(SAMPLES)('draws $name, and no mention', ({ delivery }) => {
    const html = drawn(encodeSlack(delivery));
    expectOurs(html);
    expect(html).not.toContain('MENTION');
  });

  it('holds nothing but its own tags, whatever a message says', () => {
    const texts = fc.oneof(
      fc.constantFrom(
        ...HOSTILE.map(([, text]) => text.slice(0, 2_000)),
        '"><script>',
        "' onload='",
        '```a',
        '<a|"b>',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        const section = { type: 'section', text: { type: 'mrkdwn', text }, fields: [{ text: other }] };
        const blocks = [{ type: 'header', text: { text } }, section, { type: text }];
        expectOurs(drawn({ text, blocks }));
        expectOurs(drawn({ text: other, attachments: [{ color: text, blocks }] }));
      }),
      { numRuns: runs(60) },
    );
  });
});
