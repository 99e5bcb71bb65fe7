import type { Outcome } from '../../core/delivery.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type HttpResponse, isTransientStatus, parseJsonBody, parseRetryAfter } from '../../net/index.ts';
import { within } from './bounded.ts';
import type { Format } from './format-names.ts';
import { classifyTaken } from './taken.ts';

/** Statuses about the address or the key rather than about this message: a person must act. */
const HOLD: Readonly<Record<number, string>> = {
  401: 'did not accept our credentials (401): correct its secret or headers',
  404: 'does not know the path (404): correct its url',
  405: 'does not take POST there (405): correct its url',
  407: 'stands behind a proxy that wants credentials (407)',
};
/** Who says so wants no more requests: a look a day is enough, and a reload looks at once. */
const GONE: Outcome = {
  kind: 'hold',
  reason:
    'the receiver has disabled this webhook (410): enable it there and reload Tocsin, or remove it; until then it is tried once a day',
  probeAfterMs: 86_400_000,
};

/**
 * No hold: a firewall in front of the receiver may refuse one message for what an attacker wrote in
 * it, and the others must not wait for that one.
 */
const FORBIDDEN =
  'the receiver did not allow the request (403): correct its secret or headers, unless a firewall refuses this message only';

/** What an answer means. Its body goes along only where a person has to read it, for it may echo what we sent. */
export function classifyWebhook(response: HttpResponse, format: Format, nowMs: number): Outcome {
  const { status } = response;
  const afterMs = waitOf(response, format, nowMs);
  if (status >= 200 && status < 300) return classifyTaken(response, format, afterMs);
  if (format === 'pagerduty' && status === 400) return ofPagerDuty(response);
  if (status === 410) return GONE;
  const hold = HOLD[status];
  if (hold !== undefined) return { kind: 'hold', reason: `the receiver ${hold}` };
  if (status === 403) return retry(FORBIDDEN, afterMs);
  if (isTransientStatus(status)) return retry(`the receiver answered ${status}`, afterMs);
  if (status < 400) return redirected(status);
  return { kind: 'dead', reason: `the receiver refused this message (${status})`, answer: response.body };
}

/** Another address would be given our keys; a sign-in that stands before the receiver redirects, too. */
function redirected(status: number): Outcome {
  const why = status < 300 ? '' : ', and redirects are not followed';
  const reason = `the receiver answered ${status}${why}: correct its url, and see whether a sign-in stands before it`;
  return { kind: 'hold', reason };
}

function retry(reason: string, afterMs: number | undefined): Outcome {
  return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs };
}

/** Discord's header may lack the fraction that its body has; the longer one is safe. */
function waitOf(response: HttpResponse, format: Format, nowMs: number): number | undefined {
  const inHeader = parseRetryAfter(response.headers['retry-after'], nowMs);
  if (format !== 'discord') return inHeader;
  const seconds = objectIn(response)['retry_after'];
  const inBody = typeof seconds === 'number' ? parseRetryAfter(seconds.toFixed(3), nowMs) : undefined;
  return inBody === undefined ? inHeader : Math.max(inBody, inHeader ?? 0);
}

function ofPagerDuty(response: HttpResponse): Outcome {
  const said = faultsIn(objectIn(response));
  if (/routing.?key/i.test(said))
    return { kind: 'hold', reason: `PagerDuty does not accept the routing_key (400): correct it` };
  const reason = `PagerDuty refused this event (400)${said === '' ? '' : `: ${said}`}`;
  return said === '' ? { kind: 'dead', reason, answer: response.body } : { kind: 'dead', reason };
}

/** Only where the answer is PagerDuty's own: anybody else's may hold anything. */
function faultsIn({ status, message, errors }: JsonObject): string {
  if (status !== 'invalid event') return '';
  const texts = [message, ...(Array.isArray(errors) ? errors : [])];
  return within(texts.filter((text) => typeof text === 'string').join('; '), 300);
}

function objectIn(response: HttpResponse): JsonObject {
  const body = parseJsonBody(response);
  return isJsonObject(body) ? body : {};
}
