import type { Clock } from '../../core/clock.ts';
import { isJsonObject } from '../../core/json.ts';
import { type HttpResponse, parseJsonBody } from '../../net/index.ts';
import type { SentRequest } from './ack-ledger.ts';
import { classifyHec } from './reply.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export interface AckPoll {
  readonly clock: Clock;
  /** For how long. It is asked once at least. */
  readonly timeoutMs: number;
  /** True where the requests are old: then the first question is not put off. */
  readonly atOnce: boolean;
  readonly signal: AbortSignal;
  /** Asks once, of requests on one channel. Throws where no answer came. */
  ask(requests: readonly SentRequest[]): Promise<HttpResponse>;
}

export interface AckResult {
  /** Of the requests asked for, those whose events are indexed. */
  readonly indexed: ReadonlySet<SentRequest>;
  /** Why asking on is of no use, where a person must act. */
  readonly hold?: string;
}

/**
 * Asks until every request is indexed, the time is over, or the caller stops. Splunk says true once
 * for each id. An answer that is an error proves nothing, neither way.
 */
export async function awaitAcks(poll: AckPoll, requests: readonly SentRequest[]): Promise<AckResult> {
  const { clock, signal, timeoutMs } = poll;
  const indexed = new Set<SentRequest>();
  // Summed up, for a wall clock may go back.
  let elapsedMs = 0;
  for (let waitMs = poll.atOnce ? 0 : FIRST_WAIT_MS; ; waitMs = nextWait(waitMs)) {
    const startMs = clock.now();
    const sleepMs = Math.max(0, Math.min(waitMs, timeoutMs - elapsedMs));
    if (sleepMs > 0) await clock.sleep(sleepMs, signal);
    const pending = requests.filter((each) => !indexed.has(each) && each.channel.trusted);
    if (pending.length === 0 || signal.aborted) return { indexed };
    const answers = await askAll(poll, pending);
    for (const request of answers.indexed) indexed.add(request);
    if (answers.hold !== undefined) return { indexed, hold: answers.hold };
    elapsedMs += Math.max(sleepMs, clock.now() - startMs);
    if (indexed.size === requests.length || elapsedMs >= timeoutMs) return { indexed };
  }
}

function nextWait(waitMs: number): number {
  return Math.min(Math.max(FIRST_WAIT_MS, waitMs * 2), LONGEST_WAIT_MS);
}

async function askAll(poll: AckPoll, pending: readonly SentRequest[]): Promise<AckResult> {
  const indexed = new Set<SentRequest>();
  for (const requests of Map.groupBy(pending, ({ channel, cookie }) => `${channel.id} ${cookie}`).values()) {
    const answer = await askOnce(poll, requests);
    for (const request of answer.indexed) indexed.add(request);
    if (answer.hold !== undefined) return { indexed, hold: answer.hold };
  }
  return { indexed };
}

async function askOnce(poll: AckPoll, requests: readonly SentRequest[]): Promise<AckResult> {
  try {
    return readAcks(await poll.ask(requests), requests);
  } catch {
    return { indexed: new Set() };
  }
}

function readAcks(response: HttpResponse, requests: readonly SentRequest[]): AckResult {
  const body = parseJsonBody(response);
  const acks = isJsonObject(body) ? body['acks'] : undefined;
  if (response.status === 200 && isJsonObject(acks)) {
    return { indexed: new Set(requests.filter(({ ackId }) => acks[String(ackId)] === true)) };
  }
  const verdict = classifyHec(response, 0);
  return verdict.kind === 'hold' ? { indexed: new Set(), hold: verdict.reason } : { indexed: new Set() };
}
