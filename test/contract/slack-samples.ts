import type { AlertContext, Notification, NotifiedAlert } from '../../src/core/alert.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { Digest } from '../../src/core/digest.ts';
import { alert, alertDelivery, HOSTILE, NOW_MS, notification, sample } from './deliveries.ts';
import { digest, digestDelivery } from './digests.ts';

/** What people are shown, one of a kind: the snapshots in slack-message.test.ts and `npm run render:slack` show these. */
export interface Sample {
  readonly name: string;
  readonly delivery: Delivery;
}

const MINUTE_MS = 60_000;
const RUNBOOK = 'https://runbooks.example/appsec/sql-injection?from=alert&team=payments';
const id = (sequence: number): string => `alert/9f2c51d07a3be846/mi9x3k2a/${sequence}`;

const injection = alert({
  fingerprint: '5a0c1f9be3d27c44',
  severity: 'CRITICAL',
  description:
    'A request carried database syntax in a parameter, and the response looks as if it had worked.',
  runbook: RUNBOOK,
  count: 57,
  newCount: 57,
  firstSeenMs: NOW_MS - 9 * MINUTE_MS,
  lastSeenMs: NOW_MS - MINUTE_MS,
  sample: [
    sample({ id: 'akto-prod/malicious_events/e57', statusCode: 200, successfulExploit: true }),
    sample({
      id: 'akto-prod/malicious_events/e56',
      timeMs: NOW_MS - 2 * MINUTE_MS,
      url: "/login?next=%2Fhome&user=admin'--",
    }),
    sample({
      id: 'akto-prod/malicious_events/e55',
      timeMs: NOW_MS - 9 * MINUTE_MS,
      method: 'GET',
      url: '/search?q=1%27+OR+1%3D1',
    }),
  ],
  apis: { count: 6 },
});

const FOUND: readonly (readonly [
  name: string,
  rule: string,
  severity: NotifiedAlert['severity'],
  count: number,
])[] = [
  ['SQL injection', 'sql-injection', 'CRITICAL', 57],
  ['Path traversal', 'path-traversal', 'HIGH', 31],
  ['Known scanner', 'known-scanner', 'MEDIUM', 220],
  ['Server-side request forgery', 'ssrf', 'MEDIUM', 4],
  ['Missing authentication', 'missing-auth', 'LOW', 12],
];

const company = FOUND.map(([ruleName, rule, severity, count], i) =>
  alert({
    ...{ ruleName, rule, severity, count, newCount: Math.max(0, count - 5 * i) },
    fingerprint: `${i}a0c1f9be3d27c44`,
    group: { actor: '203.0.113.9' },
    sample: [sample({ id: `akto-prod/malicious_events/${rule}`, url: `/api/v${i + 1}/orders?page=2` })],
    apis: { count: 1 + 4 * i },
    firstSeenMs: NOW_MS - 20 * MINUTE_MS,
    lastSeenMs: NOW_MS - MINUTE_MS,
  }),
);
const newOf = (alerts: readonly NotifiedAlert[]): number =>
  alerts.reduce((sum, each) => sum + each.newCount, 0);

const ADVICE = `## Stop it
1. Lock the accounts that were logged in to from \`198.51.100.24\`.
2. Turn on **multi-factor authentication** for the tenant.

## Prevent it
- limit failed log-ins by account *and* address: [OWASP](https://cheatsheetseries.owasp.org/cheatsheets/Credential_Stuffing_Prevention_Cheat_Sheet.html)
- compare new passwords with leaked ones`;

const KNOWN: AlertContext = {
  remediation: ADVICE,
  evidence: {
    total: 812,
    requests: [
      {
        timeMs: NOW_MS - MINUTE_MS,
        method: 'POST',
        path: '/oauth/token',
        host: 'id.example.com',
        statusCode: 401,
      },
      {
        timeMs: NOW_MS - 2 * MINUTE_MS,
        method: 'POST',
        path: '/oauth/token',
        host: 'id.example.com',
        statusCode: 200,
      },
    ],
  },
  incident: {
    id: 'inc-20261121-0417',
    attackId: 'CREDENTIAL_STUFFING',
    requests: 812,
    userAgent: 'python-requests/2.32',
    updatedMs: NOW_MS - MINUTE_MS,
  },
  missing: ['the accounts it tried could not be fetched: the incident API could not answer (503)'],
};

const incident = alert({
  fingerprint: '77b1d2e4c05f9a31',
  rule: 'credential-stuffing',
  ruleName: 'Credential stuffing',
  description: 'Many log-ins with different names from one address within minutes.',
  source: 'identity',
  feed: 'incidents',
  group: { attack_id: 'CREDENTIAL_STUFFING' },
  count: 1,
  newCount: 1,
  firstSeenMs: NOW_MS - 14 * MINUTE_MS,
  lastSeenMs: NOW_MS - MINUTE_MS,
  sample: [
    sample({
      id: 'identity/incidents/inc-20261121-0417',
      actor: '198.51.100.24',
      method: 'POST',
      host: 'id.example.com',
      url: '/oauth/token',
      country: 'NL',
      requests: 812,
    }),
  ],
  context: KNOWN,
});

const operational = alert({
  fingerprint: 'c3d09e1f5b7a2846',
  rule: 'tocsin-feed-failing',
  ruleName: 'Feed failing',
  description:
    'Feed malicious_events of source akto-prod has not been read for 35 minutes, so attacks go unseen until it is; nothing is lost, ' +
    'what it shows then is read. Akto refused the API key (403): give a new one under sources.akto-prod.api_key.',
  severity: 'HIGH',
  source: 'tocsin',
  feed: 'operations',
  group: { source: 'akto-prod', feed: 'malicious_events' },
  count: 1,
  newCount: 1,
  firstSeenMs: NOW_MS,
  lastSeenMs: NOW_MS,
  sample: [{ id: 'tocsin/operations/c3d0/1', timeMs: NOW_MS }],
});

const STORM: Partial<Digest> = {
  id: 'storm/oncall/mi9x3k2a-mi9x4uow',
  kind: 'storm',
  severity: 'CRITICAL',
  title: 'Summed up: more alerts than messages',
  fromMs: NOW_MS - MINUTE_MS,
  toMs: NOW_MS,
  timeZone: 'UTC',
  totals: [
    { name: 'Matches', count: 99_120 },
    { name: 'Notifications', count: 1_204 },
    { name: 'HIGH', count: 99_100 },
    { name: 'CRITICAL', count: 20 },
  ],
  tables: [
    {
      title: 'Top rules',
      rows: [
        { name: 'Known scanner', count: 80_000 },
        { name: 'SQL injection', count: 19_120 },
      ],
      omittedRows: 0,
      omittedCount: 0,
    },
    {
      title: 'Top actors',
      rows: [
        { name: '203.0.113.9', count: 40_000 },
        { name: '2001:db8:85a3::8a2e:370:7334', count: 30_000 },
      ],
      omittedRows: 48,
      omittedCount: 29_120,
    },
    {
      title: 'Top APIs',
      rows: [{ name: 'POST api.example.com/login', count: 99_120 }],
      omittedRows: 0,
      omittedCount: 0,
    },
  ],
  notes: [
    'These alerts had no message of their own: there were too many at once, or they were long past. "tocsin alerts" lists those that are open.',
  ],
};

const CRITICALS: Partial<Digest> = {
  ...STORM,
  tables: [
    {
      title: 'Critical alerts',
      rows: [
        { name: 'CRITICAL SQL injection that succeeded · 2001:db8:85a3::8a2e:370:7334', count: 12 },
        { name: 'CRITICAL Server-side request forgery · 203.0.113.9 · metadata.internal.example', count: 8 },
      ],
      omittedRows: 0,
      omittedCount: 0,
    },
    ...(STORM.tables ?? []),
  ],
};

const { severity: _goesOn, ...settled } = STORM;
const ENDS: Partial<Digest> = {
  ...settled,
  title: 'Over: 3 alerts',
  totals: [
    { name: 'Matches', count: 0 },
    { name: 'Notifications', count: 3 },
    { name: 'Alerts that are over', count: 3 },
  ],
  tables: [
    {
      title: 'Over',
      rows: [
        { name: 'HIGH SQL injection · 203.0.113.9', count: 1 },
        { name: 'HIGH Path traversal · 203.0.113.9', count: 1 },
        { name: 'MEDIUM Known scanner · 198.51.100.24', count: 1 },
      ],
      omittedRows: 0,
      omittedCount: 0,
    },
  ],
  notes: [],
};

/** Everything an attacker may choose, at once. */
const everywhere = HOSTILE.map(([, text]) => text.slice(0, 500)).join(' ');
const hostile = alert({
  severity: 'HIGH',
  group: { actor: everywhere },
  sample: [
    sample({
      ...{ actor: everywhere, method: everywhere, host: everywhere, country: everywhere },
      url: 'javascript:alert(1)//<!channel>|`x`',
    }),
    { id: 'akto-prod/malicious_events/bare', timeMs: NOW_MS },
  ],
});

const over = { state: 'resolved', resolvedAtMs: NOW_MS, newCount: 0 } as const;
const fixed = (alerts: readonly NotifiedAlert[], more: object = {}): Delivery =>
  alertDelivery({ id: id(1), alerts, group: { actor: '203.0.113.9' }, ...more });
const backfill: Partial<Digest> = {
  kind: 'backfill',
  title: 'Backfill of akto-prod malicious_events',
  timeZone: 'UTC',
  totals: [{ name: 'Events read', count: 100_000 }],
  notes: [],
};

function withoutChart(over: Partial<Digest>): Delivery {
  const { chart: _none, ...told } = digest(over);
  return { kind: 'digest', id: told.id, digest: told };
}

export const SAMPLES: readonly Sample[] = [
  { name: 'single', delivery: fixed([injection]) },
  {
    name: 'grouped',
    delivery: fixed(company, { omittedAlerts: 2, newCount: newOf(company) + 9, reason: 'grew' }),
  },
  { name: 'storm digest', delivery: withoutChart(STORM) },
  {
    name: 'resolved',
    delivery: fixed([{ ...injection, ...over, newCount: 4, count: 61 }], { id: id(4), reason: 'resolved' }),
  },
  {
    name: 'incident with remediation',
    delivery: fixed([incident], { group: { rule: 'credential-stuffing' } }),
  },
  { name: 'operational', delivery: fixed([operational]) },
  {
    name: 'operational, over',
    delivery: fixed([{ ...operational, ...over }], { id: id(2), reason: 'resolved' }),
  },
  {
    name: 'again, in hand',
    delivery: fixed([
      {
        ...injection,
        episode: 3,
        state: 'acknowledged',
        acknowledged: { atMs: NOW_MS - 30_000, by: 'maria', note: 'blocking it at the edge' },
      },
    ]),
  },
  {
    name: 'still going on',
    delivery: fixed([{ ...injection, count: 4_120, newCount: 4_063 }], { id: id(3), reason: 'repeat' }),
  },
  {
    name: 'group over',
    delivery: fixed(
      company.map((each) => ({ ...each, ...over })),
      { id: id(5), reason: 'resolved' },
    ),
  },
  {
    name: 'three rules of one actor',
    delivery: fixed(company.slice(1, 4), { group: { source: 'akto-prod', actor: '203.0.113.9' } }),
  },
  {
    name: 'in hand, all of it',
    delivery: fixed(
      [
        {
          ...injection,
          state: 'acknowledged',
          acknowledged: { atMs: NOW_MS - 30_000, by: 'maria', note: 'blocking it at the edge' },
        },
      ],
      { id: id(2), reason: 'acknowledged', isAcknowledged: true, newCount: 0 },
    ),
  },
  {
    name: 'nobody acknowledged it',
    delivery: fixed([{ ...injection, newCount: 0 }], {
      ...{ id: id(3), reason: 'escalated', unacknowledgedMs: 15 * MINUTE_MS, newCount: 0 },
    }),
  },
  {
    name: 'third time today',
    delivery: fixed([injection], { recurrence: { times: 3, continues: 'alert/9f2c51d07a3be846/mi9w0000' } }),
  },
  { name: 'storm digest of CRITICAL alerts', delivery: withoutChart(CRITICALS) },
  { name: 'ends in one message: over', delivery: withoutChart(ENDS) },
  { name: 'daily digest', delivery: digestDelivery() },
  { name: 'backfill', delivery: withoutChart(backfill) },
  { name: 'hostile', delivery: fixed([hostile]) },
  { name: 'hostile, grouped', delivery: fixed([hostile, injection, hostile, hostile, hostile]) },
];

/** What one group goes through, as a bot tells it: in the order in which it happens. */
export const STORY: readonly Notification[] = [
  step(1, 0, { alerts: [injection], reason: 'opened' }),
  step(2, 6, {
    alerts: [{ ...injection, count: 88, newCount: 31 }, ...company.slice(1, 2)],
    reason: 'grew',
  }),
  step(3, 246, { alerts: [{ ...injection, count: 4_120, newCount: 4_032 }], reason: 'repeat' }),
  step(4, 321, { alerts: [{ ...injection, ...over, count: 4_124, newCount: 4 }], reason: 'resolved' }),
];

function step(sequence: number, minutes: number, over: Partial<Notification>): Notification {
  const createdAtMs = NOW_MS + minutes * MINUTE_MS;
  return notification({ id: id(sequence), group: { actor: '203.0.113.9' }, createdAtMs, ...over });
}
