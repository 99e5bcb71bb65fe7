import type { Delivery, Destination } from '../../src/core/delivery.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { slackDestination } from '../../src/destinations/slack/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import type { AdapterDeps } from '../../src/schema/adapter.ts';
import { alertDelivery, eventDelivery } from './deliveries.ts';

/** Every secret that a destination is given holds this word, so that a leak of any is seen. */
export const PLANTED = 'plantedsecret';
/** `plantedsecret` thrice and more, as the base64 that a signing secret is. */
const SIGNING_SECRET = `whsec_${PLANTED}${PLANTED}${PLANTED}A`;

export interface Settings {
  /** Without a path. */
  readonly origin: string;
  readonly timeoutMs: number;
  readonly verifyTls?: boolean;
}

/** A destination under test, and what its far side says when all is well. */
export interface Subject {
  readonly type: string;
  /** Where a type has several ways. */
  readonly way?: string;
  create(settings: Settings, deps: AdapterDeps): Destination;
  readonly batch: readonly Delivery[];
  /** Its status is the whole of an answer; a 2xx whose body is anything but a web page is a success. */
  readonly ignoresBodies?: true | undefined;
  readonly success: { readonly status: number; readonly type: string; readonly body: string };
}

let posted = 0;

export const SUBJECTS: readonly Subject[] = [
  {
    type: 'slack',
    way: ' (bot)',
    create: ({ origin, timeoutMs }, deps) => {
      const input = { name: 'oncall', type: 'slack', api_url: origin, token: PLANTED, channel: 'C012AB3CD' };
      return slackDestination.create({ ...slackConfig.parse(input), timeout: timeoutMs }, deps);
    },
    // It does not post twice what it has posted: each is another group's.
    get batch() {
      posted += 1;
      return [alertDelivery({ id: `alert/${posted}/0/1` })];
    },
    success: { status: 200, type: 'application/json', body: '{"ok":true,"channel":"C012AB3CD","ts":"1.2"}' },
  },
  {
    type: 'slack',
    create: ({ origin, timeoutMs }, deps) => {
      const config = slackConfig.parse({
        name: 'oncall',
        type: 'slack',
        url: `${origin}/services/${PLANTED}`,
      });
      return slackDestination.create({ ...config, timeout: timeoutMs }, deps);
    },
    batch: [alertDelivery()],
    success: { status: 200, type: 'text/html', body: 'ok' },
  },
  {
    type: 'splunk_hec',
    create: ({ origin, timeoutMs, verifyTls = true }, deps) => {
      const input = { name: 'siem', type: 'splunk_hec', url: origin, token: PLANTED, verify_tls: verifyTls };
      return splunkHecDestination.create({ ...splunkHecConfig.parse(input), timeout: timeoutMs }, deps);
    },
    batch: [eventDelivery('e1'), eventDelivery('e2'), alertDelivery()],
    success: { status: 200, type: 'application/json; charset=UTF-8', body: '{"text":"Success","code":0}' },
  },
  webhook('', {}, 204),
  webhook(' (alertmanager)', { format: 'alertmanager' }, 200),
  webhook(' (cloudevents)', { format: 'cloudevents', mode: 'binary' }, 202),
  { ...webhook(' (teams)', { format: 'teams' }, 202), ignoresBodies: undefined },
  {
    ...webhook(' (discord)', { format: 'discord' }, 200),
    ignoresBodies: undefined,
    success: { status: 200, type: 'application/json', body: '{"id":"1","channel_id":"2"}' },
  },
  // Nothing but 202 means that PagerDuty has it.
  {
    ...webhook(' (pagerduty)', { format: 'pagerduty', routing_key: `${PLANTED}${PLANTED}123456` }, 202),
    ignoresBodies: undefined,
  },
];

function webhook(way: string, more: object, status: number): Subject {
  return {
    type: 'webhook',
    way,
    create: ({ origin, timeoutMs, verifyTls = true }, deps) => {
      const input = {
        ...{ name: 'soar', type: 'webhook', url: `${origin}/hook/${PLANTED}?key=${PLANTED}` },
        secret: SIGNING_SECRET,
        headers: { authorization: `Bearer ${PLANTED}` },
        verify_tls: verifyTls,
        ...more,
      };
      return webhookDestination.create({ ...webhookConfig.parse(input), timeout: timeoutMs }, deps);
    },
    batch: [alertDelivery()],
    ignoresBodies: true,
    success: { status, type: '', body: '' },
  };
}
