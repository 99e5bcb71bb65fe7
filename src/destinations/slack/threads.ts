import type { Notification } from '../../core/alert.ts';
import { placeOf } from '../../core/notification-id.ts';
import type { KnownThreads } from './move.ts';
import type { Notebook, Thread } from './notebook.ts';
import type { Posted, Poster } from './posting.ts';

type NotKnown = Exclude<Posted, { kind: 'posted' }>;

/** Finds the messages that a notification may be about. */
export function createThreads(notebook: Notebook, seek: Poster['seek']) {
  /** Or why it cannot be told now. */
  async function known(notification: Notification, signal: AbortSignal): Promise<KnownThreads | NotKnown> {
    const { opening } = placeOf(notification.id);
    const own = (await notebook.thread(opening)) ?? (await adopted(notification, signal));
    if (own !== undefined) return 'ts' in own ? { own } : own;
    const previous = await previousThread(notification);
    return previous === undefined ? {} : { previous };
  }

  /** The message of an opening that stands there although nobody could tell us so, and that has been given up. */
  async function adopted({ id }: Notification, signal: AbortSignal): Promise<Thread | NotKnown | undefined> {
    const { opening } = placeOf(id);
    const attempt = await notebook.attempt(opening);
    // Its own next attempt looks for it, too.
    if (attempt === undefined || attempt.id === id) return undefined;
    if ((await notebook.posting(attempt.id)) === undefined) return undefined;
    const found = await seek(attempt, attempt.atMs, signal);
    if (found?.kind !== 'posted') return found;
    const { channel, ts } = found;
    const thread = { channel, ts, root: attempt.id, sequence: placeOf(attempt.id).number };
    await notebook.writeThread(opening, thread);
    return thread;
  }

  /** What is over by now goes on nowhere. */
  async function previousThread({ id, recurrence }: Notification): Promise<Thread | undefined> {
    if (recurrence === undefined) return undefined;
    const { opening, number } = placeOf(id);
    const end = await notebook.unheardEnd(opening);
    const isOver = end !== undefined && end.number > number;
    return isOver ? undefined : notebook.thread(recurrence.continues);
  }

  return { known };
}

/** Writes down what a message shows now. An earlier opening whose message it took over must not put it back. */
export async function writeShown(
  { id, recurrence }: Notification,
  thread: Thread,
  notebook: Notebook,
): Promise<void> {
  const { opening, number } = placeOf(id);
  const before = recurrence === undefined ? undefined : await notebook.thread(recurrence.continues);
  if (recurrence !== undefined && before?.ts === thread.ts)
    await notebook.writeThread(recurrence.continues, { ...before, sequence: number });
  await notebook.writeThread(opening, { ...thread, sequence: number });
}
