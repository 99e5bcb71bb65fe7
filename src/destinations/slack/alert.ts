import { blindText, isUnwatched, UNWATCHED } from '../../alerts/blind.ts';
import type { EventSummary, NotifiedAlert } from '../../core/alert.ts';
import { contextBlocks } from './alert-context.ts';
import { about, requestOf, what, when, who } from './alert-facts.ts';
import { context, fields, type SlackAttachment, type SlackBlock, section } from './block.ts';
import { badge, counts, OPERATIONS_GIST_MAX, type View } from './headline.ts';
import { redactUrl } from './redact.ts';
import { bold, type Clockwork, clockOf, code, codeLine, link, plain, utcTime } from './text.ts';
import { COLOURS, numberText, OPERATIONS_COLOUR, OPERATIONS_ICON, OVER_COLOUR, OVER_ICON } from './words.ts';

const MAX_SAMPLES = 5;
/** Of one alert among several. */
const FEW_SAMPLES = 2;
const SAMPLE_LINE_MAX = 180;
const DESCRIPTION_MAX = 400;
const OPERATIONS_DESCRIPTION_MAX = 1_200;
/** More than any description comes to. */
const NO_BOUND = 1_000_000;

export interface AlertShape {
  /** Absent where the message has said it. */
  readonly notificationId?: string;
  readonly view: View;
  /** False where the message is about this alert alone, and its headline names it. */
  readonly isNamed: boolean;
  /** Labels of the group that the headline shows. */
  readonly said: Readonly<Record<string, string>>;
  /** Characters that its context may take; none of it is shown where that is 0. */
  readonly contextRoom: number;
}

/**
 * One alert, whole: which rule, who, what, when, how many, the evidence, what to do, and the ids by
 * which the log and the SIEM know it. Of one that is over, what it was.
 */
export function alertAttachment(alert: NotifiedAlert, shape: AlertShape): SlackAttachment {
  return {
    color: colourOf(alert),
    fallback: plain(`${alert.severity} ${alert.ruleName}: ${countsText(alert, shape.view)}`, 300),
    blocks: [...titleBlocks(alert, shape.isNamed), ...bodyBlocks(alert, shape), origin(alert, shape)],
  };
}

function bodyBlocks(alert: NotifiedAlert, { view, contextRoom, isNamed, said }: AlertShape): SlackBlock[] {
  const facts = [when(alert), `*Matches*\n${countsText(alert, view)}`];
  if (alert.feed === 'operations')
    return [fields([about(alert), ...facts.slice(0, 1)]), ...unseen(alert), ...handled(alert)];
  const main = fields([who(alert, said), what(alert), ...facts].filter((text) => text !== ''));
  if (alert.state === 'resolved') return [main];
  const known = alert.context === undefined ? [] : contextBlocks(alert.context, contextRoom);
  return [
    main,
    ...unseen(alert),
    ...handled(alert),
    ...evidence(alert, isNamed ? FEW_SAMPLES : MAX_SAMPLES),
    ...known,
  ];
}

/** One alert, in a line. */
export function alertLine(alert: NotifiedAlert, view: View, said: Readonly<Record<string, string>>): string {
  const group = Object.entries(alert.group)
    .filter(([key, value]) => said[key] !== value)
    .slice(0, 2)
    .map(([, value]) => ` ${code(value, 40)}`)
    .join('');
  return `${mark(alert)} ${plain(alert.ruleName, 60)}${group} — ${countsText(alert, view)}${stateText(alert)}`;
}

export function colourOf({ state, feed, severity }: NotifiedAlert): string {
  if (state === 'resolved') return OVER_COLOUR;
  return feed === 'operations' ? OPERATIONS_COLOUR : COLOURS[severity];
}

function mark({ state, feed, severity }: NotifiedAlert): string {
  if (state === 'resolved') return `${OVER_ICON} ${severity}`;
  return feed === 'operations' ? `${OPERATIONS_ICON} *${severity}*` : badge(severity);
}

function stateText(alert: NotifiedAlert): string {
  const { state, acknowledged } = alert;
  if (state === 'resolved') return isUnwatched(alert) ? `, ${UNWATCHED}` : ', resolved';
  const unseen = blindText(alert);
  const hand = acknowledged === undefined ? '' : `, in the hands of ${plain(acknowledged.by, 60)}`;
  return unseen === undefined ? hand : `${hand}, ${unseen}`;
}

function countsText(alert: NotifiedAlert, view: View): string {
  return counts(view === 'state' ? alert.count : alert.newCount, alert.count);
}

function titleBlocks(alert: NotifiedAlert, isNamed: boolean): SlackBlock[] {
  const isOver = alert.state === 'resolved';
  const description = isOver ? '' : descriptionOf(alert, isNamed);
  const lines = [
    ...(isNamed ? [`${mark(alert)} · ${bold(alert.ruleName, 150)}${stateText(alert)}`] : []),
    ...(description === '' ? [] : [description]),
    ...(isOver ? [] : runbook(alert)),
  ];
  return lines.length === 0 ? [] : [section(lines.join('\n'))];
}

/** Nothing where the headline has said it all. */
function descriptionOf({ description = '', feed }: NotifiedAlert, isNamed: boolean): string {
  if (feed !== 'operations') return plain(description, DESCRIPTION_MAX);
  const isSaid = !isNamed && plain(description, OPERATIONS_GIST_MAX) === plain(description, NO_BOUND);
  return isSaid ? '' : plain(description, OPERATIONS_DESCRIPTION_MAX);
}

function runbook({ runbook: address }: NotifiedAlert): string[] {
  if (address === undefined) return [];
  return [`📖 ${link(address, 'Runbook', 500) ?? `Runbook: ${code(address, 200)}`}`];
}

/** Whoever reads that it goes on must know where nobody can see whether it does. */
function unseen(alert: NotifiedAlert): SlackBlock[] {
  const text = blindText(alert);
  return text === undefined ? [] : [context(`🙈 Nobody can see whether it goes on: ${text}`)];
}

/** Who has it in hand: whoever else reads it need not. */
function handled({ acknowledged }: NotifiedAlert): SlackBlock[] {
  if (acknowledged === undefined) return [];
  const { by, atMs, note } = acknowledged;
  const why = note === undefined ? '' : `: ${plain(note, 300)}`;
  return [context(`👤 In the hands of *${plain(by.replaceAll('*', '∗'), 80)}* since ${utcTime(atMs)}${why}`)];
}

function evidence(alert: NotifiedAlert, max: number): SlackBlock[] {
  const events = alert.sample.slice(0, max);
  const [newest] = events;
  if (newest === undefined) return [];
  const clock = clockOf(newest.timeMs);
  const of = alert.count > events.length ? `newest ${events.length} of ${numberText(alert.count)}; ` : '';
  const lines = events.map((event) => sampleLine(event, clock)).join('\n');
  return [section(`*Evidence* (${of}${clock.day})\n\`\`\`\n${lines}\n\`\`\``)];
}

function sampleLine(event: EventSummary, clock: Clockwork): string {
  const status = event.statusCode === undefined ? '' : ` ${event.statusCode}`;
  const outcome = event.successfulExploit ? ' SUCCEEDED' : '';
  const request = requestOf(event, redactUrl(event.url ?? ''));
  return codeLine(`${clock.text(event.timeMs)}${status}${outcome} ${request}`, SAMPLE_LINE_MAX);
}

/** The names by which the log, the SIEM and the commands know it. */
function origin(alert: NotifiedAlert, { notificationId }: AlertShape): SlackBlock {
  const { rule, source, feed, fingerprint, state, sample } = alert;
  const [newest] = sample;
  const event =
    newest === undefined || feed === 'operations' ? '' : ` · newest event ${code(newest.id, 120)}`;
  const verbs = state === 'open' ? ['ack', 'why'] : ['why'];
  const commands = verbs.map((verb) => code(`tocsin ${verb} ${fingerprint}`, 60)).join(' · ');
  const ids = notificationId === undefined ? '' : `${code(notificationId, 80)}${event}\n`;
  return context(`rule ${code(rule, 80)} · ${plain(source, 64)} ${feed}\n${ids}${commands}`);
}
