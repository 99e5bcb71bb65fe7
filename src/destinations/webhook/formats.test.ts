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
import type { Delivery } from '../../core/delivery.ts';
import { webhookConfig } from './config.ts';
import { encode } from './encode.ts';
import { FORMATS, type Format } from './format-names.ts';

const deps = undefined;
const configured = (format: Format, more: object = {}) =>
  webhookConfig.parse({
    ...{ name: 'soar', type: 'webhook', url: 'https://soar.example/hook', format },
    ...(format === 'pagerduty' ? { routing_key: 'R'.repeat(32) } : {}),
    ...(format === 'template' ? { template: { body: '{"a": {{ title | json }}}' } } : {}),
    ...more,
  });

function written(delivery: Delivery, format: Format, more: object = {}) {
  const encoded = encode(delivery, configured(format, more), deps);
  if ('kind' in encoded) throw new Error(encoded.reason);
  return encoded;
}
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
  ['repeat', alertDelivery({ reason: 'repeat', alerts: [inHand] })],
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
    const encoded = encode(eventDelivery(), configured(format), deps);
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
      { numRuns: 150 },
    );
  });

  it('Teams takes every message, and no text is markdown', () => {
    fc.assert(
      fc.property(hostileDelivery, (delivery) => {
        const { body } = written(delivery, 'teams');
        expect(teamsFault(JSON.parse(body), Buffer.byteLength(body))).toBeUndefined();
        expect(body).not.toContain('{{');
      }),
      { numRuns: 150 },
    );
  });

  it('PagerDuty takes every event', () => {
    fc.assert(
      fc.property(hostileDelivery, (delivery) => {
        const { body } = written(delivery, 'pagerduty');
        expect(pagerdutyFaults(JSON.parse(body), Buffer.byteLength(body))).toEqual([]);
      }),
      { numRuns: 150 },
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
