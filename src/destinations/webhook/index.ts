import type { Delivery, Destination, Outcome } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { createHttpClient, type HttpClient, outcomeOfError, parseRetryAfter } from '../../net/index.ts';
import type { AdapterDeps, DestinationType } from '../../schema/adapter.ts';
import { classifyWebhook } from './classify.ts';
import { type WebhookConfig, webhookConfig } from './config.ts';
import { encodeWebhook } from './encode.ts';
import { signedHeaders, webhookId } from './sign.ts';

/** How much of an answer's body is read before its connection is given up. */
const MAX_RESPONSE_BYTES = 65_536;

/** Signed POSTs after the Standard Webhooks specification, one for each delivery. */
export const webhookDestination: DestinationType<WebhookConfig> = {
  type: 'webhook',
  config: webhookConfig,
  create: createWebhook,
};

function createWebhook(config: WebhookConfig, { clock }: AdapterDeps): Destination {
  const http = createHttpClient({
    timeoutMs: config.timeout,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    tls: { verify: config.verify_tls },
  });
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    redact: config.redact,
    batch: { maxItems: 1 },
    deliver: async ([delivery], signal) => {
      if (delivery === undefined) return { kind: 'done' };
      const encoded = encode(delivery);
      if (encoded.kind !== 'body') return encoded;
      return post(http, config, { id: delivery.id, body: encoded.body, nowMs: clock.now(), signal });
    },
    close: async () => http.close(),
  };
}

type Encoded = { readonly kind: 'body'; readonly body: string } | Outcome;

function encode(delivery: Delivery): Encoded {
  try {
    return { kind: 'body', body: JSON.stringify(encodeWebhook(delivery)) };
  } catch {
    return { kind: 'dead', reason: 'the message could not be written as JSON' };
  }
}

interface Attempt {
  readonly id: string;
  readonly body: string;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function post(
  http: HttpClient,
  config: WebhookConfig,
  { id, body, nowMs, signal }: Attempt,
): Promise<Outcome> {
  try {
    const response = await http.request({
      method: 'POST',
      url: config.url.reveal(),
      headers: { ...customHeaders(config), ...signedHeaders(secretsOf(config), webhookId(id), nowMs, body) },
      body,
      signal,
      ignoreBody: true,
    });
    return classifyWebhook(response.status, parseRetryAfter(response.headers['retry-after'], nowMs));
  } catch (error) {
    return outcomeOfError(error);
  }
}

function customHeaders(config: WebhookConfig): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'tocsin' };
  for (const [name, value] of Object.entries(config.headers)) headers[name.toLowerCase()] = value.reveal();
  return headers;
}

function secretsOf({ secret }: WebhookConfig): readonly Secret[] {
  if (secret === undefined) return [];
  return Array.isArray(secret) ? secret : [secret];
}
