import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AlertContext,
  NOTIFICATION_REASONS,
  type Notification,
  type NotifiedAlert,
} from '../../src/core/alert.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { slackFault } from '../../src/demo/receivers/slack-limits.ts';
import {
  encodeReply,
  encodeRoot,
  encodeSlack,
  encodeSlackPlainly,
} from '../../src/destinations/slack/encode.ts';
import { ordinal, spanText } from '../../src/destinations/slack/words.ts';
import { passesOf } from '../cpu-time.ts';
import { runs } from '../seed.ts';
import { alert, HOSTILE, NOW_MS, notification, sample } from './deliveries.ts';
import { SAMPLES, STORY } from './slack-samples.ts';

const asJson = (message: object): JsonObject => JSON.parse(JSON.stringify(message));
const textsIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    (key === 'text' || key === 'fallback') && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
};

/** All that a notification is ever shown as. */
const everyFormOf = (told: Notification): JsonObject[] => {
  const delivery: Delivery = { kind: 'alert', id: told.id, notification: told };
  return [
    ...[encodeSlack(delivery), encodeSlackPlainly(delivery), encodeReply(told)],
    ...[encodeRoot(told, 'news'), encodeRoot(told, 'state')],
  ].map(asJson);
};

/** No mention, no link but the rule author's, no way out of a code span or block, nothing unseen, within bounds. */
function expectHarmless(message: JsonObject): void {
  expect(slackFault(message)).toBeUndefined();
  expect(String(message['text']).length).toBeLessThan(4_000);
  const shown = textsIn(message).join('\n');
  expect(shown.replaceAll('<https://runbooks.example/x|Runbook>', '')).not.toMatch(/[<>]/);
  expect(shown).not.toMatch(/&(?!amp;|lt;|gt;)/);
  expect(shown).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f]/,
  );
  expect(shown.isWellFormed()).toBe(true);
  let inBlock = false;
  for (const line of shown.split('\n')) {
    if (line === '```') inBlock = !inBlock;
    else expect((line.match(/`/g) ?? []).length % 2).toBe(0);
  }
  expect(inBlock).toBe(false);
}

/** Alerts of one actor. */
const rules = (...names: readonly string[]): NotifiedAlert[] =>
  names.map((ruleName) => alert({ ruleName, rule: ruleName.toLowerCase() }));

describe('the message people see', () => {
  it.each(SAMPLES)('of $name is as it was when somebody looked at it', ({ delivery }) => {
    const message = asJson(encodeSlack(delivery));
    expect(slackFault(message)).toBeUndefined();
    expect(message).toMatchSnapshot();
  });

  it('of a group, as a bot keeps it, is as it was when somebody looked at it', () => {
    expect(STORY.map((told) => encodeRoot(told, told.reason === 'opened' ? 'news' : 'state').text)).toEqual([
      '🔴 *CRITICAL* · *SQL injection* `203.0.113.9`\n*an attack SUCCEEDED* · 57 matches · `POST api.example.com/login` · France',
      '🔴 *CRITICAL* · *2 rules*: SQL injection, Path traversal · `203.0.113.9`\n*an attack SUCCEEDED* · 119 matches · France',
      '🔴 *CRITICAL* · *SQL injection* `203.0.113.9`\n*an attack SUCCEEDED* · 4,120 matches · `POST api.example.com/login` · France',
      '✅ *Resolved* · was CRITICAL · *SQL injection* `203.0.113.9`\nlasted 8 min · quiet for 1 h · 4,124 matches',
    ]);
    expect(STORY.map(encodeReply)).toMatchSnapshot();
  });

  it('is green where everything is over, and only there', () => {
    const colours = SAMPLES.map(({ name, delivery }) => [
      name.includes('over') || name === 'resolved',
      encodeSlack(delivery).attachments?.[0]?.color === '#2b8a3e',
    ]);
    for (const [isOver, isGreen] of colours) expect(isGreen).toBe(isOver);
  });

  it('has its severity, its rule, who and how many in its first two lines', () => {
    for (const { name, delivery } of SAMPLES) {
      if (delivery.kind !== 'alert') continue;
      const [first = '', second = '', ...rest] = encodeSlack(delivery).text.split('\n');
      expect(rest).toEqual([]);
      expect(first).toContain(delivery.notification.severity);
      if (!name.startsWith('operational')) expect(second).toMatch(/\d match|new/);
    }
  });

  it('says so where the feed named no actor', () => {
    const bare = alert({
      apis: { count: 0 },
      group: { actor: '' },
      sample: [{ id: 'akto-prod/malicious_events/e1', timeMs: NOW_MS }],
    });
    const told = notification({ alerts: [bare] });
    const message = encodeSlack({ kind: 'alert', id: 'a', notification: told });
    expect(message.text).toBe('🟠 *HIGH* · *SQL injection* (no actor)\n12 new matches (57 in all)');
    expect(textsIn(asJson(message))).toContain('*Who*\nactor (none)');
    expect(textsIn(asJson(message))).toContain('*What*\nunknown');
  });

  it.each<[string, Partial<Notification>, string]>([
    [
      'one rule of one actor',
      {},
      '🟠 *HIGH* · *SQL injection* `203.0.113.9`\n12 new matches (57 in all) · `POST api.example.com/login` · France',
    ],
    [
      'two rules of one actor',
      { alerts: rules('SQL injection', 'XSS') },
      '🟠 *HIGH* · *2 rules*: SQL injection, XSS · `203.0.113.9`\n24 new matches (114 in all) · France',
    ],
    [
      'three rules of one actor',
      { alerts: rules('SQL injection', 'XSS', 'Scanner') },
      '🟠 *HIGH* · *3 rules*: SQL injection, XSS, Scanner · `203.0.113.9`\n36 new matches (171 in all) · France',
    ],
    [
      'four rules of one actor',
      { alerts: rules('SQL injection', 'XSS', 'Scanner', 'SSRF') },
      '🟠 *HIGH* · *4 rules*: SQL injection, XSS, Scanner, SSRF · `203.0.113.9`\n48 new matches (228 in all) · France',
    ],
    [
      'more rules than a line takes',
      { alerts: rules('A', 'B', 'C', 'D', 'E', 'F') },
      '🟠 *HIGH* · *6 rules*: A, B, C, D and 2 more rules · `203.0.113.9`\n72 new matches (342 in all) · France',
    ],
    [
      'several alerts of two rules',
      { alerts: [...rules('A', 'B'), ...rules('A')] },
      '🟠 *HIGH* · *2 rules*, 3 alerts: A, B · `203.0.113.9`\n36 new matches (171 in all) · France',
    ],
    [
      'alerts that are not listed, whose rules nobody can name here',
      { alerts: rules('A', 'B'), omittedAlerts: 400, newCount: 900 },
      '🟠 *HIGH* · *402 alerts*: A, B, … · `203.0.113.9`\n900 new matches (990 in all) · France',
    ],
    [
      'no actor at all',
      { group: { source: 'akto-prod', rule: 'sql-injection' }, alerts: rules('A', 'B') },
      '🟠 *HIGH* · *2 rules*: A, B\n24 new matches (114 in all) · France',
    ],
    [
      'what came back',
      { recurrence: { times: 2, continues: 'alert/g/1' } },
      '🟠 *HIGH* · back again: second time today · *SQL injection* `203.0.113.9`\n12 new matches (57 in all) · `POST api.example.com/login` · France',
    ],
    [
      'what nobody acknowledged',
      { reason: 'escalated', unacknowledgedMs: 900_000, newCount: 0 },
      '🟠 *HIGH* · nobody acknowledged it for 15 min · *SQL injection* `203.0.113.9`\n57 matches · `POST api.example.com/login` · France',
    ],
    [
      'an end without alerts',
      {
        reason: 'resolved',
        alerts: [],
        severity: 'HIGH',
        newCount: 0,
        group: { source: 's', rule: 'sql-injection' },
      },
      '✅ *Resolved* · was HIGH · *sql-injection*\nnone of its alerts is open any more',
    ],
  ])('says of %s in two lines what it is', (_, over, text) => {
    const group = { source: 'akto-prod', actor: '203.0.113.9' };
    const told = notification({ group, ...over });
    expect(encodeSlack({ kind: 'alert', id: 'a', notification: told }).text).toBe(text);
  });

  it('says each thing once: an actor whose rules share a message stands in its headline alone', () => {
    const group = { source: 'akto-prod', actor: '203.0.113.9' };
    const told = notification({ group, alerts: rules('SQL injection', 'XSS', 'Scanner') });
    const message = asJson(encodeSlack({ kind: 'alert', id: 'a', notification: told }));
    expect(JSON.stringify(message).match(/203\.0\.113\.9/g)).toHaveLength(1);
    expect(JSON.stringify(message).match(/France/g)).toHaveLength(1);
  });

  it.each([
    [1, 'first'],
    [2, 'second'],
    [3, 'third'],
    [10, 'tenth'],
    [11, '11th'],
    [12, '12th'],
    [13, '13th'],
    [21, '21st'],
    [22, '22nd'],
    [23, '23rd'],
    [101, '101st'],
    [111, '111th'],
  ])('calls the time number %d the %s', (value, word) => {
    expect(ordinal(value)).toBe(word);
  });

  it('of as many alerts as one delivery holds is taken, whatever they say', () => {
    for (const [, text] of HOSTILE) {
      const long = text.slice(0, 500);
      const hit = alert({
        ...{ ruleName: long, rule: long, description: long, runbook: 'https://runbooks.example/x' },
        group: { actor: long, host: long, url: long },
        state: 'acknowledged',
        acknowledged: { atMs: NOW_MS, by: long, note: long },
        sample: Array.from({ length: 5 }, () => sample({ url: long, method: long, host: long })),
      });
      const alerts = Array.from({ length: 300 }, () => hit);
      const told = notification({ alerts, omittedAlerts: 9, group: { source: long, actor: 'x' } });
      for (const form of everyFormOf(told)) expect(slackFault(form)).toBeUndefined();
    }
  });

  it.each<[number, string]>([
    [Number.NaN, '0 s'],
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '1 d 1 h'],
    [86_400_000 + 5_000, '1 d'],
  ])('%d ms are %s', (ms, told) => {
    expect(spanText(ms)).toBe(told);
  });
});

const texts = fc.oneof(
  fc.constantFrom(
    ...HOSTILE.map(([, text]) => text),
    ...['javascript:alert(1)', '|', '`', '```', '*_~', '\n> quote\n• list', '<https://evil.example|ok>'],
    `${'h'.repeat(200_000)}`,
  ),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const numbers = fc.oneof(fc.nat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER));
const known = (text: string): AlertContext => ({
  remediation: text,
  evidence: { total: 9, requests: [{ method: text, path: text, host: text }, {}] },
  incident: { id: text, attackId: text, userAgent: text, requests: 3 },
  missing: [text],
});
const alerts = fc
  .record({
    text: texts,
    other: texts,
    count: numbers,
    hasActor: fc.boolean(),
    hasContext: fc.boolean(),
    state: fc.constantFrom('open', 'acknowledged', 'resolved'),
    feed: fc.constantFrom('malicious_events', 'incidents', 'operations'),
    severity: fc.constantFrom('CRITICAL', 'HIGH', 'INFO'),
  })
  .map(({ text, other, count, hasActor, hasContext, state, feed, severity }): NotifiedAlert => {
    const bare = { id: text, timeMs: NOW_MS };
    return alert({
      ...{ rule: text, ruleName: other, description: other, severity, state, feed, count, newCount: count },
      runbook: 'https://runbooks.example/x',
      source: text,
      // A null actor comes as ''.
      group: hasActor ? { [text]: other, actor: text } : { actor: '' },
      sample: hasActor
        ? [sample({ ...bare, actor: text, method: other, host: text, url: other }), bare]
        : [bare],
      ...(state === 'acknowledged' ? { acknowledged: { atMs: NOW_MS, by: text, note: other } } : {}),
      ...(hasContext ? { context: known(text) } : {}),
    });
  });

describe('whatever attackers write', () => {
  it('neither mentions nor links, breaks no layout, and is taken by Slack', () => {
    fc.assert(
      fc.property(
        fc.array(alerts, { maxLength: 6 }),
        fc.constantFrom(...NOTIFICATION_REASONS),
        fc.nat({ max: 3 }),
        texts,
        fc.constantFrom<Partial<Notification>>(
          {},
          { isQuiet: true, newCount: 0, recurrence: { times: 23, continues: 'alert/g/1' } },
          { isAcknowledged: true, unacknowledgedMs: 900_000 },
        ),
        (shown, reason, omittedAlerts, text, more) => {
          const told = notification({
            alerts: shown,
            reason,
            omittedAlerts,
            group: { [text]: text, rule: text },
            id: text,
            ...more,
          });
          for (const form of everyFormOf(told)) expectHarmless(form);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it('costs no time', () => {
    const text = '<!channel>`*_'.repeat(20_000);
    const hit = alert({
      group: { actor: text },
      sample: Array.from({ length: 5 }, () => sample({ url: text, method: text, host: text, country: text })),
      context: known(text),
    });
    const delivery: Delivery = {
      kind: 'alert',
      id: 'a',
      notification: notification({ alerts: [hit, hit, hit] }),
    };
    expect(passesOf(() => encodeSlack(delivery), 100)).toBeLessThan(100);
  });
});
