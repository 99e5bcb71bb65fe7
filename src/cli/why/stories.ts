import type { Break } from '../../alerts/quiet.ts';
import type { LoadedSetup, TocsinConfig } from '../../app/load.ts';
import type { Blindness, Notification, StoredAlert } from '../../core/alert.ts';
import type { EventRecord, Membership, RecordedStore } from '../../core/records.ts';
import type { RuleSet } from '../../rules/index.ts';
import type { KeptQuiet, QuietNow } from '../quiet.ts';
import type { Seeing } from '../sight.ts';
import { type Deliveries, notificationDeliveries } from './deliveries.ts';

/** What stories are told from. Without a valid configuration there is the store alone. */
export interface Sources {
  readonly store: RecordedStore;
  readonly config?: TocsinConfig;
  readonly ruleSet?: RuleSet;
  readonly origins?: NonNullable<LoadedSetup['origins']>;
  readonly quiet: QuietNow;
  readonly seeing: Seeing;
}

/** A notification with what became of it. */
export interface NotificationStory extends Deliveries {
  readonly notification: Notification;
  /** Of the alert in question: it is listed with so many new matches; absent where only its number is among the omitted. */
  readonly newCount?: number;
}

export interface AlertStory {
  readonly alert: StoredAlert;
  readonly quiet: readonly KeptQuiet[];
  readonly broken: readonly Break[];
  readonly blind: Blindness | undefined;
  readonly groups: readonly Membership[];
  /** The first few that told of it, and the last. */
  readonly notifications: readonly NotificationStory[];
  readonly omittedNotifications: number;
}

/** How many notifications, groups and alerts are looked through: an attacker chooses how many there are. */
const MOST_LOOKED_AT = 5_000;
const MOST_OF_A_GROUP = 200;
const SHOWN_FIRST = 4;

/** @param sinceMs what was told before is another story */
export async function alertStory(sources: Sources, alert: StoredAlert, sinceMs: number): Promise<AlertStory> {
  const { records } = sources.store;
  const { fingerprint } = alert;
  const groups = await records.membershipsOf(fingerprint);
  const listing = await records.notificationsListing(fingerprint, sinceMs, MOST_LOOKED_AT);
  const others = await Promise.all(
    groups.map(({ group }) => records.notificationsOf(group.id, sinceMs, MOST_OF_A_GROUP)),
  );
  const counting = others.flat().filter(({ omittedAlerts }) => omittedAlerts > 0);
  const all = [...new Map([...listing, ...counting].map((each) => [each.id, each])).values()];
  all.sort((a, b) => a.createdAtMs - b.createdAtMs);
  const shown = [...all.slice(0, SHOWN_FIRST), ...all.slice(SHOWN_FIRST).slice(-1)];
  return {
    alert,
    quiet: await sources.quiet.all(alert),
    broken: sources.quiet.broken(alert),
    blind: sources.seeing(alert),
    groups,
    notifications: await Promise.all(shown.map((each) => notificationStory(sources, each, fingerprint))),
    omittedNotifications: all.length - shown.length,
  };
}

export async function notificationStory(
  { store, config }: Sources,
  notification: Notification,
  fingerprint?: string,
): Promise<NotificationStory> {
  const listed = notification.alerts.find((alert) => alert.fingerprint === fingerprint);
  return {
    notification,
    ...(listed === undefined ? {} : { newCount: listed.newCount }),
    ...(await notificationDeliveries(store.records, notification, config)),
  };
}

/** Alerts that show the event in their sample, among those that changed since it was committed. */
export function alertsShowing({ store }: Sources, { id, committedMs }: EventRecord) {
  return store.records.alertsShowing(id, committedMs, MOST_LOOKED_AT);
}
