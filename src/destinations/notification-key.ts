import { groupId } from '../alerts/fingerprint.ts';
import type { Notification } from '../core/alert.ts';

/** What names the group's present opening to a receiver. Notifications of earlier versions have none of their own. */
export function groupKey({ key, route, group }: Notification): string {
  return key ?? groupId(route, group);
}
