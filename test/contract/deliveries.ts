import type { EventSummary, Notification, NotifiedAlert } from '../../src/core/alert.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { JsonObject } from '../../src/core/json.ts';

export const NOW_MS = Date.UTC(2026, 10, 21, 20, 44, 5, 250);

export const sample = (over: Partial<EventSummary> = {}): EventSummary => ({
  id: 'akto-prod/malicious_events/e1',
  timeMs: NOW_MS - 60_000,
  actor: '203.0.113.9',
  method: 'POST',
  host: 'api.example.com',
  url: '/login?next=%2Fhome',
  country: 'FR',
  statusCode: 403,
  filterId: 'SQLInjection',
  successfulExploit: false,
  ...over,
});

export const alert = (over: Partial<NotifiedAlert> = {}): NotifiedAlert => ({
  fingerprint: 'f'.repeat(32),
  rule: 'sql-injection',
  ruleName: 'SQL injection',
  severity: 'HIGH',
  source: 'akto-prod',
  feed: 'malicious_events',
  group: { actor: '203.0.113.9' },
  count: 57,
  newCount: 12,
  firstSeenMs: NOW_MS - 3_600_000,
  lastSeenMs: NOW_MS - 60_000,
  openedAtMs: NOW_MS - 3_500_000,
  sample: [sample()],
  state: 'open',
  episode: 1,
  matchedAtMs: NOW_MS - 55_000,
  resolveAfterMs: 3_600_000,
  actors: { count: 1 },
  apis: { count: 1 },
  labels: { rule: 'sql-injection', severity: 'HIGH', actor: '203.0.113.9' },
  ...over,
});

export const notification = (over: Partial<Notification> = {}): Notification => {
  const alerts = over.alerts ?? [alert()];
  return {
    id: 'n-1',
    route: 'page',
    reason: 'opened',
    group: { rule: 'sql-injection' },
    severity: alerts[0]?.severity ?? 'INFO',
    newCount: alerts.reduce((sum, each) => sum + each.newCount, 0),
    alerts,
    omittedAlerts: 0,
    createdAtMs: NOW_MS,
    ...over,
  };
};

export const alertDelivery = (over: Partial<Notification> = {}, id = 'n-1/oncall'): Delivery => ({
  kind: 'alert',
  id,
  notification: notification(over),
});

export const RAW_EVENT: JsonObject = {
  id: 'e1',
  actor: '203.0.113.9:57796',
  ip: '203.0.113.9:57796',
  filterId: 'SQLInjection',
  url: '/login',
  method: 'POST',
  country: 'FR',
  host: 'api.example.com',
  timestamp: 1_795_000_000,
  category: 'SQL_INJECTION',
  subCategory: 'SQL_INJECTION',
  severity: 'HIGH',
  successfulExploit: true,
  payload: '',
};

export const eventDelivery = (id = 'e1', raw: JsonObject = RAW_EVENT): Delivery => ({
  kind: 'event',
  id: `akto-prod/malicious_events/${id}`,
  event: {
    id: `akto-prod/malicious_events/${id}`,
    source: 'akto-prod',
    feed: 'malicious_events',
    feedId: id,
    timeMs: NOW_MS,
    raw,
  },
  rules: [
    { rule: 'scanner', name: 'Known scanner', severity: 'LOW' },
    { rule: 'sql-injection', name: 'SQL injection', severity: 'HIGH' },
  ],
});

/** Texts an attacker would put into a header, a URL, an actor. */
export const HOSTILE: readonly (readonly [why: string, text: string])[] = [
  ['pings the whole channel', '<!channel> <!here> <!everyone>'],
  ['mentions a user', '<@U012AB3CD>'],
  ['forges a link', '<https://evil.example|https://bank.example>'],
  ['is already escaped', '&lt;!channel&gt; &amp;'],
  ['closes the code block', '``` *out* ``` `a` ````'],
  ['reverses what follows', 'abc\u202Etxt.exe\u2066\u2069'],
  ['hides itself', 'a\u200Bb\uFEFFc\u00ADd\u2060e'],
  ['hides in tag characters', 'ok\u{E0041}\u{E0042}'],
  ['forges lines', 'GET /\r\n*CRITICAL* resolved\u2028\u2029\u0085'],
  ['holds control characters', '\u0000\u0007\u001b[31mred\u007f'],
  ['is half a surrogate pair', 'x\uD800y\uDC00'],
  ['stacks marks', `Z${'\u0301'.repeat(5_000)}`],
  ['is far too long', 'A'.repeat(200_000)],
  ['grows when escaped', '&'.repeat(200_000)],
  ['is all astral', '😀'.repeat(50_000)],
  ['is nothing', ''],
];
