import type { Delivery, Destination, ItemOutcome, Outcome } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { createHttpClient } from '../../net/index.ts';
import type { DestinationDeps, DestinationType } from '../../schema/adapter.ts';
import { batchOutcome } from '../batch-outcome.ts';
import { createConceal } from '../conceal.ts';
import { type WebhookConfig, webhookConfig } from './config.ts';
import { type Dead, encode, type Request } from './encode.ts';
import { hearingOf } from './hearing.ts';
import { type SendContext, secretsOf, sendRequests, sendTogether } from './send.ts';

/** How much of an answer's body is read before its connection is given up. */
const MAX_RESPONSE_BYTES = 65_536;

/** Signed POSTs after the Standard Webhooks specification, in a shape that the receiver understands. */
export const webhookDestination: DestinationType<WebhookConfig> = {
  type: 'webhook',
  otherNames: {
    ...{ http: '', https: '', httppost: '', post: '', rest: '', api: '', url: '', webhooks: '' },
    ...{ pagerduty: 'format: pagerduty', pagerdutyv2: 'format: pagerduty' },
    ...{ teams: 'format: teams', msteams: 'format: teams', microsoftteams: 'format: teams' },
    ...{
      discord: 'format: discord',
      alertmanager: 'format: alertmanager',
      cloudevents: 'format: cloudevents',
    },
    ...{ template: 'format: template' },
  },
  config: webhookConfig,
  create: createWebhook,
};

function createWebhook(config: WebhookConfig, deps: DestinationDeps): Destination {
  const { clock, memory } = deps;
  const http = createHttpClient({
    timeoutMs: config.timeout,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    tls: tlsOf(config),
  });
  const conceal = createConceal(allSecretsOf(config));
  const hearing = hearingOf(config);
  const write = (delivery: Delivery) => encode(delivery, config, deps);
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    ...(hearing === undefined ? {} : { hearing }),
    redact: config.redact,
    batch: { maxItems: config.batch.max_items },
    maxInFlight: config.in_flight.max,
    deliver: async (batch, signal) =>
      conceal(await deliver({ http, config, clock, memory, encode: write, signal }, batch)),
    close: async () => http.close(),
  };
}

function tlsOf({ verify_tls: verify, ca, cert, key }: WebhookConfig) {
  return {
    verify,
    ...(ca && { ca: ca.reveal() }),
    ...(cert && { cert: cert.reveal() }),
    ...(key && { key: key.reveal() }),
  };
}

/** Formats that take several deliveries in one request write each as one message. */
async function deliver(context: SendContext, batch: readonly Delivery[]): Promise<Outcome> {
  const encoded = batch.map(context.encode);
  const dead = encoded.map((each) => (isDead(each) ? each : undefined));
  const written = encoded.flatMap((each) => (isDead(each) ? [] : [each]));
  const [first] = written;
  if (first === undefined) return batchOutcome(dead, 0, undefined);
  const isOne = written.length === 1;
  const outcome = await (isOne ? sendRequests(context, first) : sendTogether(context, written.flat()));
  return ofBatch(dead, written.length, outcome);
}

function isDead(encoded: readonly Request[] | Dead): encoded is Dead {
  return 'kind' in encoded;
}

/**
 * Nobody knows which of several was refused: fewer at a time will tell.
 * @param dead one for each of the batch: why it never can be sent, undefined where it can
 * @param sent how many of them could
 */
function ofBatch(dead: readonly (ItemOutcome | undefined)[], sent: number, outcome: Outcome): Outcome {
  if (outcome.kind === 'partial') return outcome;
  if (outcome.kind === 'done') return batchOutcome(dead, sent, undefined);
  if (outcome.kind !== 'dead') return batchOutcome(dead, 0, outcome);
  if (sent === 1) return deadAlone(dead, outcome);
  return batchOutcome(dead, 0, {
    kind: 'retry',
    reason: `${outcome.reason}, one of ${sent} together`,
  });
}

function deadAlone(dead: readonly (ItemOutcome | undefined)[], outcome: ItemOutcome): Outcome {
  return dead.length === 1 ? outcome : { kind: 'partial', items: dead.map((each) => each ?? outcome) };
}

/** Whatever an answer might echo. */
function allSecretsOf(config: WebhookConfig): readonly Secret[] {
  const { url, routing_key: routingKey, headers } = config;
  const keys = routingKey === undefined ? [] : [routingKey];
  return [url, ...keys, ...Object.values(headers), ...secretsOf(config)];
}
