import { describe, expect, it } from 'vitest';
import type { NotificationReason, NotifiedAlert } from '../../src/core/alert.ts';
import { type Json, readJson } from '../../src/core/json.ts';
import { recordsOf } from '../../src/destinations/siem/index.ts';
import { SIEM_SCHEMAS, siemText } from '../../src/destinations/siem-text.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { encode } from '../../src/destinations/webhook/encode.ts';
import { alert, alertDelivery, NOW_MS } from './deliveries.ts';
import { readCef } from './siem-cef.ts';

/** What a receiver that keeps a list of alerts has in it: by fingerprint, whether it goes on. */
type List = Map<string, 'firing' | 'over'>;
type Receive = (list: List, text: string) => void;

const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (inner, key) => (Object(inner) === inner ? Reflect.get(Object(inner), key) : undefined),
    value,
  );
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function note(into: List, fingerprint: Json | undefined, isOver: boolean): void {
  expect(fingerprint).toMatch(/^f\d+$/);
  into.set(String(fingerprint), isOver ? 'over' : 'firing');
}

const alertsOf =
  (path: readonly string[], key: string, over: string): Receive =>
  (into, text) => {
    for (const each of list(at(readJson(text), ...path)))
      note(into, at(each, 'fingerprint'), at(each, key) === over);
  };

const BODY_FORMATS: readonly (readonly [string, object, Receive])[] = [
  ['alertmanager', { format: 'alertmanager' }, alertsOf(['alerts'], 'status', 'resolved')],
  ['tocsin', { format: 'tocsin' }, alertsOf(['data', 'alerts'], 'state', 'resolved')],
  ['cloudevents', { format: 'cloudevents' }, alertsOf(['data', 'alerts'], 'state', 'resolved')],
  ['template', { template: { body: '{{ data | json }}' } }, alertsOf(['alerts'], 'state', 'resolved')],
];

const RECORDS: Readonly<Record<(typeof SIEM_SCHEMAS)[number], Receive>> = {
  raw: alertsOf(['alerts'], 'state', 'resolved'),
  cim: (into, text) => {
    const record = readJson(text);
    note(into, at(record, 'fingerprint'), at(record, 'alert_state') === 'resolved');
  },
  ocsf: (into, text) => {
    const record = readJson(text);
    note(into, String(at(record, 'finding_info', 'uid')).split('/')[1], at(record, 'activity_id') === 3);
  },
  ecs: (into, text) => {
    const record = readJson(text);
    note(into, at(record, 'tocsin', 'fingerprints', 0), at(record, 'event', 'action') === 'alert-resolved');
  },
  cef: (into, text) => {
    const { extension } = readCef(text);
    note(into, extension.get('cs1'), extension.get('reason') === 'resolved');
  },
};

const all: readonly NotifiedAlert[] = Array.from({ length: 25 }, (_, i) =>
  alert({ fingerprint: `f${i}`, group: { actor: `203.0.113.${i}` }, count: 2, newCount: 2 }),
);
const ended = (alerts: readonly NotifiedAlert[]) =>
  alerts.map((each) => ({ ...each, newCount: 0, state: 'resolved' as const, resolvedAtMs: NOW_MS }));

/** A group of 25, told in parts; seven of its alerts end, then the rest with it. */
const told: readonly (readonly [NotificationReason, readonly NotifiedAlert[], object?])[] = [
  ['opened', all.slice(0, 11), { part: { number: 1, of: 3 }, omittedAlerts: 14 }],
  ['opened', all.slice(11, 20), { part: { number: 2, of: 3 } }],
  ['opened', all.slice(20), { part: { number: 3, of: 3 } }],
  ['shrank', ended(all.slice(0, 7))],
  ['resolved', ended(all)],
];
const deliveries = told.map(([reason, alerts, more = {}], i) =>
  alertDelivery(
    { id: `alert/g/o/${i}`, key: 'k-1', reason, alerts, newCount: 50, ...more },
    `alert/g/o/${i}`,
  ),
);

/** How many fire after each of the notifications, and how many are known. */
function seen(receive: (into: List, number: number) => void): string[] {
  const into: List = new Map();
  return deliveries.map((_, number) => {
    receive(into, number);
    const firing = [...into.values()].filter((state) => state === 'firing').length;
    return `${firing} of ${into.size}`;
  });
}
const EXPECTED = ['11 of 11', '20 of 20', '25 of 25', '18 of 25', '0 of 25'];
const delivery = (number: number) => deliveries[number] ?? expect.fail('no such notification');

describe('25 alerts of one group fire and end, each of them', () => {
  it.each(BODY_FORMATS)('at a receiver of %s', (_, more, receive) => {
    const config = webhookConfig.parse({
      name: 'soar',
      type: 'webhook',
      url: 'https://soar.example/',
      ...more,
    });
    const states = seen((into, number) => {
      const requests = encode(delivery(number), config);
      if ('kind' in requests) throw new Error(requests.reason);
      for (const { body } of requests) receive(into, body);
    });
    expect(states).toEqual(EXPECTED);
  });

  it.each(SIEM_SCHEMAS)('in records of schema %s, each under an id of its own', (schema) => {
    const ids: string[] = [];
    const states = seen((into, number) => {
      for (const record of recordsOf(delivery(number))) {
        const text = siemText(record, schema);
        if (typeof text !== 'string') throw new Error('not written');
        RECORDS[schema](into, text);
        ids.push(record.id);
      }
    });
    expect(states).toEqual(EXPECTED);
    expect(new Set(ids).size).toBe(25 + 7 + 25);
    expect(ids).toContain('alert/g/o/1#9');
  });
});
