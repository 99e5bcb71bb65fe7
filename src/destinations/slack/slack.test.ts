import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alert,
  alertDelivery,
  eventDelivery,
  HOSTILE,
  NOW_MS,
  sample,
} from '../../../test/contract/deliveries.ts';
import { passesOf } from '../../../test/cpu-time.ts';
import { runs } from '../../../test/seed.ts';
import type { NotifiedAlert } from '../../core/alert.ts';
import { SEVERITIES } from '../../core/severity.ts';
import type { SlackMessage } from './block.ts';
import { classifySlack } from './classify.ts';
import { slackConfig } from './config.ts';
import { encodeSlack, encodeSlackPlainly } from './encode.ts';
import { redactUrl } from './redact.ts';
import { code, link, plain, utcTime } from './text.ts';
import { reserve } from './throttle.ts';

interface Text {
  type: string;
  text: string;
}
interface Block {
  type: string;
  text?: Text;
  fields?: Text[];
  elements?: Text[];
}

const blocksOf = (message: SlackMessage): Block[] =>
  JSON.parse(JSON.stringify((message.attachments ?? []).flatMap((attachment) => attachment.blocks ?? [])));
const textsOf = (block: Block): string[] =>
  [block.text, ...(block.fields ?? []), ...(block.elements ?? [])].flatMap((part) =>
    part ? [part.text] : [],
  );
const allText = (message: SlackMessage): string =>
  [message.text, ...blocksOf(message).flatMap(textsOf)].join('\n');

function expectWithinLimits(message: SlackMessage): void {
  const blocks = blocksOf(message);
  expect(message.text.length).toBeLessThanOrEqual(4_000);
  expect(blocks.length).toBeLessThanOrEqual(50);
  expect(message.attachments?.length ?? 0).toBeLessThanOrEqual(20);
  expect(blocks.flatMap(textsOf).join('').length).toBeLessThanOrEqual(13_200);
  for (const block of blocks) {
    expect(block.text?.text.length ?? 1).toBeLessThanOrEqual(3_000);
    expect(block.fields?.length ?? 1).toBeLessThanOrEqual(10);
    for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000);
    expect(block.elements?.length ?? 1).toBeLessThanOrEqual(10);
    for (const text of textsOf(block)) expect(text.length).toBeGreaterThan(0);
  }
}

/** No mention, no link but the rule author's, no way out of a code span, nothing invisible. */
function expectHarmless(message: SlackMessage): void {
  const text = allText(message);
  expect(text.replaceAll(/<https:\/\/runbooks\.example\/[^|>]*\|Runbook>/g, '')).not.toMatch(/[<>]/);
  expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
  expect(text).not.toMatch(
    /[\p{Default_Ignorable_Code_Point}\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/u,
  );
  expect(text.isWellFormed()).toBe(true);
  for (const line of text.split('\n'))
    expect((line.match(/`/g) ?? []).length % 2).toBe(line === '```' ? 1 : 0);
}

const everywhere = (text: string): NotifiedAlert =>
  alert({
    rule: text,
    ruleName: text,
    description: text,
    runbook: 'https://runbooks.example/sqli?a=1&b=<2>',
    category: text,
    group: { actor: text, host: text },
    sample: [
      sample({ id: text, actor: text, method: text, host: text, url: text, country: text, filterId: text }),
      sample(),
    ],
  });

describe('a message', () => {
  it('shows what somebody who was woken needs', () => {
    const hit = alert({
      description: 'Database syntax in a parameter',
      runbook: 'https://runbooks.example/sqli',
      sample: [sample({ successfulExploit: true }), sample({ country: 'DE', timeMs: NOW_MS })],
    });
    const message = encodeSlack(alertDelivery({ alerts: [hit] }));
    expect(message.text).toBe(
      '🟠 *HIGH* · *SQL injection* `203.0.113.9`\n' +
        '*an attack SUCCEEDED* · 12 new matches (57 in all) · `POST api.example.com/login` · France',
    );
    expect(message.attachments?.[0]?.color).toBe('#e8590c');
    expect(blocksOf(message).flatMap(textsOf)).toEqual([
      'Database syntax in a parameter\n📖 <https://runbooks.example/sqli|Runbook>',
      '*Who*\nactor `203.0.113.9`\nfrom France, Germany',
      '*What*\n`POST api.example.com/login`',
      '*When*\nfirst 2026-11-21 19:44:05 UTC\nlast 2026-11-21 20:43:05 UTC (59 min later)',
      '*Matches*\n12 new matches (57 in all)',
      '*Evidence* (newest 2 of 57; 2026-11-21, UTC)\n```\n20:43:05 403 SUCCEEDED POST api.example.com/login?next=%2Fhome\n' +
        '20:44:05 403 POST api.example.com/login?next=%2Fhome\n```',
      'rule `sql-injection` · akto-prod malicious_events\n' +
        '`n-1` · newest event `akto-prod/malicious_events/e1`\n' +
        `\`tocsin ack ${'f'.repeat(32)}\` · \`tocsin why ${'f'.repeat(32)}\``,
    ]);
    expect(message).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  it.each([
    [1, 0],
    [2, 0],
    [3, 5],
    [13, 0],
    [14, 0],
    [60, 7],
  ])('of %i alerts and %i omitted ones accounts for every new match', (count, omittedAlerts) => {
    const alerts = Array.from({ length: count }, (_, i) => alert({ newCount: i + 1, count: 2 * i + 5 }));
    const shownNew = alerts.reduce((sum, each) => sum + each.newCount, 0);
    const newCount = shownNew + 11 * omittedAlerts;
    const message = encodeSlack(alertDelivery({ alerts, omittedAlerts, newCount }));
    expectWithinLimits(message);
    expect(message.text).toContain(`${newCount.toLocaleString('en-US')} new match`);
    const body = blocksOf(message).flatMap(textsOf).join('\n');
    const each = [...body.matchAll(/(\d+) new match(?:es)? \(\d+ in all\)/g)].map((match) =>
      Number(match[1]),
    );
    const omitted = Number((/more alerts?, with ([\d,]+) new/.exec(body)?.[1] ?? '0').replaceAll(',', ''));
    expect(each.reduce((sum, n) => sum + n, omitted)).toBe(newCount);
    expect(Number(/(\d+) more alerts?, with/.exec(body)?.[1] ?? 0) + each.length).toBe(count + omittedAlerts);
  });

  it('of a notification that somehow names no alert is still a message', () => {
    expectWithinLimits(encodeSlack(alertDelivery({ alerts: [], newCount: 3, severity: 'LOW' })));
  });

  it.each(SEVERITIES)('of severity %s has its colour and its word', (severity) => {
    const message = encodeSlack(alertDelivery({ alerts: [alert({ severity })] }));
    expect(message.attachments?.[0]?.color).toMatch(/^#[0-9a-f]{6}$/);
    expect(message.text).toContain(`*${severity}*`);
  });

  it('of an event is one line', () => {
    const { text, attachments } = encodeSlack(eventDelivery());
    expect(text).toBe(
      '🟠 *HIGH* · Known scanner, SQL injection · `POST api.example.com/login` · by `203.0.113.9:57796` · France · 2026-11-21 20:44:05 UTC',
    );
    expect(attachments).toBeUndefined();
  });

  it('of an event without any of the usual keys is one line too', () => {
    const { text } = encodeSlack(eventDelivery('e1', { actor: null, url: 7, method: [] }));
    expect(text).toContain('by (none)');
  });

  it('in plain words says that it is', () => {
    const message = encodeSlackPlainly(alertDelivery());
    expect(message).toMatchObject({ text: expect.stringContaining('12 new matches (57 in all)') });
    expect(message.attachments).toBeUndefined();
  });
});

describe('a hostile text', () => {
  it.each(HOSTILE)('that %s does no harm', (_, text) => {
    const alerts = Array.from({ length: 14 }, () => everywhere(text));
    expect(passesOf(() => encodeSlack(alertDelivery({ alerts })), 500)).toBeLessThan(500);
    for (const delivery of [alertDelivery({ alerts }), alertDelivery({ alerts: [everywhere(text)] })]) {
      expectHarmless(encodeSlack(delivery));
      expectWithinLimits(encodeSlack(delivery));
      expectHarmless(encodeSlackPlainly(delivery));
    }
    const raw = { actor: text, url: text, host: text, method: text, country: text };
    expectHarmless(encodeSlack(eventDelivery('e1', raw)));
  });

  it('that chance writes does no harm either', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const message = encodeSlack(alertDelivery({ alerts: [everywhere(text)] }));
        expectHarmless(message);
        expectWithinLimits(message);
      }),
      { numRuns: runs(120) },
    );
  });

  it.each([
    ['plain', plain],
    ['code', code],
  ])('is cut to its bound with a sign that it is, as %s', (_, write) => {
    for (const text of ['&'.repeat(100), '😀'.repeat(100), 'x'.repeat(100)]) {
      const written = write(text, 40);
      expect(written.length).toBeLessThanOrEqual(40);
      expect(written).toContain('…');
    }
    expect(plain('x'.repeat(40), 40)).toBe('x'.repeat(40));
  });
});

describe('a runbook', () => {
  it.each<[string, string | undefined]>([
    ['https://r.example/a?b=1&c=2', '<https://r.example/a?b=1&amp;c=2|Runbook>'],
    ['https://r.example/a|b', '<https://r.example/a%7Cb|Runbook>'],
    ['https://r.example/<!channel>', '<https://r.example/%3C!channel%3E|Runbook>'],
    ['javascript:alert(1)', undefined],
    ['wiki page 7', undefined],
    [`https://r.example/${'a'.repeat(5_000)}`, undefined],
  ])('%s becomes %s', (url, expected) => {
    expect(link(url, 'Runbook', 500)).toBe(expected);
  });
});

describe('a URL shown as evidence', () => {
  it.each([
    ['/a?q=1%27+OR+1=1', '/a?q=1%27+OR+1=1'],
    ['/a?access_token=abc&q=1', '/a?access_token=[redacted]&q=1'],
    ['/a?q=1;X-Api-Key=abc#Password=x', '/a?q=1;X-Api-Key=[redacted]#Password=[redacted]'],
    ['/cb?code=abc&zipcode=1', '/cb?code=[redacted]&zipcode=1'],
  ])('%s is %s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });

  it('costs little, whatever it is', () => {
    const texts = ['?'.repeat(9e5), `?${'token'.repeat(9e4)}`, '&auth'.repeat(9e4)];
    expect(passesOf(() => texts.map(redactUrl), 50)).toBeLessThan(50);
  });
});

describe('an answer', () => {
  it.each<[number, string, string]>([
    [200, 'ok', 'done'],
    [200, 'ok\n', 'done'],
    [200, '<html>login</html>', 'unclear'],
    [302, '', 'hold'],
    [400, 'invalid_payload', 'refused'],
    [400, 'invalid_blocks', 'refused'],
    [400, 'user_not_found', 'refused'],
    [413, '', 'refused'],
    [403, 'action_prohibited', 'hold'],
    [403, 'invalid_token', 'hold'],
    [404, 'no_service', 'hold'],
    [404, 'channel_not_found', 'hold'],
    [410, 'channel_is_archived', 'hold'],
    [418, '', 'unclear'],
    [415, '', 'refused'],
    [422, '{"message":"bad"}', 'refused'],
    [408, '', 'retry'],
    [429, 'rate_limited', 'retry'],
    [500, 'rollup_error', 'retry'],
    [503, '', 'retry'],
  ])('%s %j is %s', (status, body, kind) => {
    expect(classifySlack(status, body, undefined).kind).toBe(kind);
  });

  it('429 waits as long as Slack says', () => {
    expect(classifySlack(429, '', 30_000)).toMatchObject({ kind: 'retry', afterMs: 30_000 });
  });

  it('shows a word of Slack, never a page of somebody else', () => {
    expect(classifySlack(404, 'no_service', undefined)).toMatchObject({
      reason: expect.stringContaining('404 no_service'),
    });
    expect(inspect(classifySlack(404, '<p>https://hooks.example/T0/B0/planted</p>', undefined))).not.toMatch(
      /planted|<p>/,
    );
  });
});

describe('the pace', () => {
  it('lets a short burst pass and then one message a second', () => {
    let fullAtMs = 0;
    const waits = Array.from({ length: 11 }, () => {
      const slot = reserve(fullAtMs, NOW_MS);
      fullAtMs = slot.fullAtMs;
      return slot.waitMs;
    });
    expect(waits).toEqual([...Array(6).fill(0), 1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(reserve(fullAtMs, NOW_MS + 60_000).waitMs).toBe(0);
  });

  it('lets what is CRITICAL go before what is milder would: ten pages, after a burst of others', () => {
    let fullAtMs = reserve(0, NOW_MS).fullAtMs;
    for (let mild = 1; mild < 6; mild += 1) fullAtMs = reserve(fullAtMs, NOW_MS).fullAtMs;
    const waits = Array.from({ length: 12 }, () => {
      const slot = reserve(fullAtMs, NOW_MS, true);
      fullAtMs = slot.fullAtMs;
      return slot.waitMs;
    });
    expect(waits).toEqual(Array(12).fill(0));
    expect(reserve(fullAtMs, NOW_MS, true).waitMs).toBe(1_000);
  });

  it('does not stop for an hour when the clock goes back by one', () => {
    const { fullAtMs } = reserve(0, NOW_MS);
    expect(reserve(fullAtMs, NOW_MS - 3_600_000).waitMs).toBeLessThanOrEqual(30_000);
  });
});

describe('the rest', () => {
  it('shows no part of the webhook URL', () => {
    const config = slackConfig.parse({
      name: 'oncall',
      type: 'slack',
      url: 'https://hooks.example/T0/planted',
    });
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('planted');
  });

  it.each([Number.NaN, 1e300])('survives the impossible time %s', (timeMs) => {
    expect(utcTime(timeMs)).toBe('at an impossible time');
  });
});
