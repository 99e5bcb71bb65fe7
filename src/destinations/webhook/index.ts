import type { Delivery, Destination, Outcome } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { createHttpClient, type HttpClient, outcomeOfError, parseRetryAfter } from '../../net/index.ts';
import type { DestinationDeps, DestinationType } from '../../schema/adapter.ts';
import { TemplateError } from '../template.ts';
import { templateContext } from '../template-context.ts';
import { type TocsinBody, tocsinBody } from '../tocsin-body.ts';
import { classifyWebhook } from './classify.ts';
import { type WebhookConfig, webhookConfig } from './config.ts';
import { signedHeaders, webhookId } from './sign.ts';

/** How much of an answer's body is read before its connection is given up. */
const MAX_RESPONSE_BYTES = 65_536;

/** Signed POSTs after the Standard Webhooks specification, one for each delivery. */
export const webhookDestination: DestinationType<WebhookConfig> = {
  type: 'webhook',
  config: webhookConfig,
  create: createWebhook,
};

function createWebhook(config: WebhookConfig, { clock, onTemplateFailed }: DestinationDeps): Destination {
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
      const encoded = encode(delivery, config.template, onTemplateFailed);
      if (encoded.kind !== 'body') return encoded;
      return post(http, config, { ...encoded, id: delivery.id, nowMs: clock.now(), signal });
    },
    close: async () => http.close(),
  };
}

interface Body {
  readonly kind: 'body';
  readonly body: string;
  readonly contentType: string;
}

/** Where a template fails, the native body says so: a message in another shape is better than none. */
function encode(
  delivery: Delivery,
  template: WebhookConfig['template'],
  onTemplateFailed: DestinationDeps['onTemplateFailed'],
): Body | Outcome {
  try {
    if (template === undefined) return nativeBody(tocsinBody(delivery));
    const { contentType } = template;
    return { kind: 'body', body: template.body.render(templateContext(delivery)), contentType };
  } catch (error) {
    if (!(error instanceof TemplateError)) return UNWRITABLE;
    onTemplateFailed?.(error.message);
    return nativeBody({ ...tocsinBody(delivery), template_failure: error.message });
  }
}

function nativeBody(body: TocsinBody): Body | Outcome {
  try {
    return { kind: 'body', body: JSON.stringify(body), contentType: 'application/json' };
  } catch {
    return UNWRITABLE;
  }
}

const UNWRITABLE: Outcome = { kind: 'dead', reason: 'the message could not be written as JSON' };

interface Attempt {
  readonly id: string;
  readonly body: string;
  readonly contentType: string;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function post(
  http: HttpClient,
  config: WebhookConfig,
  { id, body, contentType, nowMs, signal }: Attempt,
): Promise<Outcome> {
  try {
    const response = await http.request({
      method: 'POST',
      url: config.url.reveal(),
      headers: {
        ...customHeaders(config, contentType),
        ...signedHeaders(secretsOf(config), webhookId(id), nowMs, body),
      },
      body,
      signal,
      ignoreBody: true,
    });
    return classifyWebhook(response.status, parseRetryAfter(response.headers['retry-after'], nowMs));
  } catch (error) {
    return outcomeOfError(error);
  }
}

function customHeaders(config: WebhookConfig, contentType: string): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': contentType, 'user-agent': 'tocsin' };
  for (const [name, value] of Object.entries(config.headers)) headers[name.toLowerCase()] = value.reveal();
  return headers;
}

function secretsOf({ secret }: WebhookConfig): readonly Secret[] {
  if (secret === undefined) return [];
  return Array.isArray(secret) ? secret : [secret];
}
