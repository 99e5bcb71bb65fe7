import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isTransientStatus, parseJsonBody } from '../../net/index.ts';

/**
 * What an answer of Slack's Web API means.
 * - `refused`: Slack will never take this message as it is, though it may take a plainer one
 * - `gone`: the message or thread that it was about cannot be changed or answered: it needs another
 * - `unclear`: the answer is not Slack's, or has a word that nobody knows: it may have been done
 */
export type ApiVerdict =
  | { readonly kind: 'ok'; readonly body: JsonObject }
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly afterMs?: number;
      /** It may have been done although the answer says otherwise, or is none. */
      readonly mayBeDone: boolean;
    }
  | { readonly kind: 'unclear'; readonly reason: string; readonly answer: string }
  | { readonly kind: 'hold' | 'refused' | 'gone'; readonly reason: string };

/** Slack says so of one message. */
const REFUSED = new Set([
  ...['msg_too_long', 'msg_blocks_too_long', 'no_text', 'too_many_attachments', 'invalid_attachments'],
  ...['invalid_blocks', 'invalid_blocks_format', 'attachment_payload_limit_exceeded', 'metadata_too_large'],
  ...['invalid_metadata_format', 'invalid_metadata_schema', 'metadata_must_be_sent_from_app'],
  ...['invalid_arguments', 'invalid_array_arg', 'invalid_json', 'json_not_object', 'block_mismatch'],
]);

const GONE = new Set([
  ...['message_not_found', 'thread_not_found', 'cant_update_message', 'edit_window_closed'],
  ...['cannot_reply_to_message', 'cant_broadcast_message', 'restricted_action_thread_locked'],
  'is_inactive',
]);

const LATER = new Set([
  ...['ratelimited', 'rate_limited', 'message_limit_exceeded', 'service_unavailable', 'request_timeout'],
  ...['fatal_error', 'internal_error', 'team_added_to_org', 'external_channel_migrating'],
]);
/** Slack documents that part of it may have been done. */
const UNCLEAR = new Set(['fatal_error', 'internal_error', 'request_timeout']);

const NEW_TOKEN = 'reinstall the app in the workspace and give its new token';
const INVITE = 'invite the bot to the channel (/invite @its-name there), or correct "channel"';
const ASK_ADMIN = 'ask an administrator of the workspace to let the app post there';

/** What a person must do before anything passes. */
const HELD: ReadonlyMap<string, string> = new Map([
  ...['not_authed', 'invalid_auth', 'token_revoked', 'token_expired', 'account_inactive'].map(
    (word): [string, string] => [word, NEW_TOKEN],
  ),
  ['not_allowed_token_type', "give a bot's token, which begins with xoxb-"],
  ['missing_scope', 'add the scope chat:write to the app, reinstall it, and give its new token'],
  ['no_permission', 'add the scope chat:write to the app, reinstall it, and give its new token'],
  ['not_in_channel', INVITE],
  ['channel_not_found', INVITE],
  ['channel_type_not_supported', 'correct "channel"'],
  ['is_archived', 'unarchive the channel, or name another'],
  ...['access_denied', 'accesslimited', 'ekm_access_denied', 'enterprise_is_restricted', 'org_login_required']
    .concat('team_access_not_granted', 'two_factor_setup_required', 'posting_to_general_channel_denied')
    .concat(
      'restricted_action',
      'restricted_action_read_only_channel',
      'restricted_action_non_threadable_channel',
    )
    .concat('restricted_action_thread_only_channel', 'as_user_not_supported')
    .map((word): [string, string] => [word, ASK_ADMIN]),
]);

export interface ApiResponse {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
  /** The body is not whole. */
  readonly cut?: true;
}

export function classifyApi(response: ApiResponse): ApiVerdict {
  const { status, retryAfterMs } = response;
  if (status >= 200 && status < 300) return classifyBody(response);
  const answer = `Slack answered ${status}`;
  if (status === 429) return later(answer, false, retryAfterMs);
  if (isTransientStatus(status)) return later(answer, true);
  if (status === 400 || status === 413) return { kind: 'refused', reason: answer };
  if (status < 400) return { kind: 'hold', reason: `${notSlack(status)}: correct its "api_url"` };
  return { kind: 'hold', reason: `${answer}: see whether "api_url" and "token" are right` };
}

function classifyBody({ status, body: answer, cut, retryAfterMs }: ApiResponse): ApiVerdict {
  const body = parseJsonBody({ body: answer });
  if (cut || !isJsonObject(body) || typeof body['ok'] !== 'boolean')
    return { kind: 'unclear', reason: `${notSlack(status)}: see whether its "api_url" is right`, answer };
  if (body['ok']) return { kind: 'ok', body };
  const { error } = body;
  const reason = `Slack answered ${wordOf(error)}, which Tocsin does not know`;
  return verdictOfWord(error, retryAfterMs) ?? { kind: 'unclear', reason, answer };
}

type Refusal = Exclude<ApiVerdict, { kind: 'ok' | 'unclear' }>;

/** Slack's own word for why not; undefined where it is none of those that are known. */
export function verdictOfWord(error: unknown, retryAfterMs: number | undefined): Refusal | undefined {
  const word = typeof error === 'string' ? error : '';
  const reason = `Slack answered ${word}`;
  if (LATER.has(word)) return later(reason, UNCLEAR.has(word), retryAfterMs);
  if (REFUSED.has(word)) return { kind: 'refused', reason };
  if (GONE.has(word)) return { kind: 'gone', reason };
  const remedy = HELD.get(word);
  return remedy === undefined ? undefined : { kind: 'hold', reason: `${reason}: ${remedy}` };
}

function later(reason: string, mayBeDone: boolean, afterMs?: number): Extract<Refusal, { kind: 'retry' }> {
  return { kind: 'retry', reason, mayBeDone, ...(afterMs === undefined ? {} : { afterMs }) };
}

function notSlack(status: number): string {
  return `the address of Slack's API answered ${status} but not as Slack does`;
}

/** Slack's own word; whatever else stands there may hold anything. */
function wordOf(error: unknown): string {
  return typeof error === 'string' && /^[a-z][a-z_]{1,60}$/.test(error) ? error : 'an error without a word';
}
