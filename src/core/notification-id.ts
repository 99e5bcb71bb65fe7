/**
 * A notification's id is `alert/GROUP/OPENING/NUMBER`, and `alert/GROUP/OPENING/NUMBER.PART` from its second part on.
 * All notifications of one opening of a group share what stands before the number, and are delivered in its order.
 */
export interface NotificationPlace {
  /** `alert/GROUP/OPENING`: names one opening of one group. */
  readonly opening: string;
  /** Of the group, not of its present opening alone. 0 where the id is none of ours. */
  readonly number: number;
}

/** @param openedMs when the group opened; wall time */
export function openingId(group: string, openedMs: number): string {
  return `alert/${group}/${openedMs.toString(36)}`;
}

/** @param part counts from 1 */
export function notificationId(opening: string, number: number, part = 1): string {
  return part === 1 ? `${opening}/${number}` : `${opening}/${number}.${part}`;
}

export function placeOf(id: string): NotificationPlace {
  const slash = id.lastIndexOf('/');
  const number = Number.parseInt(id.slice(slash + 1), 10);
  if (slash === -1 || !Number.isSafeInteger(number)) return { opening: id, number: 0 };
  return { opening: id.slice(0, slash), number };
}

/** The id of the group that a notification tells of. */
export function groupOfNotification(id: string): string {
  return id.split('/')[1] ?? '';
}
