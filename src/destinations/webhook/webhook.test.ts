import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../../test/contract/certificates.ts';
import {
  alert,
  alertDelivery,
  eventDelivery,
  HOSTILE,
  NOW_MS,
  sample,
} from '../../../test/contract/deliveries.ts';
import { UNTRUSTED_CERTIFICATE } from '../../../test/contract/untrusted-certificate.ts';
import { Secret } from '../../core/secret.ts';
import { tocsinBody } from '../tocsin-body.ts';
import { classifyWebhook } from './classify.ts';
import { webhookConfig } from './config.ts';
import type { Format } from './format-names.ts';
import { signedHeaders, webhookId } from './sign.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const ROUTING = 'R'.repeat(32);
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
    ['a format we do not have', { format: 'xml' }],
    ['a header of CloudEvents', { headers: { 'ce-id': 'x' } }],
    ['an empty list of streams', { send: [] }],
  ])('refuses %s', (_, more) => {
    expect(webhookConfig.safeParse({ ...minimal, ...more }).success).toBe(false);
  });

  it('knows the address of PagerDuty, and gives chats a pace', () => {
    const pager = webhookConfig.parse({
      name: 'p',
      type: 'webhook',
      format: 'pagerduty',
      routing_key: ROUTING,
    });
    expect(pager.url.reveal()).toBe('https://events.pagerduty.com/v2/enqueue');
    expect(webhookConfig.parse({ ...minimal, format: 'teams' }).rate).toEqual({ perMinute: 4, burst: 5 });
    expect(webhookConfig.parse({ ...minimal, template: { body: '{}' } }).format).toBe('template');
    expect(pager.rate).toBeUndefined();
  });

  it.each<[string, object]>([
    ['url: is required', { url: undefined }],
    ['routing_key: is required with format: pagerduty', { format: 'pagerduty' }],
    ['routing_key: expected an integration key', { format: 'pagerduty', routing_key: 'planted' }],
    ['routing_key: belongs to format: pagerduty', { routing_key: ROUTING }],
    ['send: must be [alerts]: PagerDuty', { format: 'pagerduty', routing_key: ROUTING, send: ['events'] }],
    ['send: must be [alerts]: alertmanager', { format: 'alertmanager', send: ['alerts', 'matches'] }],
    ['rate: would leave', { format: 'pagerduty', routing_key: ROUTING, rate: { per_minute: 1, burst: 1 } }],
    ['rate: would leave alerts firing', { format: 'alertmanager', rate: { per_minute: 1, burst: 1 } }],
    ['template: is required', { format: 'template' }],
    ['template: belongs to format: template', { format: 'tocsin', template: { body: '{}' } }],
    ['mode: belongs to format: cloudevents', { mode: 'binary' }],
    ['batch: needs format: tocsin', { format: 'teams', batch: { max_items: 2 } }],
    ['batch: needs format: tocsin', { format: 'cloudevents', mode: 'binary', batch: { max_items: 2 } }],
    ['ca: means nothing where "url" is http', { url: 'http://a.example', ca: UNTRUSTED_CERTIFICATE }],
    ['ca: expected a certificate', { ca: 'planted' }],
    ['cert: needs "key" beside it', { cert: UNTRUSTED_CERTIFICATE }],
    ['key: is not the key', { cert: UNTRUSTED_CERTIFICATE, key: createAuthority('x').key }],
  ])('says %s', (problem, more) => {
    const [issue] = webhookConfig.safeParse({ ...minimal, ...more }).error?.issues ?? [];
    expect(`${issue?.path.join('.')}: ${issue?.message}`).toContain(problem);
    expect(issue?.message).not.toContain('planted');
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

interface Said {
  readonly format?: Format;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const classify = (status: number, { format = 'tocsin', body = '', headers = {} }: Said = {}) =>
  classifyWebhook({ status, body, headers }, format, NOW_MS);

describe('an answer of', () => {
  it.each<[number, string]>([
    [200, 'done'],
    [202, 'done'],
    [204, 'done'],
    [301, 'hold'],
    [307, 'hold'],
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
    expect(classify(status).kind).toBe(kind);
  });

  it.each<[string, Format, string, string, number | undefined]>([
    ['seconds', 'tocsin', '7', '', 7_000],
    ['a year', 'tocsin', '31536000', '', 3_600_000],
    ['garbage', 'tocsin', 'soon', '', undefined],
    ["Discord's body", 'discord', '', '{"retry_after": 0.65}', 650],
    ['both, of which the longer is safe', 'discord', '1', '{"retry_after": 64.57}', 64_570],
    ['a body that is half', 'discord', '1', '{"retry_after": 64', 1_000],
    ['a body that makes no sense', 'discord', '1', '{"retry_after": 1e300}', 1_000],
    ["somebody else's body", 'tocsin', '1', '{"retry_after": 64.57}', 1_000],
  ])('429 waits as long as it says: %s', (_, format, header, body, afterMs) => {
    const outcome = classify(429, { format, body, headers: { 'retry-after': header } });
    expect('afterMs' in outcome ? outcome.afterMs : undefined).toBe(afterMs);
  });

  it('410 is left alone for a day', () => {
    expect(classify(410)).toMatchObject({
      probeAfterMs: 86_400_000,
      reason: expect.stringContaining('reload'),
    });
  });

  const invalid = (...errors: string[]) =>
    JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors });

  it.each<[number, string, string, string]>([
    [202, '{"status":"success"}', 'done', ''],
    [202, '', 'done', ''],
    [202, '<html>', 'unclear', 'PagerDuty answered 202 with a web page'],
    [202, '{"status":"invalid event"}', 'unclear', 'PagerDuty answered 202'],
    [200, '{"status":"success"}', 'done', ''],
    [200, '', 'unclear', 'PagerDuty answers 202, and its address answered 200'],
    [200, '<html>log in</html>', 'unclear', 'PagerDuty answers 202, and its address answered 200'],
    [400, invalid("'payload.summary' is missing"), 'dead', "'payload.summary' is missing"],
    [400, invalid("Length of 'routing_key' is incorrect"), 'hold', 'routing_key'],
    [400, '{"status":"planted"}', 'dead', 'PagerDuty refused this event (400)'],
    [429, '', 'retry', '429'],
    [500, '', 'retry', '500'],
  ])('%i from PagerDuty with %s is %s', (status, body, kind, reason) => {
    const outcome = classify(status, { format: 'pagerduty', body });
    expect(outcome.kind).toBe(kind);
    expect(JSON.stringify(outcome)).toContain(reason);
    expect('reason' in outcome ? outcome.reason : '').not.toContain('planted');
  });
});
