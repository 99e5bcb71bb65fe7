import type { Clock } from '../../core/clock.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { HttpClient } from '../../net/index.ts';
import { type AckPoll, type AckResult, awaitAcks } from './ack.ts';
import type { AckLedger, SentRequest } from './ack-ledger.ts';
import type { Channels } from './channel.ts';
import { collectorUrl } from './collector.ts';
import type { SplunkHecConfig } from './config.ts';
import type { OneAtATime } from './lanes.ts';
import { type Progress, setAll } from './progress.ts';

/** What asking for acknowledgements needs; undefined where none are asked for. */
export interface Acknowledging {
  readonly channels: Channels;
  readonly ledger: AckLedger;
  /** Splunk says once of a request that it is indexed: of two batches that each hold a part of it, one would not hear. */
  readonly recalling: OneAtATime;
}

export interface AckContext {
  readonly config: SplunkHecConfig;
  readonly clock: Clock;
  readonly http: HttpClient;
}

/** Of one call, less than the lease of what is claimed for it: asking for what was sent before must leave time to send. */
const CALL_MS = 8 * 60_000;
const ASK_MS = 30_000;

/**
 * Before anything is sent: what was sent before a restart and is indexed is done, and is not indexed twice. What is not
 * acknowledged in its time is left to be sent again.
 */
export function recallSent(
  context: AckContext,
  { ledger, recalling }: Acknowledging,
  records: readonly Delivery[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  return recalling(() => recall(context, ledger, records, progress, signal));
}

async function recall(
  context: AckContext,
  ledger: AckLedger,
  records: readonly Delivery[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const knownOf = await ledger.read();
  for (const [at, { id }] of records.entries()) {
    const known = knownOf(id);
    if (known?.state === 'indexed') progress.outcomes.set(at, { kind: 'done' });
    if (known?.state !== 'waiting') continue;
    const others = progress.unacknowledged.get(known.request) ?? [];
    progress.unacknowledged.set(known.request, [...others, { at }]);
  }
  const poll = { timeoutMs: recallMs(context, [...progress.unacknowledged.keys()]), atOnce: true };
  await settleAcks(context, ledger, progress, poll, signal);
  progress.unacknowledged.clear();
}

/** Until the newest has had its time. */
function recallMs({ config, clock }: AckContext, requests: readonly SentRequest[]): number {
  const newestMs = Math.max(0, ...requests.map(({ sentMs }) => sentMs));
  const leftMs = newestMs + config.ack_timeout - clock.now();
  const spareMs = CALL_MS - config.timeout - config.ack_timeout;
  return Math.max(0, Math.min(leftMs, config.ack_timeout, spareMs));
}

/** After everything is sent. */
export async function awaitSent(
  context: AckContext,
  { ledger }: Acknowledging,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const poll = { timeoutMs: context.config.ack_timeout, atOnce: false };
  const proved = await settleAcks(context, ledger, progress, poll, signal);
  if (!proved) progress.stopped ??= { kind: 'retry', reason: NOT_INDEXED };
}

const NOT_INDEXED = 'Splunk received the events and did not acknowledge in time that they are indexed';

/** @returns whether everything that waited is indexed */
async function settleAcks(
  context: AckContext,
  ledger: AckLedger,
  progress: Progress,
  { timeoutMs, atOnce }: Pick<AckPoll, 'timeoutMs' | 'atOnce'>,
  signal: AbortSignal,
): Promise<boolean> {
  const waiting = [...progress.unacknowledged];
  if (waiting.length === 0) return true;
  const { clock } = context;
  const ask = (requests: readonly SentRequest[]) => askForAcks(context, requests, signal);
  const requests = waiting.map(([request]) => request);
  const result = await awaitAcks({ clock, timeoutMs, atOnce, signal, ask }, requests);
  for (const [request, items] of waiting) {
    if (!result.indexed.has(request)) continue;
    setAll(progress, items, { kind: 'done' });
    await ledger.indexed(request);
  }
  await giveUp(ledger, requests, result, progress, signal);
  return result.indexed.size === requests.length;
}

/** Only once their time is over: whoever was stopped, or held, asks again next time. */
async function giveUp(
  ledger: AckLedger,
  requests: readonly SentRequest[],
  { indexed, hold }: AckResult,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (hold !== undefined) progress.stopped = { kind: 'hold', reason: hold };
  else if (signal.aborted) progress.stopped ??= { kind: 'retry', reason: STOPPED };
  else for (const request of requests) if (!indexed.has(request)) await ledger.forget(request);
}

const STOPPED = 'Tocsin was stopped before Splunk acknowledged that the events are indexed; it asks again';

function askForAcks({ config, http }: AckContext, requests: readonly SentRequest[], signal: AbortSignal) {
  const [first] = requests;
  const channel = first?.channel.id ?? '';
  const cookie = first?.cookie ?? '';
  return http.request({
    method: 'POST',
    url: `${collectorUrl(config.url, 'ack')}?channel=${encodeURIComponent(channel)}`,
    headers: {
      authorization: `Splunk ${config.token.reveal()}`,
      'content-type': 'application/json',
      'x-splunk-request-channel': channel,
      ...(cookie === '' ? {} : { cookie }),
    },
    body: JSON.stringify({ acks: requests.map(({ ackId }) => ackId) }),
    signal,
    timeoutMs: Math.min(config.timeout, ASK_MS),
  });
}
