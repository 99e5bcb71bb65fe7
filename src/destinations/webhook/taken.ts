import type { Outcome } from '../../core/delivery.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type HttpResponse, isTransientStatus, parseJsonBody } from '../../net/index.ts';
import { isPage, type Saying, sayingOf } from '../saying.ts';
import type { Format } from './format-names.ts';

/**
 * What a 2xx means. PagerDuty, Teams and Discord have answers of their own, and some of them say inside a 200 that
 * nothing was posted. For the other formats a 2xx is the whole answer, as Standard Webhooks have it, unless it is a
 * web page: no receiver answers with one, and what stands before receivers does.
 *
 * @param afterMs how long it asks to be left alone
 */
export function classifyTaken(response: HttpResponse, format: Format, afterMs: number | undefined): Outcome {
  switch (format) {
    case 'pagerduty':
      return ofPagerDuty(response);
    case 'teams':
      return ofTeams(response);
    case 'discord':
      return ofDiscord(response, afterMs);
    default:
      return isPage(saidBy(response)) ? unclear(response, 'the receiver', 'page') : DONE;
  }
}

const DONE: Outcome = { kind: 'done' };

/** 202 is its word; whatever else is like it says so in the body. */
function ofPagerDuty(response: HttpResponse): Outcome {
  const { status, cut } = response;
  const saying = sayingOf(saidBy(response));
  const isRefusal = saying === 'page' || saying === 'no' || objectIn(response)['status'] === 'invalid event';
  if (status === 202 && !isRefusal) return DONE;
  if (saying === 'yes' && !cut) return DONE;
  const who = status === 202 ? 'PagerDuty' : 'PagerDuty answers 202, and its address';
  return unclear(response, who, saying);
}

/** What the classic connector says inside a 200 of what Teams answered to it. */
const UNDELIVERED = /Webhook message delivery failed/i;
const STATUS_INSIDE = /HTTP error (\d{3})/i;
const UNREACHED = /Error contacting Microsoft Teams endpoint/i;

/** A workflow answers 202 and nothing, or what its author chose; the classic connector 200 and `1`. */
function ofTeams(response: HttpResponse): Outcome {
  const { body, cut } = response;
  if (UNDELIVERED.test(body)) return ofUndelivered(response);
  const saying = sayingOf(saidBy(response));
  if (cut) return unclear(response, 'Teams', saying);
  const isTaken = response.status === 202 && saying === 'something';
  if (isTaken || saying === 'nothing' || saying === 'yes' || body.trim() === '1') return DONE;
  return unclear(response, 'Teams', saying);
}

/**
 * Too many, or out of order: later. A 413 is about this message. What else it refuses may be this card or a channel
 * that is gone, and only several in a row tell.
 */
function ofUndelivered(response: HttpResponse): Outcome {
  const { body } = response;
  const inside = Number(STATUS_INSIDE.exec(body)?.[1] ?? 0);
  const reason = `Teams answered ${response.status} and says that it did not deliver${inside === 0 ? '' : ` (${inside})`}`;
  if (isTransientStatus(inside) || UNREACHED.test(body)) return { kind: 'retry', reason };
  if (inside === 413) return { kind: 'dead', reason, answer: body };
  return { kind: 'unclear', reason, answer: body };
}

/** Asked to wait, Discord answers with the message that it has posted; not asked, with 204. */
function ofDiscord(response: HttpResponse, afterMs: number | undefined): Outcome {
  const { id, retry_after: wait } = objectIn(response);
  const saying = sayingOf(saidBy(response));
  if (response.cut || saying === 'page' || saying === 'no') return unclear(response, 'Discord', saying);
  if (typeof id === 'string' || saying === 'nothing' || saying === 'yes') return DONE;
  if (typeof wait === 'number') {
    const reason = `Discord answered ${response.status} and asks to be left alone`;
    return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs };
  }
  return unclear(response, 'Discord', saying);
}

function unclear(response: HttpResponse, who: string, saying: Saying): Outcome {
  const { status, body, cut } = response;
  const what: Record<Saying, string> = {
    nothing: 'without a word',
    yes: 'but not as it should',
    no: 'and says that it failed',
    page: "with a web page, such as a sign-in or a proxy's: see whether its url is right",
    something: 'but not as it does for a message that it has taken',
  };
  const how = cut ? 'and its answer could not be read to the end' : what[saying];
  return { kind: 'unclear', reason: `${who} answered ${status} ${how}`, answer: body };
}

function saidBy({ body, headers }: HttpResponse) {
  return { body, contentType: headers['content-type'] };
}

function objectIn(response: HttpResponse): JsonObject {
  const body = parseJsonBody(response);
  return isJsonObject(body) ? body : {};
}
