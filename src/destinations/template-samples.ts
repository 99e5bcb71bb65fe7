import type { Notification, NotifiedAlert } from '../core/alert.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Digest } from '../core/digest.ts';

/** One of what a destination may be sent. */
export interface Sample {
  /** For messages: `for a resolved alert, …`. */
  readonly name: string;
  readonly delivery: Delivery;
}

const AT_MS = Date.UTC(2026, 0, 31, 12, 30);
const HOUR_MS = 3_600_000;
/** What an attacker would like to be taken for something else, in JSON, in Slack, in a template. */
const HOSTILE = '!channel|"\\\'\n<!here> `*_~` {{ title }}{% if %} ]]> &amp; \u202e\ud800 ${HOME} __proto__';

/** Everything of a kind that a template must be able to say; each with something that others lack. */
export function samplesOf(kind: Delivery['kind']): readonly Sample[] {
  return SAMPLES.filter(({ delivery }) => delivery.kind === kind);
}

const ALERT: NotifiedAlert = {
  ...{ fingerprint: '0123456789abcdef', rule: 'sql-injection', ruleName: 'SQL injection' },
  ...{ description: 'Somebody tries SQL.', runbook: 'https://runbooks.example.com/sqli', category: 'SQLI' },
  ...{ severity: 'HIGH', source: 'akto', feed: 'malicious_events', group: { actor: '203.0.113.9' } },
  ...{
    count: 57,
    newCount: 12,
    firstSeenMs: AT_MS - HOUR_MS,
    lastSeenMs: AT_MS,
    openedAtMs: AT_MS - HOUR_MS,
  },
  sample: [
    {
      ...{ id: 'akto/malicious_events/1', timeMs: AT_MS, actor: '203.0.113.9', method: 'POST' },
      ...{ host: 'api.example.com', url: '/login?next=%2F', country: 'FR', statusCode: 403 },
      ...{ filterId: 'SQLInjection', successfulExploit: true },
    },
  ],
  ...{ state: 'open', episode: 1, matchedAtMs: AT_MS, resolveAfterMs: HOUR_MS, labels: {} },
  ...{ actors: { count: 1 }, apis: { count: 3, isAtLeast: true } },
  context: {
    remediation: '# Fix it',
    evidence: {
      total: 9,
      requests: [{ timeMs: AT_MS, method: 'GET', path: '/', host: 'a', statusCode: 200 }],
    },
    incident: {
      id: 'i-1',
      attackId: 'CREDENTIAL_STUFFING',
      requests: 9,
      userAgent: 'curl',
      updatedMs: AT_MS,
    },
    missing: [],
  },
};
const { description: _d, runbook: _r, category: _c, context: _x, ...WITHOUT_OPTIONAL } = ALERT;
/** What Tocsin says of itself has no actor, no request and no country. */
const OPERATIONAL: NotifiedAlert = {
  ...WITHOUT_OPTIONAL,
  ...{ rule: 'tocsin-feed-failing', ruleName: 'Feed failing', description: 'Feed x has not been read.' },
  ...{ source: 'tocsin', feed: 'operations', group: { source: 'akto', feed: 'malicious_events' } },
  ...{ count: 1, newCount: 1, actors: { count: 0 }, apis: { count: 0 } },
  sample: [{ id: 'tocsin/operations/1', timeMs: AT_MS }],
};
const HOSTILE_ALERT: NotifiedAlert = {
  ...WITHOUT_OPTIONAL,
  ...{
    ruleName: HOSTILE,
    description: HOSTILE,
    runbook: 'https://runbooks.example.com/?a=|"<b>`',
    category: HOSTILE,
  },
  group: { actor: HOSTILE, [HOSTILE]: HOSTILE },
  sample: [
    {
      ...{ id: HOSTILE, timeMs: AT_MS, actor: HOSTILE, method: HOSTILE, host: HOSTILE },
      ...{ url: HOSTILE, country: HOSTILE, filterId: HOSTILE },
    },
  ],
  context: {
    remediation: HOSTILE,
    evidence: { total: 1, requests: [{ method: HOSTILE, path: HOSTILE, host: HOSTILE }] },
    incident: { id: HOSTILE, attackId: HOSTILE, userAgent: HOSTILE },
    missing: [HOSTILE],
  },
};

const DIGEST: Digest = {
  ...{ id: 'storm/oncall/1', kind: 'storm', title: 'Too many alerts for messages of their own' },
  ...{ fromMs: AT_MS - 60_000, toMs: AT_MS, timeZone: 'UTC', createdAtMs: AT_MS },
  totals: [{ name: 'Matches', count: 100_000 }],
  tables: [{ title: 'Rules', rows: [{ name: 'SQL injection', count: 9 }], omittedRows: 2, omittedCount: 3 }],
  notes: [],
};

const SAMPLES: readonly Sample[] = [
  alerts('a single alert', { alerts: [ALERT] }),
  alerts('an alert without description, runbook, category and context', { alerts: [WITHOUT_OPTIONAL] }),
  alerts('an alert of which not all could be fetched', {
    alerts: [{ ...WITHOUT_OPTIONAL, context: { missing: ['The remediation could not be fetched.'] } }],
  }),
  alerts('several alerts in one message', {
    ...{ reason: 'grew', alerts: [ALERT, HOSTILE_ALERT, OPERATIONAL], omittedAlerts: 4, group: {} },
  }),
  alerts('an alert that goes on', {
    ...{ reason: 'repeat', newCount: 0 },
    alerts: [
      {
        ...ALERT,
        newCount: 0,
        state: 'acknowledged',
        acknowledged: { atMs: AT_MS, by: 'ana', note: 'mine' },
      },
    ],
  }),
  alerts('a resolved alert', {
    ...{ reason: 'resolved', newCount: 0 },
    alerts: [{ ...ALERT, newCount: 0, state: 'resolved', resolvedAtMs: AT_MS }],
  }),
  alerts('an alert that nobody acknowledged', {
    ...{ reason: 'escalated', alerts: [ALERT], unacknowledgedMs: 15 * 60_000, key: 'group-key' },
  }),
  alerts('an alert that somebody acknowledged', {
    ...{ reason: 'acknowledged', newCount: 0, isAcknowledged: true, key: 'group-key' },
    alerts: [{ ...ALERT, newCount: 0, state: 'acknowledged', acknowledged: { atMs: AT_MS, by: HOSTILE } }],
  }),
  alerts('alerts that are over while others go on', {
    ...{ reason: 'shrank', newCount: 0 },
    alerts: [
      { ...ALERT, newCount: 0, state: 'resolved', resolvedAtMs: AT_MS },
      { ...OPERATIONAL, newCount: 0 },
    ],
  }),
  alerts('one part of many alerts', {
    ...{ alerts: [ALERT, HOSTILE_ALERT], part: { number: 2, of: 3 }, key: 'group-key' },
  }),
  alerts('a mild alert that came back', {
    alerts: [ALERT],
    ...{ isQuiet: true, newCount: 0, recurrence: { times: 3, continues: 'alert/g/1' }, key: 'group-key' },
  }),
  alerts('an operational alert', { alerts: [OPERATIONAL], group: { rule: OPERATIONAL.rule } }),
  alerts('an alert full of hostile texts', { alerts: [HOSTILE_ALERT], group: { actor: HOSTILE } }),
  digest('a storm digest', DIGEST),
  digest('a daily digest with hostile names', {
    ...{ ...DIGEST, kind: 'period', title: 'Daily digest', notes: [HOSTILE] },
    totals: [{ name: HOSTILE, count: 1, before: 0 }],
    tables: [{ title: HOSTILE, rows: [{ name: HOSTILE, count: 1 }], omittedRows: 0, omittedCount: 0 }],
    chart: { title: 'Events by hour', bars: [{ label: '09:00', count: 0 }] },
  }),
  event('an event that no rule matched', []),
  event('an event', [{ rule: 'sql-injection', name: HOSTILE, severity: 'HIGH' }]),
];

function alerts(name: string, over: Pick<Notification, 'alerts'> & Partial<Notification>): Sample {
  const notification: Notification = {
    ...{ id: 'n-1', route: 'default', reason: 'opened', group: { rule: 'sql-injection' }, severity: 'HIGH' },
    ...{ newCount: 12, omittedAlerts: 0, createdAtMs: AT_MS },
    ...over,
  };
  return { name, delivery: { kind: 'alert', id: 'n-1', notification } };
}

function digest(name: string, told: Digest): Sample {
  return { name, delivery: { kind: 'digest', id: told.id, digest: told } };
}

type EventDelivery = Extract<Delivery, { kind: 'event' }>;

function event(name: string, rules: EventDelivery['rules']): Sample {
  const id = 'akto/malicious_events/1';
  const raw = { id: '1', actor: HOSTILE, url: HOSTILE, payload: HOSTILE };
  const told = { id, source: 'akto', feed: 'malicious_events', feedId: '1', timeMs: AT_MS, raw } as const;
  return { name, delivery: { kind: 'event', id, event: told, rules } };
}
