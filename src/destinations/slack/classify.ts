import type { Outcome } from '../../core/delivery.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isTransientStatus, parseJsonBody } from '../../net/index.ts';
import { type Saying, sayingOf } from '../saying.ts';
import { verdictOfWord } from './api-errors.ts';

/**
 * What an answer means. `refused`: Slack will never take this message as it is, though it may take a
 * plainer one.
 */
export type SlackVerdict =
  | Outcome
  | { readonly kind: 'refused'; readonly reason: string; readonly answer?: string };

/**
 * Many receivers understand Slack's messages, and each has its own word for "done": Slack, Mattermost and Discord
 * (`/slack`) say `ok`, Slack's workflows `{"ok":true}` or nothing, Rocket.Chat `{"success":true}`, Zulip
 * `{"result":"success"}`, and some give the message that they made of it.
 *
 * @param body as far as it came; of Slack itself plain text, such as `ok` or `invalid_blocks`
 * @param isCut it broke off, had no end, or could not be unpacked
 */
export function classifySlack(
  status: number,
  body: string,
  retryAfterMs: number | undefined,
  isCut = false,
): SlackVerdict {
  const answer = `Slack answered ${status}${wordOf(body)}`;
  if (status >= 200 && status < 300) return classifyTaken(status, body, retryAfterMs, isCut);
  if (status === 429) return retry(answer, retryAfterMs);
  if (isTransientStatus(status)) return retry(answer);
  if (REFUSALS.has(status)) return { kind: 'refused', reason: answer, answer: body };
  if (status < 400)
    return { kind: 'hold', reason: `${place(status)} but not as Slack does: correct its url` };
  if (HOLDS.has(status))
    return { kind: 'hold', reason: `${answer}: make a new webhook, or allow this one again` };
  return unclear(`${place(status)}, which Slack never does`, body);
}

/** About this message. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);
/** About the address, or who may use it: a person must act. */
const HOLDS: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 410]);

function classifyTaken(
  status: number,
  body: string,
  retryAfterMs: number | undefined,
  isCut: boolean,
): SlackVerdict {
  // Half an answer may be half of anything.
  if (isCut) return unclear(`${place(status)}, and its answer could not be read to the end`, body);
  const json = jsonIn(body);
  const saying = sayingOf({ body });
  if (saying === 'yes' || saying === 'nothing' || isMessage(json)) return { kind: 'done' };
  if (saying === 'no') return ofRefusal(json, retryAfterMs) ?? unclear(because(status, saying), body);
  return unclear(because(status, saying), body);
}

function because(status: number, saying: Saying): string {
  if (saying === 'page')
    return `${place(status)} with a web page, such as a proxy's or a sign-in: see whether its url is right`;
  if (saying === 'no') return `${place(status)} and says that it failed`;
  return `${place(status)} but not as Slack does: see whether its url is right`;
}

/** A word of Slack's own means what it means, whatever the status. */
function ofRefusal({ error }: JsonObject, retryAfterMs: number | undefined): SlackVerdict | undefined {
  const verdict = verdictOfWord(error, retryAfterMs);
  switch (verdict?.kind) {
    case 'retry':
      return retry(verdict.reason, verdict.afterMs);
    case 'hold':
    case 'refused':
      return { kind: verdict.kind, reason: verdict.reason };
    default:
      return undefined;
  }
}

/** Discord answers `?wait=true` with what it has posted. */
function isMessage({ id, channel_id: channel }: JsonObject): boolean {
  return typeof id === 'string' && typeof channel === 'string';
}

function jsonIn(body: string): JsonObject {
  const json = parseJsonBody({ body });
  return isJsonObject(json) ? json : {};
}

function retry(reason: string, afterMs?: number): SlackVerdict {
  return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs };
}

function unclear(reason: string, answer: string): SlackVerdict {
  return { kind: 'unclear', reason, answer };
}

function place(status: number): string {
  return `the webhook's address answered ${status}`;
}

/** Slack's own word, where the body is one: a proxy's page may hold anything. */
function wordOf(body: string): string {
  return /^[a-z][a-z_]{1,60}$/.test(body.trim()) ? ` ${body.trim()}` : '';
}
