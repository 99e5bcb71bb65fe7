import type { Notification, NotificationReason } from '../../core/alert.ts';
import { placeOf } from '../../core/notification-id.ts';
import type { Thread } from './notebook.ts';

/** The messages that a notification may be about. */
export interface KnownThreads {
  /** Of its own opening. */
  readonly own?: Thread;
  /** Of the opening that it continues. */
  readonly previous?: Thread;
}

/**
 * - `loud`: in the thread and in the channel
 * - `quiet`: in the thread alone
 * - `none`: the message itself says it all
 */
export type Answer = 'loud' | 'quiet' | 'none';

/**
 * What a bot does with a notification.
 * - `open`: posts a message of its own
 * - `follow`: brings a message up to date where `edits`, and answers it
 * - `skip`: nothing, because the notification's own message stands there (`posted`), or because nobody was told of what
 *   goes on or ends (`unheard`)
 */
export type Move =
  | { readonly does: 'open' }
  | { readonly does: 'follow'; readonly thread: Thread; readonly edits: boolean; readonly answer: Answer }
  | { readonly does: 'skip'; readonly because: 'posted' | 'unheard' };

/** What these tell is of use to nobody who does not know of their opening. */
const AFTERWARDS: ReadonlySet<NotificationReason> = new Set(['shrank', 'acknowledged', 'resolved']);

export function moveFor(notification: Notification, { own, previous }: KnownThreads): Move {
  const { id, reason, isQuiet } = notification;
  const { number } = placeOf(id);
  if (own?.root === id) return { does: 'skip', because: 'posted' };
  if (own !== undefined) return follow(notification, own, number > own.sequence);
  if (AFTERWARDS.has(reason)) return { does: 'skip', because: 'unheard' };
  // Equal: this very notification has begun to take the message over, and has to end it.
  if (previous !== undefined) return follow(notification, previous, number >= previous.sequence);
  return isQuiet === true ? { does: 'skip', because: 'unheard' } : { does: 'open' };
}

/** An old notification that comes late is no news, and does not put a message back to what it says. */
function follow(notification: Notification, thread: Thread, edits: boolean): Move {
  const isLatest = placeOf(notification.id).number >= thread.sequence;
  if (notification.reason === 'shrank') return { does: 'follow', thread, edits, answer: 'none' };
  return { does: 'follow', thread, edits, answer: isLatest && isNews(notification) ? 'loud' : 'quiet' };
}

/** It is of use only where a message can be changed. */
export function isForEdits({ reason, isQuiet }: Pick<Notification, 'reason' | 'isQuiet'>): boolean {
  return isQuiet === true || reason === 'shrank' || reason === 'acknowledged';
}

/** Somebody is to be woken by it. */
function isNews({ reason, isQuiet }: Pick<Notification, 'reason' | 'isQuiet'>): boolean {
  return isQuiet !== true && !AFTERWARDS.has(reason);
}

/**
 * An opening that is told only after its end (it was a dead letter meanwhile) is told as what it is: over. Its numbers
 * stay, so that they add up.
 */
export function toldAfterEnd(notification: Notification, endedMs: number): Notification {
  const alerts = notification.alerts.map((alert) => ({
    ...alert,
    state: 'resolved' as const,
    resolvedAtMs: endedMs,
  }));
  return { ...notification, reason: 'resolved', alerts };
}
