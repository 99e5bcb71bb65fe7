import { systemClock } from '../../core/clock.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { keep, type Receiver, type ReceiverOptions, type Reply, startReceiver } from './server.ts';
import { type ApiFault, type PostedMessage, SlackWorkspace } from './slack-api.ts';
import { slackFault } from './slack-limits.ts';

export interface SlackReceiverOptions extends ReceiverOptions {
  /** Refuses with 429 what comes within a second of the last message taken. */
  readonly rateLimit?: boolean;
  readonly onMessage?: (message: SlackMessage) => void;
  /** Scopes of the bot's token; all that is needed, where absent. */
  readonly scopes?: ReadonlySet<string>;
  /** Ids of further channels that the bot is in, by name. */
  readonly channels?: ReadonlyMap<string, string>;
  /** What the API refuses, asked before a call is looked at. `faults` are of the connection; these are Slack's words. */
  readonly apiFaults?: (method: string, args: JsonObject) => ApiFault | undefined;
}

export interface SlackMessage {
  /** The notification text, '' where the message has blocks only. */
  readonly text: string;
  readonly payload: JsonObject;
  readonly receivedAtMs: number;
  /** What a bot did; absent for a message of its own. `broadcast`: an answer that shows in the channel too. */
  readonly doing?: 'edit' | 'reply' | 'broadcast';
}

export interface SlackReceiver extends Receiver {
  /** The incoming webhook's address. */
  readonly url: string;
  /** Those accepted. */
  readonly messages: readonly SlackMessage[];
  /** The Web API's address. */
  readonly apiUrl: string;
  /** The bot's, and the channel it is in: `#oncall` too. */
  readonly token: string;
  readonly channel: string;
  /** What bots posted, as it stands now, oldest first. */
  posted(): readonly PostedMessage[];
  /** As a person deletes it. */
  remove(ts: string): void;
}

const TOKEN = 'xoxb-local-demo-token';
const CHANNEL = 'C0LOCALDEMO';
const WEBHOOK_PATH = '/services/T00000000/B00000000/local-demo-webhook';
const INTERVAL_MS = 1_000;
const MAX_TEXT = 40_000;

function messageOf(
  { payload, threadTs, isBroadcast, edits }: PostedMessage,
  receivedAtMs: number,
): SlackMessage {
  const text = typeof payload['text'] === 'string' ? payload['text'].slice(0, MAX_TEXT) : '';
  const told = { text, payload, receivedAtMs };
  if (edits > 0) return { ...told, doing: 'edit' };
  return threadTs === undefined ? told : { ...told, doing: isBroadcast ? 'broadcast' : 'reply' };
}

/** A stand-in for a Slack incoming webhook (200 `ok`, or Slack's own error words) and for what bots call. */
export async function startSlackReceiver(options: SlackReceiverOptions = {}): Promise<SlackReceiver> {
  const messages: SlackMessage[] = [];
  const workspace = new SlackWorkspace({
    token: TOKEN,
    channels: new Map([['#oncall', CHANNEL], ...(options.channels ?? [])]),
    ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
    ...(options.apiFaults === undefined ? {} : { faults: options.apiFaults }),
    onChange: (message) => options.onMessage?.(messageOf(message, (options.clock ?? systemClock).now())),
  });
  const receiver = await startReceiver(options, (request) => {
    const { method, path, headers, body, receivedAtMs } = request;
    const answer = workspace.answer(request);
    if (answer !== undefined) return answer;
    if (path !== WEBHOOK_PATH) return refused(404, 'no_service');
    if (method !== 'POST') return refused(405, 'method_not_allowed');
    const lastMs = messages.at(-1)?.receivedAtMs ?? Number.NEGATIVE_INFINITY;
    if (options.rateLimit === true && receivedAtMs - lastMs < INTERVAL_MS) {
      return { status: 429, body: 'rate_limited', headers: { 'retry-after': '1' } };
    }
    const payload = parse(body.toString('utf8'), headers['content-type'] ?? '');
    if (payload === undefined) return refused(400, 'invalid_payload');
    const fault = slackFault(payload);
    if (fault !== undefined) return refused(400, fault);
    const text = typeof payload['text'] === 'string' ? payload['text'].slice(0, MAX_TEXT) : '';
    const message = { text, payload, receivedAtMs };
    keep(messages, message);
    options.onMessage?.(message);
    return { status: 200, body: 'ok' };
  });
  return {
    ...receiver,
    ...{ url: receiver.origin + WEBHOOK_PATH, messages },
    ...{ apiUrl: `${receiver.origin}/api`, token: TOKEN, channel: CHANNEL },
    posted: () => workspace.messages,
    remove: (ts) => workspace.delete(ts),
  };
}

function refused(status: number, body: string): Reply {
  return { status, body };
}

/** JSON, or a form with the JSON in `payload`: Slack takes both. */
function parse(body: string, contentType: string): JsonObject | undefined {
  const form = contentType.startsWith('application/x-www-form-urlencoded');
  const json = form ? (new URLSearchParams(body).get('payload') ?? '') : body;
  try {
    const payload: unknown = JSON.parse(json);
    return isJsonObject(payload) ? payload : undefined;
  } catch {
    return undefined;
  }
}
