import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  alert,
  alertDelivery,
  eventDelivery,
  HOSTILE,
  NOW_MS,
  sample,
} from '../../../test/contract/deliveries.ts';
import { Secret } from '../../core/secret.ts';
import { tocsinBody } from '../tocsin-body.ts';
import { classifyWebhook } from './classify.ts';
import { webhookConfig } from './config.ts';
import { signedHeaders, webhookId } from './sign.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(24, 9).toString('base64');

describe('the configuration', () => {
  const minimal = { name: 'soar', type: 'webhook', url: 'https://soar.example/hook' };

  it('needs no more than an address', () => {
    const config = webhookConfig.parse(minimal);
    expect(config).toMatchObject({ send: ['alerts'], format: 'tocsin', timeout: 15_000, verify_tls: true });
  });

  it.each<[string, Record<string, unknown>]>([
    ['an unknown key', { urll: 'x' }],
    ['a secret without its prefix', { secret: KEY }],
    ['a secret that is no base64', { secret: 'whsec_***' }],
    ['a secret that is too short', { secret: 'whsec_c2hvcnQ=' }],
    ['an empty list of secrets', { secret: [] }],
    ['a header that would break the signature', { headers: { 'Webhook-Id': 'x' } }],
    ['a header value on two lines', { headers: { 'x-key': 'a\r\nb: c' } }],
    ['a time-out without unit', { timeout: '15' }],
    ['a format we do not have', { format: 'pagerduty' }],
    ['an empty list of streams', { send: [] }],
  ])('refuses %s', (_, more) => {
    expect(webhookConfig.safeParse({ ...minimal, ...more }).success).toBe(false);
  });

  it('never shows a secret, neither when it is right nor when it is wrong', () => {
    const right = webhookConfig.parse({
      ...minimal,
      secret: [`whsec_${KEY}`],
      headers: { 'x-key': 'planted' },
    });
    const wrong = webhookConfig.safeParse({
      ...minimal,
      secret: 'planted',
      headers: { 'x-key': 'planted\n' },
    });
    const shown = inspect(right, { depth: 9 }) + JSON.stringify(right) + wrong.error?.message;
    expect(shown).not.toContain('planted');
    expect(shown).not.toContain(KEY);
    expect(shown).not.toContain('/hook');
  });
});

describe('the signature', () => {
  it.each([`whsec_${KEY}`, `whsec_${OTHER_KEY}`])(
    'is accepted by the reference verifier while secrets rotate',
    (s) => {
      const body = JSON.stringify(tocsinBody(alertDelivery()));
      const nowMs = Date.now();
      const headers = signedHeaders([new Secret(KEY), new Secret(OTHER_KEY)], 'n-1/soar', nowMs, body);
      expect(new Webhook(s).verify(body, headers)).toMatchObject({ type: 'alert.opened' });
      expect(() => new Webhook(s).verify(`${body} `, headers)).toThrow();
    },
  );

  it('is absent without a secret; id and timestamp are not', () => {
    expect(signedHeaders([], 'n-1', NOW_MS, '{}')).toEqual({
      'webhook-id': 'n-1',
      'webhook-timestamp': String(Math.floor(NOW_MS / 1_000)),
    });
  });

  it.each(HOSTILE)('has an id that a header can carry, when the id %s', (_, text) => {
    const id = webhookId(text);
    expect(id).toMatch(/^[\x21-\x7e]{1,256}$/);
    expect(webhookId(text)).toBe(id);
    expect(webhookId(`${text}.`)).not.toBe(id);
  });
});

describe('the body', () => {
  it('of a notification holds every count and no undefined', () => {
    const body = tocsinBody(alertDelivery({ reason: 'grew', newCount: 20, omittedAlerts: 2 }));
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      type: 'alert.grew',
      timestamp: '2026-11-21T20:44:05.250Z',
      data: {
        id: 'n-1',
        route: 'page',
        severity: 'HIGH',
        group: { rule: 'sql-injection' },
        group_key: '04f97e1cbce9fe9a',
        new_count: 20,
        omitted_alerts: 2,
        alerts: [
          {
            fingerprint: 'f'.repeat(32),
            rule: 'sql-injection',
            rule_name: 'SQL injection',
            severity: 'HIGH',
            source: 'akto-prod',
            feed: 'malicious_events',
            group: { actor: '203.0.113.9' },
            state: 'open',
            opened: '2026-11-21T19:45:45.250Z',
            actors: { count: 1, at_least: false },
            apis: { count: 1, at_least: false },
            count: 57,
            new_count: 12,
            first_seen: '2026-11-21T19:44:05.250Z',
            last_seen: '2026-11-21T20:43:05.250Z',
            events: [
              {
                id: 'akto-prod/malicious_events/e1',
                time: '2026-11-21T20:43:05.250Z',
                actor: '203.0.113.9',
                method: 'POST',
                host: 'api.example.com',
                url: '/login?next=%2Fhome',
                country: 'FR',
                status_code: 403,
                filter_id: 'SQLInjection',
                successful_exploit: false,
              },
            ],
          },
        ],
      },
    });
  });

  it('of an event holds the rules that matched and the source own JSON', () => {
    const body = tocsinBody(eventDelivery('e7', { id: 'e7', unknownKey: [1, null] }));
    expect(body).toMatchObject({
      type: 'event',
      data: {
        feed_id: 'e7',
        rules: [{ id: 'scanner' }, { id: 'sql-injection' }],
        event: { unknownKey: [1, null] },
      },
    });
  });

  it.each([Number.NaN, 1e300, Number.NEGATIVE_INFINITY])('survives the impossible time %s', (timeMs) => {
    const hostile = alert({ firstSeenMs: timeMs, sample: [sample({ timeMs })] });
    expect(() => tocsinBody(alertDelivery({ alerts: [hostile], createdAtMs: timeMs }))).not.toThrow();
  });
});

describe('an answer of', () => {
  it.each<[number, string]>([
    [200, 'done'],
    [202, 'done'],
    [204, 'done'],
    [301, 'retry'],
    [307, 'retry'],
    [400, 'dead'],
    [401, 'hold'],
    [403, 'retry'],
    [404, 'hold'],
    [405, 'hold'],
    [408, 'retry'],
    [410, 'hold'],
    [413, 'dead'],
    [422, 'dead'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'retry'],
    [599, 'retry'],
  ])('%s is %s', (status, kind) => {
    expect(classifyWebhook(status, undefined).kind).toBe(kind);
  });

  it('429 waits as long as it says', () => {
    expect(classifyWebhook(429, 7_000)).toMatchObject({ kind: 'retry', afterMs: 7_000 });
  });
});
