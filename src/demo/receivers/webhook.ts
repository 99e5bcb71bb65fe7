import { isJsonObject, type Json } from '../../core/json.ts';
import { keep, type Receiver, type ReceiverOptions, type Reply, startReceiver } from './server.ts';
import { signatureFault } from './standard-webhooks.ts';

export interface WebhookReceiverOptions extends ReceiverOptions {
  /** `whsec_…`; any of them verifies. Without one, signatures are not asked for. */
  readonly secrets?: readonly string[];
  /** Told of every webhook taken, a repeated one too. */
  readonly onWebhook?: (webhook: ReceivedWebhook) => void;
}

export interface ReceivedWebhook {
  /** `webhook-id`, or '' where the sender gives none. */
  readonly id: string;
  /** The body's `type`, or ''. */
  readonly type: string;
  readonly payload: Json;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether this id was taken before. */
  readonly duplicate: boolean;
  readonly receivedAtMs: number;
}

export interface WebhookReceiver extends Receiver {
  readonly url: string;
  /** The first of each id. */
  readonly webhooks: readonly ReceivedWebhook[];
  /** `webhook-id` → how often it was taken. */
  readonly counts: ReadonlyMap<string, number>;
}

const PATH = '/hooks/tocsin';

/** A stand-in for somebody's webhook endpoint: verifies Standard Webhooks signatures, takes each id once. */
export async function startWebhookReceiver(options: WebhookReceiverOptions = {}): Promise<WebhookReceiver> {
  const webhooks: ReceivedWebhook[] = [];
  const counts = new Map<string, number>();
  const { secrets = [] } = options;
  const receiver = await startReceiver(options, ({ method, path, headers, body, receivedAtMs }) => {
    if (path !== PATH) return answer(404, { error: 'not found' });
    if (method !== 'POST') return answer(405, { error: 'method not allowed' });
    const fault = secrets.length > 0 ? signatureFault(headers, body, secrets, receivedAtMs) : undefined;
    if (fault !== undefined) return answer(401, { error: fault });
    const payload = parse(body.toString('utf8'));
    if (payload === undefined) return answer(400, { error: 'the body is not JSON' });
    const id = headers['webhook-id'] ?? headers['ce-id'] ?? '';
    const seen = id === '' ? 0 : (counts.get(id) ?? 0);
    if (id !== '') counts.set(id, seen + 1);
    const webhook = { id, type: typeOf(payload), payload, headers, duplicate: seen > 0, receivedAtMs };
    if (!webhook.duplicate) keep(webhooks, webhook);
    options.onWebhook?.(webhook);
    return answer(200, { received: true });
  });
  return { ...receiver, url: receiver.origin + PATH, webhooks, counts };
}

function answer(status: number, body: Json): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function parse(body: string): Json | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function typeOf(payload: Json): string {
  const type = isJsonObject(payload) ? payload['type'] : undefined;
  return typeof type === 'string' ? type : '';
}
