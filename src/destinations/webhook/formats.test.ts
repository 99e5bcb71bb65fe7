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
import { digest } from '../../../test/contract/digests.ts';
import { discordFault, pagerdutyFaults, teamsFault } from '../../../test/contract/webhook-limits.ts';
import { passesOf } from '../../../test/cpu-time.ts';
import { runs } from '../../../test/seed.ts';
import type { Delivery } from '../../core/delivery.ts';
import { webhookConfig } from './config.ts';
import { encode } from './encode.ts';
import { FORMATS, type Format } from './format-names.ts';

const configured = (format: Format, more: object = {}) =>
  webhookConfig.parse({
    ...{ name: 'soar', type: 'webhook', url: 'https://soar.example/hook', format },
    ...(format === 'pagerduty' ? { routing_key: 'R'.repeat(32) } : {}),
    ...(format === 'template' ? { template: { body: '{"a": {{ title | json }}}' } } : {}),
    ...more,
  });

function allWritten(delivery: Delivery, format: Format, more: object = {}) {
  const encoded = encode(delivery, configured(format, more), { instance: 'here' });
  if ('kind' in encoded) throw new Error(encoded.reason);
  return encoded;
}
const written = (...args: Parameters<typeof allWritten>) =>
  allWritten(...args)[0] ?? expect.fail('nothing is sent');
const allBodies = (...args: Parameters<typeof allWritten>) =>
  allWritten(...args).map(({ body }) => JSON.parse(body));
const bodyOf = (delivery: Delivery, format: Format) => JSON.parse(written(delivery, format).body);

const over = alert({ state: 'resolved', resolvedAtMs: NOW_MS, newCount: 0 });
const inHand = alert({ state: 'acknowledged', acknowledged: { atMs: NOW_MS, by: 'ann' } });
const two = [
  alert({
    description: 'Somebody *tries* tables.',
    runbook: 'https://wiki.example/sql',
    category: 'injection',
  }),
  alert({ fingerprint: 'e'.repeat(32), ruleName: 'Scanner', rule: 'scanner', severity: 'LOW' }),
];
const ours = alert({ feed: 'operations', source: 'tocsin', ruleName: 'A destination is held', group: {} });

const ALERTS: readonly (readonly [string, Delivery])[] = [
  ['opened', alertDelivery({ alerts: two })],
  ['grew', alertDelivery({ reason: 'grew', omittedAlerts: 4 })],
  ['repeat', alertDelivery({ reason: 'repeat', alerts: [inHand, ours] })],
  ['escalated', alertDelivery({ reason: 'escalated', unacknowledgedMs: 900_000, key: 'k-1' })],
  ['resolved', alertDelivery({ reason: 'resolved', alerts: [over] })],
  ['operational', alertDelivery({ alerts: [ours] })],
  ['of a digest', { kind: 'digest', id: 'd-1/soar', digest: digest() }],
];
const EVENT: readonly [string, Delivery] = ['of an event', eventDelivery()];
const ALERTS_ONLY: readonly Format[] = ['pagerduty', 'alertmanager'];

describe.each(FORMATS.filter((format) => format !== 'tocsin' && format !== 'template'))('%s', (format) => {
  it.each(ALERTS_ONLY.includes(format) ? ALERTS : [...ALERTS, EVENT])('the body %s', (_, delivery) => {
    expect(bodyOf(delivery, format)).toMatchSnapshot();
    expect(written(delivery, format).body).toBe(written(delivery, format).body);
  });

  it('takes no single event where it has no shape for one', () => {
    const encoded = encode(eventDelivery(), configured(format));
    expect('kind' in encoded).toBe(ALERTS_ONLY.includes(format));
  });
});

describe('cloudevents in binary mode', () => {
  it('has its attributes in headers and the data in the body', () => {
    const { headers, contentType, body } = written(eventDelivery(), 'cloudevents', { mode: 'binary' });
    expect(contentType).toBe('application/json');
    expect(headers).toMatchSnapshot();
    expect(JSON.parse(body)).toMatchObject({ feed_id: 'e1' });
  });

  it.each(HOSTILE)('has headers that can travel, when an id %s', (_, text) => {
    const { headers = {} } = written(eventDelivery(text), 'cloudevents', { mode: 'binary' });
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x21-\x7e]{1,256}$/);
  });
});

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE.map(([, text]) => text)),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '@everyone <@1> [x](https://evil.example)',
    '{{DATE(2017-02-14T06:00:00Z,SHORT)}}',
    '`'.repeat(900),
  ),
);
const hostileDelivery = fc
  .tuple(hostile, hostile, hostile, fc.integer({ min: 1, max: 20 }), fc.boolean())
  .map(([a, b, c, count, isDigest]): Delivery => {
    const group = { actor: a, [b.slice(0, 50)]: c };
    const one = alert({
      ruleName: b,
      description: c,
      group,
      sample: [1, 2, 3, 4].map(() => sample({ url: a, host: c })),
    });
    const rows = Array.from({ length: count }, () => ({ name: a, count }));
    const tables = [a, b, c].map((title) => ({ title, rows, omittedRows: count, omittedCount: 9 }));
    if (isDigest)
      return { kind: 'digest', id: a, digest: digest({ id: c, title: b, tables, notes: rows.map(() => c) }) };
    return alertDelivery({ alerts: Array.from({ length: count }, () => one), omittedAlerts: count }, a);
  });

/** Every text of a document, keys apart. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe('whatever the texts say', () => {
  it('Discord takes every message', () => {
    fc.assert(
      fc.property(hostileDelivery, (delivery) => {
        const { content, embeds, allowed_mentions } = bodyOf(delivery, 'discord');
        expect(discordFault({ content, embeds })).toBeUndefined();
        expect(allowed_mentions).toEqual({ parse: [] });
      }),
      { numRuns: runs(150) },
    );
  });

  it('Teams takes every message, and no text is markdown', () => {
    fc.assert(
      fc.property(hostileDelivery, (delivery) => {
        const { body } = written(delivery, 'teams');
        expect(teamsFault(JSON.parse(body), Buffer.byteLength(body))).toBeUndefined();
        expect(body).not.toContain('{{');
      }),
      { numRuns: runs(150) },
    );
  });

  it('PagerDuty takes every event', () => {
    fc.assert(
      fc.property(hostileDelivery, (delivery) => {
        for (const { body } of allWritten(delivery, 'pagerduty'))
          expect(pagerdutyFaults(JSON.parse(body), Buffer.byteLength(body))).toEqual([]);
      }),
      { numRuns: runs(150) },
    );
  });

  it('what is cut is said', () => {
    const alerts = Array.from({ length: 20 }, () =>
      alert({ ruleName: 'x'.repeat(150), description: 'y'.repeat(900) }),
    );
    const said = (format: Format) => textsIn(bodyOf(alertDelivery({ alerts }), format)).join('\n');
    expect(said('discord')).toMatch(/1\d more alerts did not fit here/);
    expect(said('teams')).toMatch(/10 more alerts did not fit here/);
    const context = { remediation: 'z'.repeat(60_000), missing: [] };
    const big = alertDelivery({ alerts: alerts.map((each) => ({ ...each, context })) });
    expect(textsIn(bodyOf(big, 'pagerduty')).join()).toContain('This was cut to what PagerDuty takes');
  });
});

describe('what PagerDuty is sent of a group', () => {
  const told = (over: Parameters<typeof alertDelivery>[0]) =>
    allBodies(alertDelivery({ key: 'k-1', ...over }), 'pagerduty').map(
      ({ event_action, dedup_key }) => `${event_action} ${dedup_key}`,
    );

  it.each<[string, Parameters<typeof told>[0], readonly string[]]>([
    ['an opening pages', {}, ['trigger k-1']],
    ['what grows updates it', { reason: 'grew' }, ['trigger k-1']],
    ['what goes on pages again', { reason: 'repeat' }, ['trigger k-1']],
    ['unless somebody has it in hand', { reason: 'repeat', isAcknowledged: true }, []],
    ['which an earlier version says of its alerts', { reason: 'repeat', alerts: [inHand] }, []],
    ['what nobody acknowledged pages whoever is next', { reason: 'escalated' }, ['trigger k-1']],
    ['what somebody took in hand is', { reason: 'acknowledged', isAcknowledged: true }, ['acknowledge k-1']],
    ['not where a part of it is in nobody’s', { reason: 'acknowledged' }, []],
    ['an alert that ends within it is none of its business', { reason: 'shrank' }, []],
    ['its end ends it', { reason: 'resolved' }, ['resolve k-1']],
    ['news after an acknowledgement is an incident of its own', { incident: 2 }, ['trigger k-1-2']],
    [
      'which is acknowledged',
      { reason: 'acknowledged', isAcknowledged: true, incident: 2 },
      ['acknowledge k-1-2'],
    ],
    ['and ended by its own key', { reason: 'resolved', incident: 2 }, ['resolve k-1-2']],
    [
      'keys are no longer than it takes, and differ',
      { reason: 'resolved', key: 'k'.repeat(300), incident: 2 },
      [`resolve ${'k'.repeat(253)}-2`],
    ],
  ])('%s', (_, over, expected) => {
    expect(told(over)).toEqual(expected);
  });

  it('has the key of an earlier version where the notification has none', () => {
    const [{ dedup_key: before }] = allBodies(alertDelivery(), 'pagerduty');
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(allBodies(alertDelivery({ reason: 'resolved' }), 'pagerduty')[0].dedup_key).toBe(before);
  });

  it.each([
    [undefined, 'info'],
    ['MEDIUM', 'warning'],
    ['CRITICAL', 'critical'],
  ] as const)(
    'a digest whose worst is %s opens one of severity %s and ends it, under one key',
    (worst, severity) => {
      const summary = digest(worst === undefined ? { kind: 'storm' } : { kind: 'storm', severity: worst });
      const bodies = (instance: string) => {
        const encoded = encode({ kind: 'digest', id: 'd', digest: summary }, configured('pagerduty'), {
          instance,
        });
        return 'kind' in encoded ? [] : encoded.map(({ body }) => JSON.parse(body));
      };
      const here = bodies('here');
      expect(here.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve']);
      expect(here[0].payload.severity).toBe(severity);
      expect(here[1].dedup_key).toBe(here[0].dedup_key);
      expect(bodies('there')[0].dedup_key).not.toBe(here[0].dedup_key);
    },
  );
});

describe('a list', () => {
  const ended = alert({ fingerprint: 'a'.repeat(16), state: 'resolved', resolvedAtMs: NOW_MS, newCount: 0 });
  const goesOn = alert({ fingerprint: 'b'.repeat(16), newCount: 0 });

  it('is told of what ended within a group that goes on', () => {
    const delivery = alertDelivery({ reason: 'shrank', newCount: 0, alerts: [ended, goesOn], key: 'k-1' });
    const { status, alerts, groupKey } = bodyOf(delivery, 'alertmanager');
    expect({ status, groupKey }).toEqual({ status: 'firing', groupKey: 'k-1' });
    expect(alerts.map((each: { status: string; endsAt: string }) => `${each.status} ${each.endsAt}`)).toEqual(
      ['resolved 2026-11-21T20:44:05.250Z', 'firing 0001-01-01T00:00:00Z'],
    );
    const { type, data } = bodyOf(delivery, 'tocsin');
    expect([type, data.group_key, ...data.alerts.map(({ state }: { state: string }) => state)]).toEqual([
      ...['alert.shrank', 'k-1', 'resolved', 'open'],
    ]);
  });

  it('hears the end of whatever its last message names', () => {
    const { alerts } = bodyOf(alertDelivery({ reason: 'resolved', alerts: [ended, goesOn] }), 'alertmanager');
    expect(alerts.map(({ status }: { status: string }) => status)).toEqual(['resolved', 'resolved']);
  });

  const part = { alerts: two, newCount: 500, omittedAlerts: 300, part: { number: 1, of: 4 }, key: 'k-1' };

  it('says which part of it a body is, and that it omits nothing', () => {
    const { data } = bodyOf(alertDelivery(part), 'tocsin');
    expect(data).toMatchObject({
      part: { number: 1, of: 4 },
      omitted_alerts: 0,
      new_count: 24,
      group_key: 'k-1',
    });
    expect(bodyOf(alertDelivery(part), 'alertmanager')).toMatchObject({
      truncatedAlerts: 0,
      groupKey: 'k-1',
    });
  });

  it('that people read is the first part, with a count of the others', () => {
    const rate = { per_minute: 4, burst: 5 };
    const { data } = JSON.parse(written(alertDelivery(part), 'tocsin', { rate }).body);
    expect(data).toMatchObject({ omitted_alerts: 300, new_count: 500 });
    expect(data.part).toBeUndefined();
    for (const format of ['teams', 'discord'] as const)
      expect(textsIn(bodyOf(alertDelivery(part), format)).join('\n')).toContain(
        '300 more alerts did not fit here',
      );
  });

  it('is not cut where the operator’s template writes too much for one text: it is told in several', () => {
    const context = { remediation: 'z'.repeat(4_000), missing: [] };
    const alerts = Array.from({ length: 60 }, (_, i) =>
      alert({ fingerprint: `f${i}`, newCount: 1, context }),
    );
    const delivery = alertDelivery({ alerts, newCount: 60 }, 'n-1');
    const template = { body: '{{ data | json }}' };
    const requests = allWritten(delivery, 'template', { template });
    expect(requests.length).toBeGreaterThan(1);
    const bodies = requests.map(({ body }) => JSON.parse(body));
    const prints = bodies.flatMap((body) =>
      body.alerts.map((each: { fingerprint: string }) => each.fingerprint),
    );
    expect(prints).toEqual(alerts.map(({ fingerprint }) => fingerprint));
    expect(bodies.reduce((sum, body) => sum + body.new_count, 0)).toBe(60);
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(requests.length);
    expect(requests.map(({ id }) => id)).toEqual(
      allWritten(delivery, 'template', { template }).map(({ id }) => id),
    );
  });
});

describe('hundreds of alerts', () => {
  const alerts = Array.from({ length: 300 }, (_, i) =>
    alert({ ruleName: `Rule ${i}`, fingerprint: `f${i}` }),
  );
  const delivery = alertDelivery({ alerts, newCount: 3_600, omittedAlerts: 700, part: { number: 1, of: 4 } });

  it.each(['teams', 'discord'] as const)('become a message that %s takes and people can read', (format) => {
    const text = textsIn(bodyOf(delivery, format)).join('\n');
    expect(text).toContain('Rule 0');
    expect(text).toMatch(/99\d more alerts did not fit here/);
    expect(passesOf(() => written(delivery, format), 20)).toBeLessThan(20);
  });

  it('become one page with the worst of them', () => {
    const [event] = allBodies(delivery, 'pagerduty');
    expect(event.payload.custom_details).toMatchObject({ omitted_alerts: 950 });
    expect(event.payload.custom_details.alerts).toHaveLength(50);
  });
});
