import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { keep, type ReceivedRequest, type Reply } from './server.ts';
import { slackFault } from './slack-limits.ts';

/** A message that a bot posted. */
export interface PostedMessage {
  readonly channel: string;
  readonly ts: string;
  /** Of the message that it answers. */
  readonly threadTs?: string;
  /** An answer that shows in the channel too. */
  readonly isBroadcast: boolean;
  /** As it stands now. */
  readonly payload: JsonObject;
  readonly edits: number;
}

/** What a bot may be refused, once: Slack's word, and when it names one, how long to wait. */
export interface ApiFault {
  readonly error: string;
  /** As 429 with `Retry-After`. Seconds. */
  readonly retryAfter?: number;
}

export interface SlackApiOptions {
  /** The one that is taken. */
  readonly token: string;
  /** Ids by name, `#oncall`. Only these are known. */
  readonly channels: ReadonlyMap<string, string>;
  /** Of the token. All that is needed, where absent. */
  readonly scopes?: ReadonlySet<string>;
  /** Asked before a call is looked at. */
  readonly faults?: (method: string, args: JsonObject) => ApiFault | undefined;
  /** A message was posted or changed. */
  readonly onChange?: (message: PostedMessage) => void;
}

const SCOPES: Readonly<Record<string, string>> = {
  'chat.postMessage': 'chat:write',
  'chat.update': 'chat:write',
  'conversations.history': 'channels:history',
  'conversations.replies': 'channels:history',
};

const API = '/api/';

/** Slack's Web API, as far as bots that post need it: state, and one answer a request. */
export class SlackWorkspace {
  readonly #options: SlackApiOptions;
  #messages: PostedMessage[] = [];
  #count = 0;

  constructor(options: SlackApiOptions) {
    this.#options = options;
  }

  /** Those that stand there, oldest first. */
  get messages(): readonly PostedMessage[] {
    return this.#messages;
  }

  /** As a person does. */
  delete(ts: string): void {
    this.#messages = this.#messages.filter((message) => message.ts !== ts);
  }

  /** Undefined for what is no call of the API. */
  answer(request: ReceivedRequest): Reply | undefined {
    if (!request.path.startsWith(API)) return undefined;
    const method = request.path.slice(API.length);
    const scope = Object.hasOwn(SCOPES, method) ? SCOPES[method] : undefined;
    if (scope === undefined) return failed('unknown_method');
    if (request.headers['authorization'] !== `Bearer ${this.#options.token}`) return failed('invalid_auth');
    const args = argumentsOf(request);
    if (args === undefined) return failed('invalid_json');
    const fault = this.#options.faults?.(method, args);
    if (fault !== undefined) return refused(fault);
    if (this.#options.scopes?.has(scope) === false) return failed('missing_scope');
    const channel = this.#channelOf(args, method);
    if (channel === undefined) return failed('channel_not_found');
    return this.#call(method, { ...args, channel }, request.receivedAtMs);
  }

  /** Only posting takes a name. */
  #channelOf({ channel }: JsonObject, method: string): string | undefined {
    if (typeof channel !== 'string') return undefined;
    const byName = method === 'chat.postMessage' ? this.#options.channels.get(channel) : undefined;
    return byName ?? [...this.#options.channels.values()].find((id) => id === channel);
  }

  #call(method: string, args: JsonObject & { readonly channel: string }, nowMs: number): Reply {
    if (method === 'chat.postMessage') return this.#post(args, nowMs);
    if (method === 'chat.update') return this.#update(args);
    const thread = method === 'conversations.replies' ? args['ts'] : undefined;
    if (thread !== undefined && this.#find(args.channel, thread) === undefined)
      return failed('thread_not_found');
    return this.#list(args, thread);
  }

  #post(
    { channel, thread_ts, reply_broadcast, ...payload }: JsonObject & { readonly channel: string },
    nowMs: number,
  ) {
    const fault = slackFault(payload);
    if (fault !== undefined) return failed(fault);
    if (typeof thread_ts === 'string' && this.#find(channel, thread_ts) === undefined)
      return failed('thread_not_found');
    this.#count += 1;
    const ts = `${(nowMs / 1_000).toFixed(0)}.${String(this.#count).padStart(6, '0')}`;
    const message: PostedMessage = {
      ...{ channel, ts, payload, edits: 0, isBroadcast: reply_broadcast === true },
      ...(typeof thread_ts === 'string' ? { threadTs: thread_ts } : {}),
    };
    keep(this.#messages, message);
    this.#options.onChange?.(message);
    return ok({ channel, ts });
  }

  /** What is left out stays as it was. */
  #update({ channel, ts, ...changes }: JsonObject & { readonly channel: string }): Reply {
    const old = this.#find(channel, ts);
    if (old === undefined) return failed('message_not_found');
    const payload: JsonObject = { ...old.payload, ...changes };
    const fault = slackFault(payload);
    if (fault !== undefined) return failed(fault);
    const next = { ...old, payload, edits: old.edits + 1 };
    this.#messages = this.#messages.map((message) => (message === old ? next : message));
    this.#options.onChange?.(next);
    return ok({ channel, ts: old.ts });
  }

  /** Newest first, a page at a time; metadata for whoever asks for it. */
  #list(args: JsonObject & { readonly channel: string }, thread: Json | undefined): Reply {
    const from = Number(args['cursor'] ?? 0);
    const limit = Number(args['limit'] ?? 100);
    const oldest = Number(args['oldest'] ?? 0);
    const all = this.#messages
      .filter(({ channel, ts }) => channel === args.channel && Number(ts) >= oldest)
      .filter((message) => (thread === undefined ? isInChannel(message) : isIn(message, thread)))
      .toReversed();
    const shown = all.slice(from, from + limit).map(({ ts, payload }): JsonObject => {
      const { metadata, ...rest } = payload;
      const seen = args['include_all_metadata'] === 'true' && metadata !== undefined ? { metadata } : {};
      return { ...rest, ...seen, ts, type: 'message' };
    });
    const next = from + limit < all.length ? String(from + limit) : '';
    return ok({ messages: shown, has_more: next !== '', response_metadata: { next_cursor: next } });
  }

  #find(channel: string, ts: Json | undefined): PostedMessage | undefined {
    return this.#messages.find((message) => message.channel === channel && message.ts === ts);
  }
}

function isInChannel({ threadTs, isBroadcast }: PostedMessage): boolean {
  return threadTs === undefined || isBroadcast;
}

function isIn({ ts, threadTs }: PostedMessage, thread: Json): boolean {
  return ts === thread || threadTs === thread;
}

/** Methods that write take JSON, all take forms. */
function argumentsOf({ headers, body, path }: ReceivedRequest): JsonObject | undefined {
  const text = body.toString('utf8');
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  if (path.includes('/conversations.')) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function ok(body: JsonObject): Reply {
  return json(200, { ok: true, ...body });
}

function failed(error: string): Reply {
  return json(200, { ok: false, error });
}

function refused({ error, retryAfter }: ApiFault): Reply {
  if (retryAfter === undefined) return failed(error);
  const { status, body, headers } = json(429, { ok: false, error });
  return { status, body, headers: { ...headers, 'retry-after': String(retryAfter) } };
}

function json(status: number, body: JsonObject): Reply {
  return {
    status,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json; charset=utf-8' },
  };
}
