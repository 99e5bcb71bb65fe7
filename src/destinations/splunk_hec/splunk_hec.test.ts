import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alert,
  alertDelivery,
  eventDelivery,
  HOSTILE,
  NOW_MS,
  RAW_EVENT,
  sample,
} from '../../../test/contract/deliveries.ts';
import { passesOf } from '../../../test/cpu-time.ts';
import type { Event } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeJson } from '../siem/index.ts';
import { combine, cutBatch, halves } from './batch.ts';
import { createCookieJar, newChannel } from './channel.ts';
import { splunkHecConfig } from './config.ts';
import { encodeHec } from './encode.ts';
import { classifyHec, type HecVerdict } from './reply.ts';

const config = (more: Record<string, unknown> = {}) =>
  splunkHecConfig.parse({
    name: 'siem',
    type: 'splunk_hec',
    url: 'https://s.example:8088',
    token: 't',
    ...more,
  });
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the configuration', () => {
  it('needs an address and a token', () => {
    expect(config()).toMatchObject({
      send: ['matches', 'alerts'],
      schema: 'raw',
      acknowledge: false,
      batch: { max_items: 500, max_bytes: 800_000 },
      timeout: 30_000,
      ack_timeout: 120_000,
      verify_tls: true,
    });
  });

  it.each([
    { token: 'two words' },
    { token: 'a\r\nb: c' },
    { schema: 'cef' },
    { schema: 'leef' },
    { batch: { max_bytes: '100MB' } },
    { batch: { max_items: 0 } },
    { url: 'https://user:pass@s.example' },
    { unknown: 1 },
  ])('refuses %j', (more) => {
    expect(() => config(more)).toThrow();
  });

  it('says where cef belongs', () => {
    const { error } = splunkHecConfig.safeParse({
      ...{ name: 'siem', type: 'splunk_hec', url: 'https://s.example', token: 't', schema: 'cef' },
    });
    expect(error?.issues[0]?.message).toContain('Splunk takes raw, cim, ocsf or ecs');
  });

  it.each(['raw', 'cim', 'ocsf', 'ecs'])('schema: %s has tocsin_id as a key of event', (schema) => {
    for (const delivery of [eventDelivery('e1'), alertDelivery()]) {
      expect(encodeHec(delivery, config({ schema })).message).toHaveProperty('tocsin_id', delivery.id);
    }
  });

  it('does not show the token', () => {
    const shown = inspect(config({ token: 'planted' }), { depth: 9 });
    expect(shown + JSON.stringify(config({ token: 'planted' }))).not.toContain('planted');
  });
});

describe('an answer', () => {
  const json = (code: number, more: JsonObject = {}): string => JSON.stringify({ text: 'x', code, ...more });

  it.each<[number, string, Partial<HecVerdict>]>([
    [200, json(0), { kind: 'accepted' }],
    [200, json(0, { ackId: 0 }), { kind: 'accepted', ackId: 0 }],
    [200, json(24), { kind: 'accepted' }],
    [200, json(25), { kind: 'accepted' }],
    [200, '<html>log in</html>', { kind: 'unclear' }],
    [200, '{"text":"Succ', { kind: 'unclear' }],
    [200, '', { kind: 'unclear' }],
    [200, json(99), { kind: 'unclear' }],
    [204, '', { kind: 'unclear' }],
    [202, json(0), { kind: 'accepted' }],
    // A proxy that makes a 200 of everything changes no meaning.
    [200, json(4), { kind: 'hold' }],
    [200, json(9), { kind: 'retry' }],
    [200, json(6, { 'invalid-event-number': 0 }), { kind: 'rejected', at: 0 }],
    [403, json(1), { kind: 'hold' }],
    [401, json(2), { kind: 'hold' }],
    [401, json(3), { kind: 'hold' }],
    [403, json(4), { kind: 'hold' }],
    [400, json(5), { kind: 'split' }],
    [400, json(6, { 'invalid-event-number': 0 }), { kind: 'rejected', at: 0 }],
    [400, json(6, { 'invalid-event-number': 2 }), { kind: 'rejected', at: 2 }],
    [400, json(6, { 'invalid-event-number': 3 }), { kind: 'split' }],
    [400, json(6, { 'invalid-event-number': -1 }), { kind: 'split' }],
    [400, json(6, { 'invalid-event-number': 0.5 }), { kind: 'split' }],
    [400, json(6), { kind: 'split' }],
    [400, json(7, { 'invalid-event-number': 1 }), { kind: 'hold' }],
    [400, json(7, { 'invalid-event-number': 3 }), { kind: 'hold', at: 2 }],
    [400, json(7, { 'invalid-event-number': 4 }), { kind: 'hold' }],
    [400, json(4, { 'invalid-event-number': 3 }), { kind: 'hold' }],
    [500, json(8), { kind: 'retry' }],
    [503, json(9), { kind: 'retry' }],
    [400, json(10), { kind: 'hold' }],
    [400, json(11), { kind: 'hold' }],
    [400, json(12, { 'invalid-event-number': 1 }), { kind: 'rejected', at: 1 }],
    [400, json(13, { 'invalid-event-number': 1 }), { kind: 'rejected', at: 1 }],
    [400, json(14), { kind: 'hold' }],
    [400, json(15, { 'invalid-event-number': 1 }), { kind: 'rejected', at: 1 }],
    [400, json(16), { kind: 'hold' }],
    [503, json(18), { kind: 'retry' }],
    [503, json(20), { kind: 'retry' }],
    [503, json(23), { kind: 'retry' }],
    [429, json(26), { kind: 'retry', afterMs: 9_000 }],
    [429, json(27), { kind: 'retry', afterMs: 9_000 }],
    [429, '', { kind: 'retry', afterMs: 9_000 }],
    [502, '<html>', { kind: 'retry', afterMs: 9_000 }],
    [413, '', { kind: 'split' }],
    [413, json(6), { kind: 'split' }],
    [302, '', { kind: 'hold' }],
    [400, '<html>', { kind: 'hold' }],
    [403, '', { kind: 'retry' }],
    [404, '', { kind: 'hold' }],
  ])('%i %s', (status, body, verdict) => {
    expect(classifyHec({ status, body, retryAfterMs: 9_000 }, 3)).toMatchObject(verdict);
  });

  it('is told in our words: its own could echo what we sent', () => {
    const body = JSON.stringify({ code: 6, text: 'planted', 'invalid-event-number': 0 });
    expect(inspect(classifyHec({ status: 400, body }, 1))).not.toContain('planted');
  });

  it.each(['null', '[]', '7', '{"__proto__":{"code":0}}', '{"code":"0"}', '{"code":null}'])(
    'of %s is no success',
    (body) => {
      expect(classifyHec({ status: 200, body }, 1).kind).toBe('unclear');
    },
  );
});

describe('a batch', () => {
  const item = (at: number, bytes: number) => ({
    at,
    of: at,
    id: String(at),
    bytes,
    text: '',
  });

  it('is cut so that no request passes the bound, and nothing is lost or moved', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 })),
        fc.integer({ min: 1, max: 100 }),
        (sizes, max) => {
          const items = sizes.map((bytes, at) => item(at, bytes));
          const requests = cutBatch(items, max);
          expect(requests.flat()).toEqual(items);
          for (const request of requests) {
            const bytes = request.reduce((sum, each) => sum + each.bytes, 0);
            expect(request.length === 1 || bytes <= max).toBe(true);
          }
        },
      ),
    );
  });

  it('is halved down to single items', () => {
    expect(halves([1, 2, 3])).toEqual([[1, 2], [3]]);
    expect(halves([1, 2])).toEqual([[1], [2]]);
  });

  it.each([
    [[], { kind: 'done' }],
    [[{ kind: 'done' }, { kind: 'done' }], { kind: 'done' }],
    [
      [
        { kind: 'retry', reason: 'busy', afterMs: 5 },
        { kind: 'retry', reason: 'busy', afterMs: 5 },
      ],
      { kind: 'retry', reason: 'busy', afterMs: 5 },
    ],
    [
      [
        { kind: 'retry', reason: 'busy', afterMs: 5 },
        { kind: 'retry', reason: 'busy' },
      ],
      { kind: 'partial' },
    ],
    [[{ kind: 'done' }, { kind: 'dead', reason: 'bad' }], { kind: 'partial' }],
  ] as const)('whose items came to %j has the outcome %j', (items, outcome) => {
    expect(combine(items)).toMatchObject(outcome);
  });
});

describe('a channel', () => {
  it('is a GUID, whatever chance says', () => {
    for (const random of [() => 0, () => 0.999999, Math.random]) {
      expect(newChannel(random)).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });

  it('keeps the cookies of its load balancer, and no more', () => {
    const jar = createCookieJar();
    expect(jar.headers()).toEqual({});
    jar.keep(['AWSALB=abc; Path=/; HttpOnly', 'broken', 'x=\r\nset: y']);
    jar.keep(['AWSALB=def']);
    expect(jar.headers()).toEqual({ cookie: 'AWSALB=def; x=' });
    jar.keep(Array.from({ length: 1_000 }, (_, i) => `c${i}=v`));
    expect(jar.headers()['cookie']?.split('; ')).toHaveLength(20);
  });
});

describe('schema: raw', () => {
  it('holds the source own JSON, the rules, and the id to de-duplicate by', () => {
    const envelope = encodeHec(
      eventDelivery('e1', { id: 'e1', odd: [null] }),
      config({ index: 'sec', host: 'h' }),
    );
    expect(asJson(envelope)).toEqual({
      message: {
        tocsin_id: 'akto-prod/malicious_events/e1',
        kind: 'event',
        source: 'akto-prod',
        feed: 'malicious_events',
        rules: [
          { id: 'scanner', name: 'Known scanner', severity: 'LOW' },
          { id: 'sql-injection', name: 'SQL injection', severity: 'HIGH' },
        ],
        event: { id: 'e1', odd: [null] },
      },
      metadata: { time: '1795293845.250', source: 'tocsin', sourcetype: '_json', index: 'sec', host: 'h' },
    });
  });

  it('holds a notification whole', () => {
    const { message } = encodeHec(alertDelivery({ omittedAlerts: 2 }), config());
    expect(message).toMatchObject({
      tocsin_id: 'n-1/oncall',
      kind: 'alert',
      new_count: 12,
      omitted_alerts: 2,
      alerts: [
        { rule: 'sql-injection', count: 57, new_count: 12, event_ids: ['akto-prod/malicious_events/e1'] },
      ],
    });
  });
});

describe('schema: cim', () => {
  const payload = [
    'method: "POST"',
    'path: "/login?user=a%27"',
    'request_headers { key: "User-Agent" value { values: "sqlmap/1.8" } }',
    'status_code: 200',
    'dest_ip: "10.0.0.7"',
  ].join('\n');

  it('is flat Intrusion_Detection, with what only the payload knows', () => {
    const { message } = encodeHec(eventDelivery('e1', { ...RAW_EVENT, payload }), config({ schema: 'cim' }));
    expect(asJson(message)).toEqual({
      tocsin_id: 'akto-prod/malicious_events/e1',
      id: 'akto-prod/malicious_events/e1',
      kind: 'event',
      vendor_product: 'Tocsin',
      ids_type: 'application',
      source_name: 'akto-prod',
      feed: 'malicious_events',
      action: 'allowed',
      src: '203.0.113.9',
      src_port: 57796,
      dest: 'api.example.com',
      dest_ip: '10.0.0.7',
      url: 'api.example.com/login',
      uri_path: '/login',
      uri_query: 'user=a%27',
      http_method: 'POST',
      status: 200,
      http_user_agent: 'sqlmap/1.8',
      src_country: 'FR',
      category: 'SQL_INJECTION',
      sub_category: 'SQL_INJECTION',
      filter_id: 'SQLInjection',
      successful_exploit: true,
      signature: 'SQL injection',
      signature_id: 'sql-injection',
      severity: 'high',
      rule_ids: 'scanner,sql-injection',
    });
  });

  const cim = (feed: Event['feed'], raw: JsonObject) =>
    asJson(
      encodeJson('cim', {
        ...{ kind: 'event', id: 'i', rules: [] },
        event: { id: 'i', source: 's', feed, feedId: 'i', timeMs: NOW_MS, raw },
      }),
    );

  it.each<[string, Event['feed'], JsonObject, JsonObject]>([
    [
      'an incident is Authentication',
      'incidents',
      { ipAddress: '2001:db8::1', userAgent: 'curl', requests: 40 },
      {
        action: 'failure',
        src: '2001:db8::1',
        http_user_agent: 'curl',
        count: 40,
      },
    ],
    [
      'an actor has a source',
      'threat_actors',
      { id: '[2001:db8::1]:443', latestAttack: 'XSS' },
      {
        src: '2001:db8::1',
        src_port: 443,
        signature: 'XSS',
      },
    ],
    [
      'an API has a target',
      'threat_apis',
      { api: '/a', host: 'h', requestsCount: 3 },
      { url: '/a', dest: 'h', count: 3 },
    ],
    [
      'a broken payload costs its own fields alone',
      'malicious_events',
      { payload: '{"a', url: '/x' },
      { url: '/x' },
    ],
    [
      'the word null is nothing',
      'malicious_events',
      { actor: 'null', ip: '1.2.3.4', host: null },
      { src: '1.2.3.4' },
    ],
  ])('%s', (_, feed, raw, fields) => {
    expect(cim(feed, raw)).toMatchObject(fields);
  });

  it('of a notification is its most severe alert with the counts of all', () => {
    const alerts = [alert({ severity: 'CRITICAL', sample: [sample({ successfulExploit: true })] }), alert()];
    const { message } = encodeHec(
      alertDelivery({ alerts, newCount: 30, omittedAlerts: 1 }),
      config({ schema: 'cim' }),
    );
    expect(message).toMatchObject({
      tocsin_id: 'n-1/oncall',
      src: '203.0.113.9',
      action: 'allowed',
      severity: 'critical',
      new_count: 30,
      alert_count: 3,
    });
  });

  it.each(HOSTILE)('stays flat, short and whole where a text %s', (_, text) => {
    const raw = {
      actor: text,
      url: text,
      host: text,
      country: { nested: text },
      payload: text,
      filterId: text,
    };
    const encode = () => encodeHec(eventDelivery('e1', raw), config({ schema: 'cim' }));
    const { message } = encode();
    for (const value of Object.values(message)) {
      expect(['string', 'number', 'boolean', 'undefined']).toContain(typeof value);
      if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(8_192);
    }
    expect(passesOf(encode, 100)).toBeLessThan(100);
  });
});
