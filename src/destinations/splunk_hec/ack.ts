import type { Clock } from '../../core/clock.ts';
import { isJsonObject } from '../../core/json.ts';
import { type HttpResponse, parseJsonBody } from '../../net/index.ts';
import { classifyHec } from './reply.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export interface AckPoll {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asks once. Throws where no answer came. */
  ask(ackIds: readonly number[]): Promise<HttpResponse>;
}

export interface AckResult {
  /** Of the ids asked for, those whose events are indexed. */
  readonly indexed: ReadonlySet<number>;
  /** Why asking on is of no use, where a person must act. */
  readonly hold?: string;
}

/**
 * Asks until every request is indexed, the time is over, or the caller stops. Splunk says true once
 * for each id. An answer that is an error proves nothing, neither way.
 */
export async function awaitAcks(poll: AckPoll, ackIds: readonly number[]): Promise<AckResult> {
  const indexed = new Set<number>();
  const endMs = poll.clock.now() + poll.timeoutMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const pending = ackIds.filter((id) => !indexed.has(id));
    const leftMs = endMs - poll.clock.now();
    if (pending.length === 0 || leftMs <= 0 || poll.signal.aborted) return { indexed };
    await poll.clock.sleep(Math.min(waitMs, leftMs), poll.signal);
    const answer = await askOnce(poll, pending);
    for (const id of answer.indexed) indexed.add(id);
    if (answer.hold !== undefined) return { indexed, hold: answer.hold };
  }
}

async function askOnce(poll: AckPoll, pending: readonly number[]): Promise<AckResult> {
  try {
    return readAcks(await poll.ask(pending), pending);
  } catch {
    return { indexed: new Set() };
  }
}

function readAcks(response: HttpResponse, pending: readonly number[]): AckResult {
  const body = parseJsonBody(response);
  const acks = isJsonObject(body) ? body['acks'] : undefined;
  if (response.status === 200 && isJsonObject(acks))
    return { indexed: new Set(pending.filter((id) => acks[String(id)] === true)) };
  const verdict = classifyHec(response, 0);
  return verdict.kind === 'hold' ? { indexed: new Set(), hold: verdict.reason } : { indexed: new Set() };
}
