import { createHash } from 'node:crypto';
import type { Delivery, Destination, ItemOutcome, Outcome } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { createHttpClient, type HttpClient, outcomeOfError } from '../../net/index.ts';
import type { DestinationDeps, DestinationType } from '../../schema/adapter.ts';
import { batchOutcome } from '../batch-outcome.ts';
import { createConceal } from '../conceal.ts';
import { classifyWebhook } from './classify.ts';
import { type WebhookConfig, webhookConfig } from './config.ts';
import { asBatch, encode, type Message } from './encode.ts';
import { signedHeaders, webhookId } from './sign.ts';

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

function createWebhook(config: WebhookConfig, { clock, onTemplateFailed }: DestinationDeps): Destination {
  const http = createHttpClient({
    timeoutMs: config.timeout,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    tls: tlsOf(config),
  });
  const maxItems = config.batch.max_items;
  const conceal = createConceal(allSecretsOf(config));
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    redact: config.redact,
    batch: { maxItems },
    maxInFlight: config.in_flight.max,
    deliver: async (batch, signal) => {
      const parts = split(batch, (delivery) => encode(delivery, config, onTemplateFailed));
      if (parts.messages.length === 0) return batchOutcome(parts.dead, 0, undefined);
      const message = maxItems === 1 ? parts.messages[0] : asBatch(parts.messages);
      if (message === undefined) return { kind: 'done' };
      const outcome = await post(http, config, { message, id: idOf(parts.ids), nowMs: clock.now(), signal });
      return ofBatch(parts, conceal(outcome));
    },
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

interface Parts {
  readonly messages: readonly Message[];
  /** Of those that have a message. */
  readonly ids: readonly string[];
  /** One for each of the batch: why it never can be sent, undefined where it can. */
  readonly dead: readonly (ItemOutcome | undefined)[];
}

function split(batch: readonly Delivery[], write: (delivery: Delivery) => ReturnType<typeof encode>): Parts {
  const written = batch.map((delivery) => ({ id: delivery.id, encoded: write(delivery) }));
  const messages = written.flatMap(({ encoded }) => ('body' in encoded ? [encoded] : []));
  const ids = written.flatMap(({ id, encoded }) => ('body' in encoded ? [id] : []));
  return { messages, ids, dead: written.map(({ encoded }) => ('body' in encoded ? undefined : encoded)) };
}

/** Of several, an id of just these: which of them a later attempt holds, nobody knows, and each has its own inside. */
function idOf(ids: readonly string[]): string {
  const [only = '', ...others] = ids;
  if (others.length === 0) return webhookId(only);
  return `batch-${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 32)}`;
}

/** Nobody knows which of several was refused: fewer at a time will tell. */
function ofBatch({ dead, messages }: Parts, outcome: Outcome): Outcome {
  if (outcome.kind === 'partial') return outcome;
  if (outcome.kind === 'done') return batchOutcome(dead, messages.length, undefined);
  if (outcome.kind !== 'dead') return batchOutcome(dead, 0, outcome);
  if (messages.length === 1) return deadAlone(dead, outcome);
  return batchOutcome(dead, 0, {
    kind: 'retry',
    reason: `${outcome.reason}, one of ${messages.length} together`,
  });
}

function deadAlone(dead: Parts['dead'], outcome: ItemOutcome): Outcome {
  return dead.length === 1 ? outcome : { kind: 'partial', items: dead.map((each) => each ?? outcome) };
}

interface Attempt {
  readonly id: string;
  readonly message: Message;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function post(http: HttpClient, config: WebhookConfig, attempt: Attempt): Promise<Outcome> {
  const { id, message, nowMs, signal } = attempt;
  try {
    const response = await http.request({
      method: 'POST',
      url: addressOf(config),
      headers: {
        ...headersOf(config, message),
        ...signedHeaders(secretsOf(config), id, nowMs, message.body),
      },
      body: message.body,
      signal,
      takeWhatComes: true,
    });
    return classifyWebhook(response, config.format, nowMs);
  } catch (error) {
    return outcomeOfError(error);
  }
}

/** Discord answers at once, before it has posted, unless it is told to wait. */
function addressOf({ url, format }: WebhookConfig): string {
  const parsed = format === 'discord' ? URL.parse(url.reveal()) : null;
  if (parsed === null) return url.reveal();
  parsed.searchParams.set('wait', 'true');
  return parsed.href;
}

function headersOf(config: WebhookConfig, { contentType, headers }: Message): Record<string, string> {
  const all: Record<string, string> = { 'content-type': contentType, 'user-agent': 'tocsin' };
  for (const [name, value] of Object.entries(config.headers)) all[name.toLowerCase()] = value.reveal();
  return { ...all, ...headers };
}

function secretsOf({ secret }: WebhookConfig): readonly Secret[] {
  if (secret === undefined) return [];
  return Array.isArray(secret) ? secret : [secret];
}

/** Whatever an answer might echo. */
function allSecretsOf(config: WebhookConfig): readonly Secret[] {
  const { url, routing_key: routingKey, headers } = config;
  const keys = routingKey === undefined ? [] : [routingKey];
  return [url, ...keys, ...Object.values(headers), ...secretsOf(config)];
}
