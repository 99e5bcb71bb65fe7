import type { Clock } from '../../core/clock.ts';
import type { Delivery, Outcome } from '../../core/delivery.ts';
import { placeOf } from '../../core/notification-id.ts';
import type { SlackApi } from './api.ts';
import type { SlackMessage } from './block.ts';
import { encodeReply, encodeRoot, encodeSlack, encodeSlackPlainly } from './encode.ts';
import { type Answer, type Move, moveFor, toldAfterEnd } from './move.ts';
import type { Notebook, Thread } from './notebook.ts';
import { createPoster, type Draft, type Posted } from './posting.ts';
import type { Wording } from './template.ts';
import { createThreads, writeShown } from './threads.ts';
import { isUrgent } from './throttle.ts';

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
 * woken; an end, an acknowledgement and a mild return do not. What comes back soon goes on in the message of the last time.
 */
export function createBot({ api, notebook, channel, clock, wording = (designed) => designed }: BotDeps) {
  const { post, seek } = createPoster(api, notebook, channel, clock);
  const threads = createThreads(notebook, seek);

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
    const known = await threads.known(notification, signal);
    if ('kind' in known) return outcomeOf(known);
    const move = moveFor(notification, known);
    switch (move.does) {
      case 'open':
        return open(delivery, signal);
      case 'follow':
        return follow(delivery, move, notebook, signal);
      case 'skip':
        return move.because === 'posted' ? { kind: 'done' } : unheard(delivery, signal);
    }
  }

  /** Nobody in this channel heard the beginning: only those of another one may have, before the configuration changed. */
  async function unheard(delivery: Alert, signal: AbortSignal): Promise<Outcome> {
    const { notification } = delivery;
    const { opening, number } = placeOf(notification.id);
    const other = await notebook.elsewhere(opening);
    const own = await other?.thread(opening);
    const move = own === undefined ? undefined : moveFor(notification, { own });
    if (other !== undefined && move?.does === 'follow') {
      const outcome = await follow(delivery, move, other, signal);
      // The bot may have left that channel, which must not hold what this one is to be told.
      return outcome.kind === 'hold' ? { kind: 'dead', reason: outcome.reason } : outcome;
    }
    if (notification.reason === 'resolved')
      await notebook.writeUnheardEnd(opening, { number, atMs: notification.createdAtMs });
    return { kind: 'done' };
  }

  /** A message of its own, which the rest will follow. */
  async function open(delivery: Alert, signal: AbortSignal): Promise<Outcome> {
    const { id } = delivery.notification;
    const { opening, number } = placeOf(id);
    const end = await notebook.unheardEnd(opening);
    const isLate = end !== undefined && end.number > number;
    const notification = isLate ? toldAfterEnd(delivery.notification, end.atMs) : delivery.notification;
    const told = { ...delivery, notification };
    await notebook.writeAttempt(opening, { id, atMs: clock.now() });
    const posted = await post(draftOf(id, told, wording(encodeRoot(notification, 'news'), told)), signal);
    if (posted.kind !== 'posted') return outcomeOf(posted);
    const sequence = isLate ? end.number : number;
    await notebook.writeThread(opening, { channel: posted.channel, ts: posted.ts, root: id, sequence });
    return { kind: 'done' };
  }

  async function follow(
    delivery: Alert,
    { thread, edits, answer }: Extract<Move, { does: 'follow' }>,
    notes: Notebook,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { notification } = delivery;
    if (edits) {
      const updated = await update(thread, delivery, signal);
      if (updated === 'gone') return withoutMessage(delivery, thread, answer, signal);
      if (updated.kind !== 'done') return updated;
      await writeShown(notification, thread, notes);
    }
    if (answer === 'none') return { kind: 'done' };
    const replied = await reply(delivery, thread, answer === 'loud', signal);
    return replied.kind === 'gone' && answer === 'loud' ? open(delivery, signal) : repliedOutcome(replied);
  }

  /**
   * Somebody deleted it, or it can no longer be changed: news and ends have a message of their own, and what wakes nobody
   * goes no further than the thread.
   */
  async function withoutMessage(
    delivery: Alert,
    thread: Thread,
    answer: Answer,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (answer === 'loud' || delivery.notification.reason === 'resolved') return open(delivery, signal);
    if (answer === 'none' || delivery.notification.isQuiet === true) return { kind: 'done' };
    return repliedOutcome(await reply(delivery, thread, false, signal));
  }

  /** `gone`: somebody deleted it, or it can no longer be changed. */
  async function update(
    { channel: place, ts }: Thread,
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
    const verdict = await change(wording(encodeRoot(delivery.notification, 'state'), delivery));
    const last = verdict.kind === 'refused' ? await change(encodeSlackPlainly(delivery)) : verdict;
    if (last.kind === 'gone') return 'gone';
    return last.kind === 'ok' ? { kind: 'done' } : outcomeOf(last);
  }

  async function reply(
    delivery: Alert,
    thread: Thread,
    isLoud: boolean,
    signal: AbortSignal,
  ): Promise<Posted> {
    const { notification } = delivery;
    const draft = draftOf(notification.id, delivery, wording(encodeReply(notification), delivery));
    return post({ ...draft, answers: { thread, isLoud } }, signal);
  }

  return { deliver };
}

function draftOf(id: string, delivery: Delivery, message: SlackMessage): Draft {
  return { id, message, plain: encodeSlackPlainly(delivery), isUrgent: isUrgent(delivery) };
}

/** The message has been brought up to date; a thread that takes no more answers costs nobody anything. */
function repliedOutcome(posted: Posted): Outcome {
  return posted.kind === 'gone' ? { kind: 'done' } : outcomeOf(posted);
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
