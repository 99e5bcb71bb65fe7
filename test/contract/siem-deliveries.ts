import type { Delivery, MatchedRule } from '../../src/core/delivery.ts';
import { eventId, type Feed } from '../../src/core/event.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { recordsOf } from '../../src/destinations/siem/index.ts';
import { alert, alertDelivery, eventDelivery, NOW_MS, RAW_EVENT, sample } from './deliveries.ts';
import { digest } from './digests.ts';

/** The captured exchange behind {@link RAW_EVENT}. */
const PAYLOAD = [
  'method: "POST"',
  'path: "/login?user=a%27%20or%201%3D1"',
  'type: "HTTP/1.1"',
  'request_headers { key: "User-Agent" value { values: "sqlmap/1.8" } }',
  'request_headers { key: "Referer" value { values: "https://evil.example/" } }',
  'status_code: 200',
  'dest_ip: "10.0.0.7"',
].join('\n');

export function feedDelivery(
  feed: Feed,
  feedId: string,
  raw: JsonObject,
  { revision, rules = [] }: { revision?: string; rules?: readonly MatchedRule[] } = {},
): Delivery {
  const source = feed === 'incidents' ? 'identity' : 'akto-prod';
  const id = eventId(source, feed, feedId, revision);
  const event = { id, source, feed, feedId, timeMs: NOW_MS, raw };
  return { kind: 'event', id, event: revision === undefined ? event : { ...event, revision }, rules };
}

export const INCIDENT: JsonObject = {
  incidentId: 'inc-7',
  fingerprint: '9f86d081884c7d65',
  attackId: 'attack-3',
  ipAddress: '2001:db8::5',
  userAgent: 'python-requests/2.32',
  requests: 412,
  createTime: '2026-11-21T20:14:05+00:00',
  updateTime: '2026-11-21T20:44:05+00:00',
};

const incidentAlert = alert({
  ...{ rule: 'credential-stuffing', ruleName: 'Credential stuffing', severity: 'CRITICAL' },
  ...{ source: 'identity', feed: 'incidents', group: { attack_id: 'attack-3' }, fingerprint: 'e'.repeat(16) },
  ...{ count: 3, newCount: 1, runbook: 'https://runbooks.example.com/stuffing' },
  sample: [
    { id: 'identity/incidents/inc-7/r9', timeMs: NOW_MS - 60_000, actor: '2001:db8::5', requests: 412 },
  ],
  context: {
    remediation: '# Lock the accounts\n\nSee <https://a.example/>.',
    incident: { id: 'inc-7', attackId: 'attack-3', requests: 412, userAgent: 'python-requests/2.32' },
    missing: ['the requests behind it could not be fetched'],
  },
});
const operational = alert({
  ...{
    rule: 'tocsin-feed-failing',
    ruleName: 'Feed failing',
    description: 'Feed incidents has not been read.',
  },
  ...{ source: 'tocsin', feed: 'operations', group: { source: 'identity', feed: 'incidents' } },
  ...{ count: 1, newCount: 1, sample: [{ id: 'tocsin/operations/1', timeMs: NOW_MS }] },
});

/** One of each thing that a SIEM is sent. */
const SIEM_DELIVERIES: Readonly<Record<string, Delivery>> = {
  'an API attack': eventDelivery('e1', { ...RAW_EVENT, payload: PAYLOAD }),
  'an API attack that was blocked': eventDelivery('e2', {
    ...RAW_EVENT,
    ...{
      successfulExploit: false,
      payload: PAYLOAD.replace('200', '403').replace('10.0.0.7', '2001:db8::7'),
    },
  }),
  'an event that lacks everything': feedDelivery('malicious_events', 'e3', {}),
  'a failed-token incident': feedDelivery('incidents', 'inc-7', INCIDENT, { revision: '1795293845250-412' }),
  'an incident that lacks everything': feedDelivery('incidents', 'inc-8', {}),
  'a threat actor': feedDelivery(
    'threat_actors',
    '[2001:db8::1]:443',
    {
      ...{ id: '[2001:db8::1]:443', latestAttack: 'XSS', country: 'DE', discoveredAt: 1_795_000_000 },
      ...{ latestApiEndpoint: '/search?q=1', latestApiMethod: 'GET', latestApiHost: 'shop.example.com:8443' },
    },
    { revision: '1795000000' },
  ),
  'an API under attack': feedDelivery('threat_apis', '/a', {
    ...{ api: '/a', method: 'PROPFIND', host: '198.51.100.4', requestsCount: 9, actorsCount: 2 },
  }),
  'an alert, opened': alertDelivery({ reason: 'opened' }, 'n-1/siem'),
  'an alert, grown': alertDelivery(
    { reason: 'grew', alerts: [alert({ state: 'acknowledged' })] },
    'n-2/siem',
  ),
  'an alert, repeated': alertDelivery({ reason: 'repeat' }, 'n-3/siem'),
  'an alert, resolved': alertDelivery(
    { reason: 'resolved', alerts: [alert({ state: 'resolved', newCount: 0, resolvedAtMs: NOW_MS })] },
    'n-4/siem',
  ),
  'an alert, acknowledged': alertDelivery(
    {
      ...{ reason: 'acknowledged', isAcknowledged: true, newCount: 0, key: 'k-1' },
      alerts: [
        alert({ newCount: 0, state: 'acknowledged', acknowledged: { atMs: NOW_MS - 5_000, by: 'ann' } }),
      ],
    },
    'n-8/siem',
  ),
  'an alert, escalated': alertDelivery(
    { reason: 'escalated', unacknowledgedMs: 900_000, key: 'k-1' },
    'n-9/siem',
  ),
  'alerts of which some are over': alertDelivery(
    {
      ...{ reason: 'shrank', newCount: 0, key: 'k-1' },
      alerts: [
        alert({ fingerprint: 'a'.repeat(16), newCount: 0, state: 'resolved', resolvedAtMs: NOW_MS }),
        alert({ fingerprint: 'b'.repeat(16), newCount: 0, severity: 'LOW' }),
      ],
    },
    'n-10/siem',
  ),
  'an alert about incidents': alertDelivery({ alerts: [incidentAlert] }, 'n-5/siem'),
  'a grouped alert': alertDelivery(
    {
      alerts: [
        incidentAlert,
        alert({ sample: [sample(), sample({ actor: '198.51.100.7:80', method: 'PUT' })] }),
      ],
      omittedAlerts: 4,
    },
    'n-6/siem',
  ),
  'an operational alert': alertDelivery({ alerts: [operational] }, 'n-7/siem'),
  'a digest': { kind: 'digest', id: 'digest/daily/2026-11-20T07:00:00.000Z/siem', digest: digest() },
};

/** The same as they are written: a record each, of several alerts one each. */
export const SIEM_RECORDS: Readonly<Record<string, Delivery>> = Object.fromEntries(
  Object.entries(SIEM_DELIVERIES).flatMap(([name, delivery]) =>
    recordsOf(delivery).map((record, at) => [at === 0 ? name : `${name}: record ${at + 1}`, record]),
  ),
);
