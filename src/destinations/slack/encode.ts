import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import { alertAttachment, alertLine, colourOf } from './alert.ts';
import { context, type SlackAttachment, type SlackMessage, section, textLength } from './block.ts';
import { digestBlocks, digestHeadline } from './digest.ts';
import { eventLine } from './event.ts';
import { headline, newInRest, type View } from './headline.ts';
import { stormAttachment, stormHeadline } from './storm.ts';
import { utcTime } from './text.ts';
import { counted } from './words.ts';

/** Alerts shown whole: more of them would pass the 13,200 characters that Slack takes in all. */
const MAX_DETAILED = 3;
/** Of all blocks together, with something to spare. */
const MAX_TEXT = 13_000;
/** Alerts shown in one line each, after those. */
const MAX_LISTED = 10;

/** One message for one delivery. Every text an attacker wrote is escaped and bounded. */
export function encodeSlack(delivery: Delivery): SlackMessage {
  const base = message(textOf(delivery));
  if (delivery.kind === 'event') return base;
  if (delivery.kind === 'alert') return { ...base, attachments: attachments(delivery.notification, 'news') };
  const { digest } = delivery;
  if (digest.kind === 'storm') return { ...base, attachments: [stormAttachment(digest)] };
  return { ...base, blocks: digestBlocks(digest) };
}

/**
 * The one message of a group: `news` when it is posted, and how things stand (`state`) whenever it is brought up to
 * date.
 */
export function encodeRoot(notification: Notification, view: View): SlackMessage {
  const note = context(
    `Kept current, as of ${utcTime(notification.createdAtMs)}; what happened when stands in its thread.`,
  );
  return {
    ...message(headline(notification, view)),
    attachments: [...attachments(notification, view), { fallback: 'Kept current.', blocks: [note] }],
  };
}

/** What is new, for the thread of that message. */
export function encodeReply(notification: Notification): SlackMessage {
  const base = message(headline(notification, 'news'));
  const lines = notification.alerts.slice(0, MAX_LISTED);
  const omitted = notification.alerts.length - lines.length + notification.omittedAlerts;
  if (lines.length + omitted < 2) return base;
  const rest = restAttachment(lines, omitted, newInRest(notification, lines), 'news');
  return rest === undefined ? base : { ...base, attachments: [rest] };
}

/** What is sent where Slack refuses the designed message: the headline alone. */
export function encodeSlackPlainly(delivery: Delivery): SlackMessage {
  return message(`${textOf(delivery)}\n(Slack refused the full message.)`);
}

function message(text: string): SlackMessage {
  return { text, unfurl_links: false, unfurl_media: false };
}

function textOf(delivery: Delivery): string {
  if (delivery.kind === 'event') return eventLine(delivery);
  if (delivery.kind === 'alert') return headline(delivery.notification, 'news');
  const { digest } = delivery;
  return digest.kind === 'storm' ? stormHeadline(digest) : digestHeadline(digest);
}

function attachments(notification: Notification, view: View): SlackAttachment[] {
  const { alerts, id: notificationId } = notification;
  const detailed = alerts.slice(0, MAX_DETAILED);
  const listed = alerts.slice(MAX_DETAILED, MAX_DETAILED + MAX_LISTED);
  const shown = [...detailed, ...listed];
  const omitted = alerts.length - shown.length + notification.omittedAlerts;
  const isNamed = alerts.length + notification.omittedAlerts > 1;
  const rest = restAttachment(listed, omitted, newInRest(notification, shown), view);
  const whole = (contextRoom: number): SlackAttachment[] =>
    detailed.map((alert, i) =>
      alertAttachment(alert, { view, isNamed, contextRoom, ...(i === 0 ? { notificationId } : {}) }),
    );
  const room = Math.floor((MAX_TEXT - textLength([whole(0), rest])) / Math.max(1, detailed.length));
  return rest === undefined ? whole(room) : [...whole(room), rest];
}

/** The alerts that are not shown whole: every new match is counted somewhere in the message. */
function restAttachment(
  listed: readonly NotifiedAlert[],
  omitted: number,
  newInOmitted: number,
  view: View,
): SlackAttachment | undefined {
  if (listed.length === 0 && omitted === 0) return undefined;
  const [first] = listed;
  const note = `… ${counted(omitted, 'more alert')}, with ${counted(newInOmitted, 'new match', 'new matches')}`;
  return {
    ...(first === undefined ? {} : { color: colourOf(first) }),
    fallback: omitted === 0 ? counted(listed.length, 'more alert') : note,
    blocks: [
      ...(listed.length === 0 ? [] : [section(listed.map((alert) => alertLine(alert, view)).join('\n'))]),
      ...(omitted === 0 ? [] : [context(note)]),
    ],
  };
}
