import type { Clock } from '../../core/clock.ts';
import type { Delivery, ItemOutcome, Outcome } from '../../core/delivery.ts';
import {
  type Deadline,
  type HttpClient,
  outcomeOfError,
  parseRetryAfter,
  startDeadline,
} from '../../net/index.ts';
import { awaitAcks } from './ack.ts';
import { combine, cutBatch, type Encoded, halves } from './batch.ts';
import type { CookieJar } from './channel.ts';
import { type Collector, collectorUrl } from './collector.ts';
import type { SplunkHecConfig } from './config.ts';
import { encodeHec } from './encode.ts';
import { classifyHec, type HecVerdict } from './reply.ts';

export interface HecContext {
  readonly config: SplunkHecConfig;
  readonly clock: Clock;
  /** Where acknowledgements are counted; undefined where none are asked for. */
  readonly channel: string | undefined;
  readonly cookies: CookieJar;
  readonly collector: Collector;
  readonly http: HttpClient;
}

/** What is known of a batch while it is sent. */
interface Progress {
  /** By place in the batch. What is missing at the end was not tried. */
  readonly outcomes: Map<number, ItemOutcome>;
  /** Accepted, not yet known to be indexed. */
  readonly unacknowledged: Map<number, readonly Encoded[]>;
  /** Set where sending on is of no use. */
  stopped?: Extract<Outcome, { kind: 'retry' | 'hold' }>;
}

/** encode → cut → send → await acknowledgements → one outcome for each item. */
export async function deliverBatch(
  context: HecContext,
  batch: readonly Delivery[],
  signal: AbortSignal,
): Promise<Outcome> {
  const progress: Progress = { outcomes: new Map(), unacknowledged: new Map() };
  const encoded = encodeAll(batch, context.config, progress);
  await sendAll(context, cutBatch(encoded, context.config.batch.max_bytes), progress, signal);
  await settleAcks(context, progress, signal);
  return outcomeOf(batch, progress);
}

function encodeAll(batch: readonly Delivery[], config: SplunkHecConfig, { outcomes }: Progress): Encoded[] {
  return batch.flatMap((delivery, at) => {
    try {
      const envelope = encodeHec(delivery, config);
      return [{ at, envelope, bytes: bytesOf(envelope) }];
    } catch {
      outcomes.set(at, { kind: 'dead', reason: 'the event could not be written as JSON' });
      return [];
    }
  });
}

/** As splunk-logging writes it, give or take the keys of the envelope. */
function bytesOf({ message, metadata }: Encoded['envelope']): number {
  return Buffer.byteLength(JSON.stringify(message)) + Buffer.byteLength(JSON.stringify(metadata)) + 16;
}

async function sendAll(
  context: HecContext,
  requests: Encoded[][],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const deadline = startDeadline(context.config.timeout, signal);
  try {
    for (let next = requests.shift(); next !== undefined && !progress.stopped; next = requests.shift()) {
      const verdict = await send(context, next, deadline);
      requests.unshift(...note(progress, next, verdict, context.channel !== undefined));
    }
  } finally {
    deadline.dispose();
  }
}

async function send(context: HecContext, items: readonly Encoded[], deadline: Deadline): Promise<HecVerdict> {
  const { collector, channel, cookies, clock } = context;
  const headers = channel === undefined ? {} : { 'x-splunk-request-channel': channel };
  try {
    const envelopes = items.map((item) => item.envelope);
    const answer = await collector.post(envelopes, { ...headers, ...cookies.headers() }, deadline);
    cookies.keep(answer.setCookies);
    const retryAfterMs = parseRetryAfter(answer.retryAfter, clock.now());
    return classifyHec({ status: answer.status, body: answer.body, retryAfterMs }, items.length);
  } catch (error) {
    const outcome = outcomeOfError(error);
    return { kind: 'retry', reason: outcome.kind === 'done' ? '' : outcome.reason };
  }
}

/** Records what a verdict says about its items; gives the requests to send in their stead. */
function note(
  progress: Progress,
  items: readonly Encoded[],
  verdict: HecVerdict,
  acknowledge: boolean,
): Encoded[][] {
  switch (verdict.kind) {
    case 'accepted':
      accept(progress, items, verdict.ackId, acknowledge);
      return [];
    case 'rejected':
      setAll(progress, items.slice(0, verdict.at), { kind: 'done' });
      setAll(progress, items.slice(verdict.at, verdict.at + 1), { kind: 'dead', reason: verdict.reason });
      setAll(progress, items.slice(verdict.at + 1), AFTER_A_REJECTED_ONE);
      return [];
    case 'split':
      if (items.length > 1) return halves(items);
      setAll(progress, items, { kind: 'dead', reason: verdict.reason });
      return [];
    default:
      progress.stopped = verdict;
      return [];
  }
}

const AFTER_A_REJECTED_ONE: ItemOutcome = {
  kind: 'retry',
  reason: 'Splunk rejected an event before this one in the same request',
  afterMs: 0,
};

function accept(
  progress: Progress,
  items: readonly Encoded[],
  ackId: number | undefined,
  acknowledge: boolean,
): void {
  if (!acknowledge) setAll(progress, items, { kind: 'done' });
  else if (ackId !== undefined) progress.unacknowledged.set(ackId, items);
  else {
    const reason = 'Splunk gives no acknowledgements for this token: enable them, or set acknowledge: false';
    progress.stopped = { kind: 'hold', reason };
  }
}

async function settleAcks(context: HecContext, progress: Progress, signal: AbortSignal): Promise<void> {
  const { unacknowledged } = progress;
  if (unacknowledged.size === 0) return;
  const ask = (acks: readonly number[]) => askForAcks(context, acks, signal);
  const poll = { clock: context.clock, timeoutMs: context.config.ack_timeout, signal, ask };
  const { indexed, hold } = await awaitAcks(poll, [...unacknowledged.keys()]);
  for (const id of indexed) setAll(progress, unacknowledged.get(id) ?? [], { kind: 'done' });
  if (hold !== undefined) progress.stopped = { kind: 'hold', reason: hold };
  else if (indexed.size < unacknowledged.size) progress.stopped ??= { kind: 'retry', reason: NOT_INDEXED };
}

const NOT_INDEXED = 'Splunk received the events and did not acknowledge in time that they are indexed';

function askForAcks(
  { config, channel, cookies, http }: HecContext,
  acks: readonly number[],
  signal: AbortSignal,
) {
  const channelId = channel ?? '';
  return http.request({
    method: 'POST',
    url: `${collectorUrl(config.url, 'ack')}?channel=${channelId}`,
    headers: {
      authorization: `Splunk ${config.token.reveal()}`,
      'content-type': 'application/json',
      'x-splunk-request-channel': channelId,
      ...cookies.headers(),
    },
    body: JSON.stringify({ acks }),
    signal,
    timeoutMs: Math.min(config.timeout, config.ack_timeout),
  });
}

function setAll({ outcomes }: Progress, items: readonly Encoded[], outcome: ItemOutcome): void {
  for (const item of items) outcomes.set(item.at, outcome);
}

/** A hold stands for the whole batch only while nothing in it is settled. */
function outcomeOf(batch: readonly Delivery[], { outcomes, stopped }: Progress): Outcome {
  if (stopped?.kind === 'hold' && outcomes.size === 0) return stopped;
  const rest: ItemOutcome =
    stopped?.kind === 'retry' ? stopped : { kind: 'retry', reason: stopped?.reason ?? 'it was not sent' };
  return combine(batch.map((_, at) => outcomes.get(at) ?? rest));
}
