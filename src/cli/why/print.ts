import { styleText } from 'node:util';
import { isUnwatched } from '../../alerts/blind.ts';
import { counted } from '../../core/counted.ts';
import type { Attempts, DeliveryHistory, Membership } from '../../core/records.ts';
import type { AlertGroup } from '../../core/store.ts';
import { distinctText, groupText, short, UNWATCHED_LINE } from '../alert-view.ts';
import { breakText, quietText } from '../quiet.ts';
import { blindLines } from '../sight.ts';
import { clipped, many, moment, visible } from '../table.ts';
import type { Deliveries } from './deliveries.ts';
import { redriveCommand } from './json.ts';
import { eventLines } from './print-event.ts';
import type { AlertStory, NotificationStory } from './stories.ts';
import type { Story } from './story.ts';

/** A story for people: what came first stands first, and what belongs to something stands below it. */
export function storyText(story: Story, nowMs: number, colour: boolean): readonly string[] {
  const title = (text: string): string =>
    colour ? styleText('bold', text, { validateStream: false }) : text;
  const print: Printer = { nowMs, title };
  switch (story.kind) {
    case 'event':
      return eventText(story, print);
    case 'alert':
      return alertLines(story, print);
    case 'notification':
      return toldLines(story, print);
    case 'delivery':
      return [
        title(`delivery ${story.delivery.seq}`),
        ...deliveryLines(story.delivery, nowMs).map(indented),
        ...(story.event === undefined ? [] : ['', ...eventText(story.event, print)]),
        ...(story.notification === undefined ? [] : ['', ...toldLines(story.notification, print)]),
        ...((story.event ?? story.notification)
          ? []
          : [`${story.delivery.kind} ${visible(story.delivery.deliveryId)}`]),
      ];
  }
}

interface Printer {
  readonly nowMs: number;
  readonly title: (text: string) => string;
}

function eventText(
  story: Extract<Story, { kind: 'event' }> | Omit<Extract<Story, { kind: 'event' }>, 'kind'>,
  print: Printer,
): readonly string[] {
  return [
    ...eventLines(story, print),
    ...story.alerts.flatMap((alert) => ['', ...alertLines(alert, print)]),
    ...(story.omittedAlerts > 0 ? ['', `and ${many(story.omittedAlerts, 'more alert')}`] : []),
    '',
    print.title('the event itself'),
    ...deliveriesLines(story, print.nowMs).map(indented),
  ];
}

function alertLines(story: AlertStory, print: Printer): readonly string[] {
  const { alert, quiet, broken, blind, groups, notifications, omittedNotifications } = story;
  const { nowMs, title } = print;
  const { acknowledged: hand } = alert;
  const times = [
    many(alert.count, 'match', 'matches'),
    `${distinctText(alert.actors)} actor(s), ${distinctText(alert.apis)} API(s)`,
  ].join(', ');
  return [
    title(
      `alert ${short(alert.fingerprint)} ${clipped(alert.rule, 100)} ${clipped(groupText(alert.group), 200)}`,
    ),
    `  ${alert.state}, ${alert.severity}, ${times}`,
    `  opened ${moment(alert.openedAtMs, nowMs)}${alert.episode > 1 ? `, the ${alert.episode}. time` : ''}, last seen ${moment(alert.lastSeenMs, nowMs)}`,
    ...(alert.resolvedAtMs === undefined ? [] : [`  over since ${moment(alert.resolvedAtMs, nowMs)}`]),
    ...(isUnwatched(alert) ? [`  ${UNWATCHED_LINE}`] : []),
    ...blindLines(alert, blind).map((line) => `  ${line}`),
    ...(hand === undefined
      ? []
      : [
          `  acknowledged by ${visible(hand.by)} ${moment(hand.atMs, nowMs)}${hand.note === undefined ? '' : `: ${visible(hand.note)}`}`,
        ]),
    ...quiet.map((each) => `  ${quietText(each, nowMs)}`),
    ...broken.map((each) => `  ${breakText(each)}`),
    ...groups.map((group) => `  ${groupLine(group, nowMs)}`),
    ...notifications.flatMap((each) => notificationLines(each, print)).map(indented),
    ...(omittedNotifications > 0
      ? [`  and ${counted(omittedNotifications, 'more notification')} in between`]
      : []),
    ...(notifications.length === 0 ? ['  no notification has told of it since'] : []),
  ];
}

const HELD = {
  muted: 'its route does not speak now',
  silenced: 'silenced',
  inhibited: 'inhibited',
  acknowledged: 'acknowledged',
} as const;

function groupLine({ group, newCount, told }: Membership, nowMs: number): string {
  const { route, to, dueMs, reason, heldBecause } = group;
  const next =
    dueMs === undefined
      ? 'closed'
      : `looked at ${moment(dueMs, nowMs)} as ${heldBecause === undefined ? reason : `${reason}, held: ${heldText(group, heldBecause)}`}`;
  const said = told === undefined ? 'has not told of it' : `has told of it at ${told.severity}`;
  return `in group ${short(group.id)} of route ${visible(route)} to ${to.map(visible).join(', ')}, which ${said}: ${many(newCount, 'match', 'matches')} untold; ${next}${knownText(group)}`;
}

function heldText({ mutedBy }: AlertGroup, because: keyof typeof HELD): string {
  return because === 'muted' && mutedBy !== undefined
    ? `${HELD.muted} (mute time ${visible(mutedBy)})`
    : HELD[because];
}

/** Who is owed its end. */
function knownText({ told = {} }: AlertGroup): string {
  const names = Object.entries(told).map(([name, { how }]) =>
    how === 'message' ? visible(name) : `${visible(name)} (in a summary)`,
  );
  return names.length === 0 ? '' : `; known to ${names.join(', ')}`;
}

function notificationLines(story: NotificationStory, { nowMs, title }: Printer): readonly string[] {
  const { notification, newCount } = story;
  const { id, route, reason, severity, createdAtMs, omittedAlerts } = notification;
  const own = newCount === undefined ? '' : `, ${newCount} of them of this alert`;
  const rest = omittedAlerts === 0 ? '' : `, ${many(omittedAlerts, 'alert')} only counted`;
  return [
    title(`notification ${visible(id)}`),
    `  ${reason}, ${severity}, by route ${visible(route)}, made ${moment(createdAtMs, nowMs)}: ${many(notification.newCount, 'new match', 'new matches')}${own}${rest}`,
    ...deliveriesLines(story, nowMs).map(indented),
  ];
}

/** The notification with the alerts that it lists. */
function toldLines(story: NotificationStory, print: Printer): readonly string[] {
  const alerts = story.notification.alerts.map(({ fingerprint, rule, group, newCount }) => {
    const what = `${short(fingerprint)} ${clipped(rule, 100)} ${clipped(groupText(group), 200)}`;
    return `  alert ${what}: ${many(newCount, 'new match', 'new matches')}`;
  });
  return [...notificationLines(story, print), ...alerts];
}

function deliveriesLines({ deliveries, notSent }: Deliveries, nowMs: number): readonly string[] {
  return [
    ...deliveries.flatMap((each) => deliveryLines(each, nowMs)),
    ...notSent.map(
      ({ destination, because }) => `${visible(destination)}: not sent there: ${visible(because)}`,
    ),
    ...(deliveries.length + notSent.length === 0 ? ['sent nowhere, as far as is known'] : []),
  ];
}

function deliveryLines(delivery: DeliveryHistory, nowMs: number): readonly string[] {
  const { seq, destination, state, attempts, reason, enqueuedMs, history } = delivery;
  return [
    `${visible(destination)}: ${stateText(delivery, nowMs)} (delivery ${seq}, ${many(attempts, 'attempt')}, queued ${moment(enqueuedMs, nowMs)})`,
    ...history.map((run) => `  ${attemptText(run, nowMs)}`),
    ...(state === 'dead' && history.length === 0 ? [`  ${visible(reason ?? '')}`] : []),
    ...(state === 'dead' ? [`  send it again: ${redriveCommand(seq)}`] : []),
  ];
}

/** How a delivery stands, with the time. */
export function stateText(
  { state, settledMs, dueMs, leaseUntilMs = 0, reason }: DeliveryHistory,
  nowMs: number,
): string {
  const at = settledMs === undefined ? '' : ` ${moment(settledMs, nowMs)}`;
  if (state === 'dead') return `given up${at}`;
  if (state === 'pending' && leaseUntilMs > nowMs) return 'under way now';
  if (state === 'pending' && dueMs <= nowMs)
    return `waits, due since ${moment(dueMs, nowMs)}: for its turn, or until its destination takes deliveries again`;
  if (state === 'pending') return `waits, next attempt ${moment(dueMs, nowMs)} at the earliest`;
  // What was closed without being delivered says why.
  return reason === undefined ? `delivered${at}` : `closed${at}: ${visible(reason)}`;
}

export function attemptText({ outcome, fromMs, atMs, times, reason }: Attempts, nowMs: number): string {
  const often = times === 1 ? '' : `, ${times} times since ${moment(fromMs, nowMs)}`;
  return `${moment(atMs, nowMs)} ${outcome}${often}${reason === undefined ? '' : `: ${visible(reason)}`}`;
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`;
}
