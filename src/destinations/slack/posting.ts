import type { Clock } from '../../core/clock.ts';
import type { SlackApi } from './api.ts';
import type { ApiVerdict } from './api-errors.ts';
import type { SlackMessage } from './block.ts';
import { EVENT_TYPE, find } from './lookup.ts';
import type { Notebook, Thread } from './notebook.ts';

export interface Draft {
  /** The same on every attempt, and no other message's. */
  readonly id: string;
  readonly message: SlackMessage;
  /** Where Slack refuses that. */
  readonly plain: SlackMessage;
  /** It need not wait for what is milder and went before it. */
  readonly isUrgent: boolean;
  /** What it answers. `isLoud`: it shows in the channel too. */
  readonly answers?: { readonly thread: Thread; readonly isLoud: boolean };
}

export type Posted =
  | { readonly kind: 'posted'; readonly channel: string; readonly ts: string }
  | Exclude<ApiVerdict, { kind: 'ok' }>;

export interface Poster {
  /** Posts a message, once as far as can be known. */
  post(draft: Draft, signal: AbortSignal): Promise<Posted>;
  /** Looks for a message that was tried, by our clock. Undefined: it is not there, or the app may not look. */
  seek(
    draft: Pick<Draft, 'id' | 'answers'>,
    triedMs: number,
    signal: AbortSignal,
  ): Promise<Posted | undefined>;
}

/**
 * Slack knows no key by which it would take a message once only. So what is tried is written down first; where it is
 * not known how a try ended, the channel is searched for the message before it is tried again. Whoever calls writes
 * `posted` once all that follows from it is written down.
 */
export function createPoster(api: SlackApi, notebook: Notebook, configured: string, clock: Clock): Poster {
  return { post, seek };

  async function post(draft: Draft, signal: AbortSignal): Promise<Posted> {
    const before = await notebook.posting(draft.id);
    if (before?.state === 'trying') {
      const found = await seek(draft, before.atMs, signal);
      if (found !== undefined) return found;
    }
    // Before it is sent: a crash between the two costs a search, the other way round a second page.
    await notebook.writePosting(draft.id, { state: 'trying', atMs: clock.now() });
    const verdict = await send(draft, signal);
    if (verdict.kind === 'ok') return await posted(verdict.body);
    const mayStand = verdict.kind === 'unclear' || (verdict.kind === 'retry' && verdict.mayBeDone);
    if (!mayStand) await notebook.writePosting(draft.id, undefined);
    return verdict;
  }

  async function send(draft: Draft, signal: AbortSignal): Promise<ApiVerdict> {
    const { message, plain, id, answers, isUrgent: soon } = draft;
    const channel = answers?.thread.channel ?? configured;
    const reply =
      answers === undefined ? {} : { thread_ts: answers.thread.ts, reply_broadcast: answers.isLoud };
    const place = { channel, parse: 'none', ...reply };
    const metadata = { event_type: EVENT_TYPE, event_payload: { id } };
    const verdict = await api('chat.postMessage', { ...message, ...place, metadata }, signal, soon);
    return verdict.kind === 'refused'
      ? api('chat.postMessage', { ...plain, ...place }, signal, soon)
      : verdict;
  }

  async function posted({ channel, ts }: { channel?: unknown; ts?: unknown }): Promise<Posted> {
    if (typeof channel !== 'string' || typeof ts !== 'string')
      return { kind: 'unclear', reason: "Slack's answer does not say which message it is", answer: '' };
    if ((await notebook.channelId()) !== channel) await notebook.writeChannelId(channel);
    return { kind: 'posted', channel, ts };
  }

  async function seek(
    { id, answers }: Pick<Draft, 'id' | 'answers'>,
    triedMs: number,
    signal: AbortSignal,
  ): Promise<Posted | undefined> {
    const channel = answers?.thread.channel ?? (await notebook.channelId());
    if (channel === undefined) return undefined;
    const thread = answers === undefined ? {} : { thread: answers.thread };
    const finding = await find(api, { id, channel, triedMs, ...thread }, signal);
    if (finding.kind === 'absent') return undefined;
    return finding.kind === 'found' ? { kind: 'posted', channel, ts: finding.ts } : finding;
  }
}
