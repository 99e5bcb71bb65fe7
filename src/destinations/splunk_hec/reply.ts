import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isTransientStatus, parseJsonBody } from '../../net/index.ts';

/** What the collector's answer means for the request's events. */
export type HecVerdict =
  | {
      readonly kind: 'accepted';
      readonly ackId?: number;
      /** It takes less from now on. */
      readonly nearCapacity?: { readonly afterMs?: number };
    }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Not an answer of a collector: nobody knows whether the events arrived. */
  | { readonly kind: 'unclear'; readonly reason: string; readonly answer: string }
  /** A person must act. */
  | {
      readonly kind: 'hold';
      readonly reason: string;
      /** Because of this event, of several; nobody knows whether those before it are indexed. */
      readonly at?: number;
    }
  /** The events before `at` are indexed, that one never will be, those after it were not looked at. */
  | { readonly kind: 'rejected'; readonly at: number; readonly reason: string }
  /** Too large, or wrong in a place that is not named: smaller requests will tell. */
  | { readonly kind: 'split'; readonly reason: string };

/** Splunk's codes, in words of ours: its own text is from the wire. */
const ACCEPTED: ReadonlySet<number> = new Set([0, 24, 25]);
const NEAR_CAPACITY: ReadonlySet<number> = new Set([24, 25]);
const HOLD: ReadonlyMap<number, string> = new Map([
  [1, 'the token is disabled: enable it in Splunk'],
  [2, 'no token arrived: a proxy may remove it'],
  [3, 'the token is malformed: correct it'],
  [4, 'the token is unknown: correct it'],
  [7, 'the token may not write to the index: correct the index, or allow it for the token'],
  [10, 'the token wants acknowledgement: set acknowledge: true'],
  [11, 'the channel is not accepted: let every proxy pass the header X-Splunk-Request-Channel through'],
  [14, 'the token has no indexer acknowledgement: enable it, or set acknowledge: false'],
  [16, 'the query string is not accepted: allow it where a proxy adds one to the url'],
]);
const REJECTED: ReadonlyMap<number, string> = new Map([
  [5, 'no data'],
  [6, 'invalid data format'],
  [12, 'the event field is missing'],
  [13, 'the event field is blank'],
  [15, 'an indexed field is wrong'],
]);
const BUSY: ReadonlySet<number> = new Set([8, 9, 18, 19, 20, 23, 26, 27]);

export interface HecReply {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs?: number | undefined;
}

/** @param count how many events the request held */
export function classifyHec(reply: HecReply, count: number): HecVerdict {
  const parsed = parseJsonBody(reply);
  const json = isJsonObject(parsed) ? parsed : {};
  const code = numberOf(json, 'code');
  const isOk = reply.status >= 200 && reply.status < 300;
  if (isOk && code !== undefined && ACCEPTED.has(code)) return accepted(code, json, reply.retryAfterMs);
  if (reply.status === 413)
    return { kind: 'split', reason: 'Splunk will not take an event this large (413)' };
  if (code !== undefined) {
    const hold = HOLD.get(code);
    if (hold !== undefined)
      return {
        kind: 'hold',
        reason: `Splunk refuses (code ${code}): ${hold}`,
        ...refusedIndex(code, json, count),
      };
    if (BUSY.has(code)) return retry(`Splunk is busy (${reply.status}, code ${code})`, reply.retryAfterMs);
    const why = REJECTED.get(code);
    if (why !== undefined) return rejected(`Splunk rejected the event (code ${code}): ${why}`, json, count);
  }
  return isOk ? notSplunk(reply) : classifyStatus(reply);
}

function accepted(code: number, json: JsonObject, retryAfterMs: number | undefined): HecVerdict {
  const ackId = numberOf(json, 'ackId');
  const isId = ackId !== undefined && Number.isSafeInteger(ackId) && ackId >= 0;
  const nearCapacity = retryAfterMs === undefined ? {} : { afterMs: retryAfterMs };
  return {
    kind: 'accepted',
    ...(isId ? { ackId } : {}),
    ...(NEAR_CAPACITY.has(code) ? { nearCapacity } : {}),
  };
}

const WRONG_INDEX = 7;

/** Splunk names the event after the one whose index it refuses. */
function refusedIndex(code: number, json: JsonObject, count: number): { at?: number } {
  const next = numberOf(json, 'invalid-event-number') ?? 0;
  const isNamed = code === WRONG_INDEX && Number.isInteger(next) && next >= 2 && next <= count;
  return isNamed ? { at: next - 1 } : {};
}

function rejected(reason: string, json: JsonObject, count: number): HecVerdict {
  const at = numberOf(json, 'invalid-event-number');
  if (at === undefined || !Number.isInteger(at) || at < 0 || at >= count) return { kind: 'split', reason };
  return { kind: 'rejected', at, reason };
}

function notSplunk({ status, body }: HecReply): HecVerdict {
  const reason = `Splunk answered ${status} without its word of success, so nobody knows whether it took the events: see whether its url is right`;
  return { kind: 'unclear', reason, answer: body };
}

/** An answer without a code we know: often not Splunk's. */
function classifyStatus({ status, retryAfterMs }: HecReply): HecVerdict {
  if (isTransientStatus(status)) return retry(`Splunk answered ${status}`, retryAfterMs);
  // Splunk says 403 with a code; without one it may be a firewall that refuses what an attacker wrote.
  if (status === 403) return retry('something before Splunk answered 403: let it allow Tocsin through');
  if (status === 401) return hold(status, 'correct the token');
  if (status >= 300 && status < 400) return hold(status, 'redirects are not followed: correct the url');
  return hold(status, 'correct the url: the HTTP Event Collector does not answer so');
}

function hold(status: number, remedy: string): HecVerdict {
  return { kind: 'hold', reason: `Splunk answered ${status}: ${remedy}` };
}

function retry(reason: string, afterMs?: number): HecVerdict {
  return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs };
}

function numberOf(json: JsonObject, key: string): number | undefined {
  const value = json[key];
  return typeof value === 'number' ? value : undefined;
}
