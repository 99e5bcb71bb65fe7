import type { Notification, NotifiedAlert } from '../../core/alert.ts';
import type { Delivery } from '../../core/delivery.ts';
import { acknowledgement } from './acknowledgement.ts';
import { alertAttachment, alertLine, colourOf } from './alert.ts';
import { context, type SlackAttachment, type SlackMessage, section, textLength } from './block.ts';
import { digestBlocks, digestHeadline } from './digest.ts';
import { eventLine } from './event.ts';
import { countedView, headline, newInRest, type View } from './headline.ts';
import { stormAttachment, stormHeadline, stormPlainly } from './storm.ts';
import { utcTime } from './text.ts';
import { COLOURS, counted, OVER_COLOUR } from './words.ts';

/** Alerts shown whole: more of them would pass the 13,200 characters that Slack takes in all. */
const MAX_DETAILED = 3;
/** Of all blocks together: so many less than Slack takes that the bot's note has room too. */
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
  const shown = attachments(notification, view);
  // It turns green though nothing of it is left to be shown.
  const colour = shown.length > 0 ? {} : { color: bareColour(notification) };
  return {
    ...message(headline(notification, view)),
    attachments: [...shown, { ...colour, fallback: 'Kept current.', blocks: [note] }],
  };
}

function bareColour({ reason, severity }: Notification): string {
  return reason === 'resolved' ? OVER_COLOUR : COLOURS[severity];
}

/** What is new, for the thread of that message. */
export function encodeReply(notification: Notification): SlackMessage {
  if (notification.reason === 'acknowledged') return message(acknowledgement(notification));
  const base = message(headline(notification, 'news'));
  const lines = notification.alerts.slice(0, MAX_LISTED);
  const omitted = notification.alerts.length - lines.length + notification.omittedAlerts;
  if (lines.length + omitted < 2) return base;
  const rest = restAttachment(notification, lines, lines, 'news');
  return rest === undefined ? base : { ...base, attachments: [rest] };
}

/** What is sent where Slack refuses the designed message: the headline alone. */
export function encodeSlackPlainly(delivery: Delivery): SlackMessage {
  const isStorm = delivery.kind === 'digest' && delivery.digest.kind === 'storm';
  const text = isStorm ? stormPlainly(delivery.digest) : textOf(delivery);
  return message(`${text}\n(Slack refused the full message.)`);
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
  for (let most = MAX_DETAILED; most > 1; most -= 1) {
    const some = attachmentsOf(notification, view, most);
    if (textLength(some) <= MAX_TEXT) return some;
  }
  return attachmentsOf(notification, view, 1);
}

/** The worst alerts whole, the next in a line each, and the rest counted. */
function attachmentsOf(notification: Notification, told: View, mostDetailed: number): SlackAttachment[] {
  const { alerts, id: notificationId } = notification;
  const view = countedView(notification, told);
  const detailed = alerts.slice(0, mostDetailed);
  const listed = alerts.slice(mostDetailed, mostDetailed + MAX_LISTED);
  const isNamed = alerts.length + notification.omittedAlerts > 1;
  const said = isNamed ? notification.group : {};
  const rest = restAttachment(notification, listed, [...detailed, ...listed], view);
  const whole = (contextRoom: number): SlackAttachment[] =>
    detailed.map((alert, i) =>
      alertAttachment(alert, { view, isNamed, said, contextRoom, ...(i === 0 ? { notificationId } : {}) }),
    );
  const left = MAX_TEXT - textLength([whole(0), rest]);
  const room = Math.max(0, Math.floor(left / Math.max(1, detailed.length)));
  return rest === undefined ? whole(room) : [...whole(room), rest];
}

/** The alerts that are not shown whole: every new match is counted somewhere in the message. */
function restAttachment(
  notification: Notification,
  listed: readonly NotifiedAlert[],
  shown: readonly NotifiedAlert[],
  told: View,
): SlackAttachment | undefined {
  const { alerts, omittedAlerts, group } = notification;
  const omitted = alerts.length - shown.length + omittedAlerts;
  if (listed.length === 0 && omitted === 0) return undefined;
  const view = countedView(notification, told);
  const [first] = listed;
  const note = `… ${counted(omitted, 'more alert')}${newWords(newInRest(notification, shown))}`;
  const lines = listed.map((alert) => alertLine(alert, view, group));
  return {
    ...(first === undefined ? {} : { color: colourOf(first) }),
    fallback: omitted === 0 ? counted(listed.length, 'more alert') : note,
    blocks: [
      ...(listed.length === 0 ? [] : [section(lines.join('\n'))]),
      ...(omitted === 0 ? [] : [context(note)]),
    ],
  };
}

function newWords(newInRest: number): string {
  return newInRest === 0 ? '' : `, with ${counted(newInRest, 'new match', 'new matches')}`;
}
