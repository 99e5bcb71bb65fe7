import type { Notification, StoredAlert } from '../../core/alert.ts';
import type { DeliveryHistory, EventRecord, Records } from '../../core/records.ts';
import { findAlert } from '../find-alert.ts';

/** What an operator asks about. */
export type Found =
  | { readonly kind: 'event'; readonly event: EventRecord }
  | { readonly kind: 'alert'; readonly alert: StoredAlert }
  | { readonly kind: 'notification'; readonly notification: Notification }
  | { readonly kind: 'delivery'; readonly delivery: DeliveryHistory }
  /** `nearest`: ids that begin alike. */
  | { readonly kind: 'unknown'; readonly nearest: readonly string[]; readonly message?: string };

const NEAREST = 5;
const LONGEST_ID = 4_000;
/** What receivers are sent of a notification in pieces has its id, and this behind it. */
const OF_ITS_RECORDS = /(?<=^alert\/.*)(?:#\d{1,9}){1,30}$/;

/** Whatever has this id: a delivery's number, an event's or a notification's id, the beginning of a fingerprint. */
export async function find(records: Records, asked: string): Promise<Found> {
  const what = asked.trim().slice(0, LONGEST_ID);
  const delivery = /^\d{1,15}$/.test(what) ? await records.readDelivery(Number(what)) : undefined;
  if (delivery !== undefined) return { kind: 'delivery', delivery };
  const notification = await records.readNotification(what.replace(OF_ITS_RECORDS, ''));
  if (notification !== undefined) return { kind: 'notification', notification };
  const event = (await records.readEvent(what)) ?? (await eventInFeeds(records, what));
  if (event !== undefined) return { kind: 'event', event };
  const found = await findAlert(records, what);
  if ('alert' in found) return { kind: 'alert', alert: found.alert };
  const nearest = what.length < 3 ? [] : await beginningAlike(records, what);
  return found.result === 'ambiguous'
    ? { kind: 'unknown', nearest, message: found.message }
    : { kind: 'unknown', nearest };
}

/** By the id that its feed gave it: of an object that changes, its newest state that is kept. */
async function eventInFeeds(records: Records, feedId: string): Promise<EventRecord | undefined> {
  const ids = await records.eventIdsInFeeds(feedId, NEAREST * 20);
  const events = await Promise.all(ids.map((id) => records.readEvent(id)));
  return events
    .filter((event) => event !== undefined)
    .reduce<EventRecord | undefined>(
      (newest, event) => (newest === undefined || event.committedMs >= newest.committedMs ? event : newest),
      undefined,
    );
}

/** With the longest beginning that anything shares. */
async function beginningAlike(records: Records, what: string): Promise<readonly string[]> {
  for (let length = what.length; length >= 3; length = Math.floor(length * 0.75)) {
    const prefix = what.slice(0, length);
    const ids = [
      ...(await records.eventIds(prefix, NEAREST)),
      ...(await records.notificationIds(prefix, NEAREST)),
    ];
    if (ids.length > 0) return ids.slice(0, NEAREST);
  }
  return [];
}
