import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { SlackApi } from './api.ts';
import type { ApiVerdict } from './api-errors.ts';
import type { Thread } from './notebook.ts';

/** How our messages carry the id of what they tell, unseen. */
export const EVENT_TYPE = 'tocsin_alert';

export interface Sought {
  readonly id: string;
  /** Id. */
  readonly channel: string;
  /** Where it would be an answer. */
  readonly thread?: Pick<Thread, 'ts'>;
  /** When it was tried, by our clock. */
  readonly triedMs: number;
}

/**
 * - `found`, with the message's `ts`
 * - `absent`: not there, or the app may not look (it lacks the scope `channels:history`): then a message that was
 *   taken although its answer was lost stands there twice
 * - what failed otherwise
 */
export type Finding =
  | { readonly kind: 'found'; readonly ts: string }
  | { readonly kind: 'absent' }
  | Extract<ApiVerdict, { kind: 'retry' | 'unclear' }>;

/** Slack's clock and ours may differ by so much. */
const SKEW_MS = 10 * 60_000;
const PAGE = 50;
/** A channel where more is said in that time is not searched to its end. */
const MAX_PAGES = 6;

/** Looks for a message of ours that may stand in the channel although its answer was lost. */
export async function find(api: SlackApi, sought: Sought, signal: AbortSignal): Promise<Finding> {
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const verdict = await api(methodFor(sought), argumentsOf(sought, cursor), signal);
    if (verdict.kind === 'retry' || verdict.kind === 'unclear') return verdict;
    if (verdict.kind !== 'ok') return { kind: 'absent' };
    const ts = tsIn(verdict.body, sought.id);
    if (ts !== undefined) return { kind: 'found', ts };
    cursor = nextCursor(verdict.body);
    if (cursor === '') break;
  }
  return { kind: 'absent' };
}

function methodFor({ thread }: Sought): string {
  return thread === undefined ? 'conversations.history' : 'conversations.replies';
}

function argumentsOf({ channel, thread, triedMs }: Sought, cursor: string): URLSearchParams {
  return new URLSearchParams({
    channel,
    ...(thread === undefined ? {} : { ts: thread.ts }),
    oldest: ((triedMs - SKEW_MS) / 1_000).toFixed(6),
    include_all_metadata: 'true',
    limit: String(PAGE),
    ...(cursor === '' ? {} : { cursor }),
  });
}

function tsIn({ messages }: JsonObject, id: string): string | undefined {
  const ours = asArray(messages).find((message) => idOf(message) === id);
  const ts = isJsonObject(ours) ? ours['ts'] : undefined;
  return typeof ts === 'string' ? ts : undefined;
}

function idOf(message: Json): Json | undefined {
  const metadata = isJsonObject(message) ? message['metadata'] : undefined;
  if (!isJsonObject(metadata) || metadata['event_type'] !== EVENT_TYPE) return undefined;
  const payload = metadata['event_payload'];
  return isJsonObject(payload) ? payload['id'] : undefined;
}

function nextCursor({ response_metadata: more }: JsonObject): string {
  const cursor = isJsonObject(more) ? more['next_cursor'] : undefined;
  return typeof cursor === 'string' ? cursor : '';
}

function asArray(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
