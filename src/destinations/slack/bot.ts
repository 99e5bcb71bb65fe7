import type { Notification } from '../../core/alert.ts';
import type { Clock } from '../../core/clock.ts';
import type { Delivery, Outcome } from '../../core/delivery.ts';
import type { SlackApi } from './api.ts';
import type { SlackMessage } from './block.ts';
import { encodeReply, encodeRoot, encodeSlack, encodeSlackPlainly } from './encode.ts';
import type { Notebook, Thread } from './notebook.ts';
import { createPoster, type Draft, type Posted } from './posting.ts';
import type { Wording } from './template.ts';

type Alert = Extract<Delivery, { kind: 'alert' }>;

export interface BotDeps {
  readonly api: SlackApi;
  readonly notebook: Notebook;
  /** As configured. */
  readonly channel: string;
  readonly clock: Clock;
  /** Puts an operator's own words into a message. */
  readonly wording?: Wording;
}

/**
 * Delivers as a bot does: one message for each opening of a group of alerts, brought up to date by every later
 * notification, which is told in its thread as well. News and reminders show in the channel too, for whoever is to be
 * woken; an end does not.
 */
export function createBot({ api, notebook, channel, clock, wording = (designed) => designed }: BotDeps) {
  const post = createPoster(api, notebook, channel, clock);

  async function deliver(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const id = delivery.kind === 'alert' ? delivery.notification.id : delivery.id;
    if ((await notebook.posting(id))?.state === 'posted') return { kind: 'done' };
    const outcome =
      delivery.kind === 'alert'
        ? await deliverAlert(delivery, signal)
        : outcomeOf(await post(draftOf(id, delivery, wording(encodeSlack(delivery), delivery)), signal));
    // Last of all: until then everything above is done again, and finds what is there already.
    if (outcome.kind === 'done') await notebook.writePosting(id, { state: 'posted' });
    return outcome;
  }

  async function deliverAlert(delivery: Alert, signal: AbortSignal): Promise<Outcome> {
    const { notification } = delivery;
    const { group, sequence } = placeOf(notification.id);
    const thread = await notebook.thread(group);
    if (thread?.root === notification.id) return { kind: 'done' };
    const isNewer = thread === undefined || sequence > thread.sequence;
    if (thread === undefined || (notification.reason === 'opened' && isNewer)) return open(delivery, signal);
    if (isNewer) {
      const updated = await update(thread, notification, delivery, signal);
      if (updated === 'gone') return open(delivery, signal);
      if (updated.kind !== 'done') return updated;
      await notebook.writeThread(group, { ...thread, sequence });
    }
    return answer(delivery, thread, isNewer || sequence === thread.sequence, signal);
  }

  /** A message of its own, which the rest will follow. */
  async function open(delivery: Alert, signal: AbortSignal): Promise<Outcome> {
    const { id } = delivery.notification;
    const { group, sequence } = placeOf(id);
    const posted = await post(
      draftOf(id, delivery, wording(encodeRoot(delivery.notification, 'news'), delivery)),
      signal,
    );
    if (posted.kind !== 'posted') return outcomeOf(posted);
    await notebook.writeThread(group, { channel: posted.channel, ts: posted.ts, root: id, sequence });
    return { kind: 'done' };
  }

  /** `gone`: somebody deleted it, or it can no longer be changed. */
  async function update(
    { channel: place, ts }: Thread,
    notification: Notification,
    delivery: Alert,
    signal: AbortSignal,
  ): Promise<Outcome | 'gone'> {
    const change = (message: SlackMessage) =>
      // What is left out of a change stays as it was; and `parse` would make links of what looks like one.
      api(
        'chat.update',
        { attachments: [], blocks: [], ...message, channel: place, ts, parse: 'none' },
        signal,
      );
    const verdict = await change(wording(encodeRoot(notification, 'state'), delivery));
    const last = verdict.kind === 'refused' ? await change(encodeSlackPlainly(delivery)) : verdict;
    if (last.kind === 'gone') return 'gone';
    return last.kind === 'ok' ? { kind: 'done' } : outcomeOf(last);
  }

  /** @param isLatest what comes too late to be news is told quietly */
  async function answer(
    delivery: Alert,
    thread: Thread,
    isLatest: boolean,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { notification } = delivery;
    const isLoud = isLatest && (notification.reason === 'grew' || notification.reason === 'repeat');
    const draft = draftOf(notification.id, delivery, wording(encodeReply(notification), delivery));
    const posted = await post({ ...draft, answers: { thread, isLoud } }, signal);
    return posted.kind === 'gone' && isLatest ? open(delivery, signal) : outcomeOf(posted);
  }

  return { deliver };
}

function draftOf(id: string, delivery: Delivery, message: SlackMessage): Draft {
  return { id, message, plain: encodeSlackPlainly(delivery) };
}

/** `alert/<group>/<opening>/<sequence>`: notifications of one opening of a group share all but the last. */
function placeOf(id: string): { readonly group: string; readonly sequence: number } {
  const slash = id.lastIndexOf('/');
  const sequence = Number(id.slice(slash + 1));
  if (slash === -1 || !Number.isSafeInteger(sequence)) return { group: id, sequence: 0 };
  return { group: id.slice(0, slash), sequence };
}

/** Refused in plain words too, or about a thread that is no more: nothing will make it pass. */
function outcomeOf(verdict: Posted): Outcome {
  switch (verdict.kind) {
    case 'posted':
      return { kind: 'done' };
    case 'hold':
      return { kind: 'hold', reason: verdict.reason };
    case 'unclear':
      return verdict;
    case 'retry': {
      const { reason, afterMs } = verdict;
      return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
    }
    default:
      return { kind: 'dead', reason: verdict.reason };
  }
}
