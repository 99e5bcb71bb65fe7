import type { DeliveryHistory } from '../../core/records.ts';
import { alertJson } from '../alert-view.ts';
import { breakJson, quietJson } from '../quiet.ts';
import { blindJson } from '../sight.ts';
import { iso } from '../table.ts';
import type { Deliveries } from './deliveries.ts';
import type { EventStory } from './event-story.ts';
import type { AlertStory, NotificationStory } from './stories.ts';
import type { Story } from './story.ts';

/** A story for programs: times as ISO 8601. */
export function storyJson(story: Story) {
  switch (story.kind) {
    case 'event':
      return { kind: story.kind, ...eventJson(story) };
    case 'alert':
      return { kind: story.kind, ...alertStoryJson(story) };
    case 'notification':
      return { kind: story.kind, ...notificationJson(story) };
    case 'delivery':
      return {
        kind: story.kind,
        delivery: deliveryJson(story.delivery),
        event: story.event && eventJson(story.event),
        notification: story.notification && notificationJson(story.notification),
      };
  }
}

function eventJson(story: EventStory) {
  const { id, source, feed, feedId, revision, timeMs, committedMs, polledMs, raw, rules } = story.event;
  return {
    event: {
      ...{ id, source, feed, feedId, revision, payload: raw === undefined ? 'cleared' : 'kept' },
      ...{ time: iso(timeMs), polled: iso(polledMs), committed: iso(committedMs) },
    },
    rules,
    present: story.present,
    windows: story.windows.map(({ sinceMs, toMs, ...window }) => ({
      ...window,
      ...{ since: iso(sinceMs), to: iso(toMs) },
    })),
    alerts: story.alerts.map(alertStoryJson),
    omittedAlerts: story.omittedAlerts,
    ...deliveriesJson(story),
  };
}

function alertStoryJson(story: AlertStory) {
  const { alert, quiet, broken, blind, groups, notifications, omittedNotifications } = story;
  return {
    alert: { ...alertJson(alert), sample: alert.sample.map(({ id, timeMs }) => ({ id, time: iso(timeMs) })) },
    blind: blindJson(blind),
    quiet: quiet.map(quietJson),
    broken: broken.map(breakJson),
    groups: groups.map(({ group, newCount, told }) => ({
      ...{ id: group.id, route: group.route, labels: group.labels, to: group.to },
      ...{ opened: iso(group.openedMs), due: iso(group.dueMs), reason: group.reason },
      ...{
        heldBecause: group.heldBecause,
        mutedBy: group.mutedBy,
        known: group.told,
        lastNotified: iso(group.lastNotifiedMs),
        untold: newCount,
        told,
      },
    })),
    notifications: notifications.map(notificationJson),
    omittedNotifications,
  };
}

function notificationJson({ notification, newCount, ...deliveries }: NotificationStory) {
  const { id, route, reason, group, severity, createdAtMs, alerts, omittedAlerts } = notification;
  return {
    notification: {
      ...{ id, route, reason, group, severity, created: iso(createdAtMs), newCount: notification.newCount },
      alerts: alerts.map(({ fingerprint, rule, newCount: count }) => ({
        fingerprint,
        rule,
        newCount: count,
      })),
      omittedAlerts,
    },
    newCountOfAlert: newCount,
    ...deliveriesJson(deliveries),
  };
}

function deliveriesJson({ deliveries, notSent }: Deliveries) {
  return { deliveries: deliveries.map(deliveryJson), notSent };
}

export function deliveryJson(delivery: DeliveryHistory) {
  const { seq, deliveryId, enqueuedMs, dueMs, settledMs, leaseUntilMs, history, ...rest } = delivery;
  return {
    ...{ number: seq, id: deliveryId, ...rest },
    ...{ enqueued: iso(enqueuedMs), due: iso(dueMs), settled: iso(settledMs) },
    ...(leaseUntilMs === undefined ? {} : { underWay: true }),
    history: history.map(({ fromMs, atMs, ...run }) => ({ ...run, from: iso(fromMs), at: iso(atMs) })),
    ...(rest.state === 'dead' ? { redrive: redriveCommand(seq) } : {}),
  };
}

export function redriveCommand(seq: number): string {
  return `tocsin deliveries redrive ${seq}`;
}
