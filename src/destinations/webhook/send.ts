import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Delivery, DestinationMemory, ItemOutcome, Outcome } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { type HttpClient, outcomeOfError } from '../../net/index.ts';
import { halvesOf } from '../alert-slices.ts';
import { classifyWebhook } from './classify.ts';
import type { WebhookConfig } from './config.ts';
import { asBatch, type Dead, type Message, type Request } from './encode.ts';
import { hearingOf } from './hearing.ts';
import { signedHeaders, webhookId } from './sign.ts';

export interface SendContext {
  readonly http: HttpClient;
  readonly config: WebhookConfig;
  readonly clock: Clock;
  readonly memory: DestinationMemory | undefined;
  readonly encode: (delivery: Delivery) => readonly Request[] | Dead;
  readonly signal: AbortSignal;
}

/** What became of a request. */
interface Answered {
  readonly outcome: Outcome;
  /** The receiver says that it holds too much. */
  readonly isTooLarge: boolean;
}

const TOO_LARGE = 413;
/** Of one delivery's requests together, less than the lease under which it is sent. */
const DELIVERY_MS = 4 * 60_000;
const DONE: ItemOutcome = { kind: 'done' };

/**
 * The requests of one delivery, one after the other. Each that is accepted is written down where there are several, so
 * that the next attempt goes on behind it: a pager must not open anew what it has just closed.
 */
export async function sendRequests(context: SendContext, requests: readonly Request[]): Promise<Outcome> {
  const untilMs = context.clock.now() + DELIVERY_MS;
  return sendInTurn(context, requests, untilMs);
}

async function sendInTurn(
  context: SendContext,
  requests: readonly Request[],
  untilMs: number,
  isPart = requests.length > 1,
): Promise<Outcome> {
  let dead: Outcome | undefined;
  for (const request of requests) {
    if (isPart && (await wasSent(context, request))) continue;
    if (context.clock.now() > untilMs)
      return { kind: 'retry', reason: 'not all of its requests were sent in time' };
    const outcome = await sendOne(context, request, untilMs);
    if (outcome.kind === 'dead') dead ??= outcome;
    else if (outcome.kind !== 'done') return outcome;
    else if (isPart) await remember(context, request);
  }
  return dead ?? DONE;
}

/** A list that is too much for its receiver is told in halves. */
async function sendOne(context: SendContext, request: Request, untilMs: number): Promise<Outcome> {
  const { config, encode } = context;
  const message = config.batch.max_items === 1 ? request : asBatch([request]);
  const { outcome, isTooLarge } = await post(context, message, webhookId(request.id));
  const halves = isTooLarge && hearingOf(config) === 'list' ? halvesOf(request.delivery) : undefined;
  if (halves === undefined) return outcome;
  const requests = halves.map(encode);
  const dead = requests.find((each) => 'kind' in each);
  if (dead !== undefined && 'kind' in dead) return dead;
  return sendInTurn(
    context,
    requests.flatMap((each) => ('kind' in each ? [] : each)),
    untilMs,
    true,
  );
}

/** Several deliveries in one request. */
export async function sendTogether(context: SendContext, requests: readonly Request[]): Promise<Outcome> {
  const { outcome } = await post(context, asBatch(requests), batchId(requests.map(({ id }) => id)));
  return outcome;
}

/** An id of just these: which of them a later attempt holds, nobody knows, and each has its own inside. */
function batchId(ids: readonly string[]): string {
  return `batch-${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 32)}`;
}

/** Where nobody can tell, it is sent again: its id says so to the receiver. */
async function wasSent({ memory }: SendContext, { id }: Request): Promise<boolean> {
  const noted = await memory?.get(memoryKey(id)).catch(() => undefined);
  return noted !== undefined;
}

async function remember({ memory }: SendContext, { id }: Request): Promise<void> {
  await memory?.set(memoryKey(id), 'sent').catch(() => undefined);
}

function memoryKey(id: string): string {
  return `sent/${webhookId(id)}`;
}

async function post(context: SendContext, message: Message, id: string): Promise<Answered> {
  const { http, config, clock, signal } = context;
  const nowMs = clock.now();
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
    const outcome = classifyWebhook(response, config.format, nowMs);
    return { outcome, isTooLarge: response.status === TOO_LARGE };
  } catch (error) {
    return { outcome: outcomeOfError(error), isTooLarge: false };
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

export function secretsOf({ secret }: WebhookConfig): readonly Secret[] {
  if (secret === undefined) return [];
  return Array.isArray(secret) ? secret : [secret];
}
