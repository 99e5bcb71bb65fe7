import type { EventSummary, NotifiedAlert } from '../../core/alert.ts';
import type { Severity } from '../../core/severity.ts';
import { contextBlocks } from './alert-context.ts';
import { context, fields, type SlackAttachment, type SlackBlock, section } from './block.ts';
import { redactUrl } from './redact.ts';
import { code, codeLine, link, plain, utcTime } from './text.ts';

export const COLOURS: Readonly<Record<Severity, string>> = {
  CRITICAL: '#b00020',
  HIGH: '#e8590c',
  MEDIUM: '#f2b705',
  LOW: '#1c7ed6',
  INFO: '#868e96',
};

export const ICONS: Readonly<Record<Severity, string>> = {
  CRITICAL: '🔴',
  HIGH: '🟠',
  MEDIUM: '🟡',
  LOW: '🔵',
  INFO: '⚪',
};

const MAX_SAMPLES = 5;
const SAMPLE_LINE_MAX = 180;

/**
 * One alert, whole: which rule, who, what, when, how many, the evidence, what to do, and the ids by
 * which the log and the SIEM know it.
 * @param contextRoom characters that its context may take; none of it is shown where that is 0
 */
export function alertAttachment(
  alert: NotifiedAlert,
  notificationId: string,
  contextRoom = 0,
): SlackAttachment {
  const title = `*${alert.severity}* · *${plain(alert.ruleName, 150)}*`;
  const description = alert.description === undefined ? '' : `\n${plain(alert.description, 280)}`;
  return {
    color: COLOURS[alert.severity],
    fallback: plain(`${alert.severity} ${alert.ruleName}: ${counts(alert)}`, 300),
    blocks: [
      section(title + description),
      fields([who(alert), what(alert), when(alert), `*Matches*\n${counts(alert)}`]),
      ...evidence(alert),
      ...(alert.context === undefined ? [] : contextBlocks(alert.context, contextRoom)),
      context(`${origin(alert)}\n${ids(alert, notificationId)}`),
    ],
  };
}

/** One alert, in a line. */
export function alertLine(alert: NotifiedAlert): string {
  const values = Object.values(alert.group).slice(0, 2);
  const group = values.map((value) => ` ${code(value, 40)}`).join('');
  return `${ICONS[alert.severity]} *${alert.severity}* ${plain(alert.ruleName, 60)}${group} — ${counts(alert)}`;
}

/** New since the last message, and all since the alert opened. */
function counts(alert: NotifiedAlert): string {
  return `${alert.newCount} new (${alert.count} in all)`;
}

function who(alert: NotifiedAlert): string {
  const group = Object.entries(alert.group)
    .slice(0, 3)
    .map(([key, value]) => `${plain(key, 30)} ${code(value, 80)}`);
  const actors = 'actor' in alert.group ? [] : distinct(alert, (event) => event.actor, 3);
  const countries = distinct(alert, (event) => event.country, 3).map((country) => code(country, 20));
  const from = countries.length === 0 ? [] : [`from ${countries.join(' ')}`];
  return `*Who*\n${orUnknown([...group, ...actors.map((actor) => code(actor, 60)), ...from])}`;
}

function what(alert: NotifiedAlert): string {
  const requests = distinct(alert, (event) => codeLine(requestOf(event, pathOf(event)), 110), 3);
  return `*What*\n${orUnknown(requests.map((request) => `\`${request}\``))}`;
}

function when(alert: NotifiedAlert): string {
  return `*When*\nfirst ${utcTime(alert.firstSeenMs)}\nlast ${utcTime(alert.lastSeenMs)}`;
}

function evidence(alert: NotifiedAlert): SlackBlock[] {
  const lines = alert.sample.slice(0, MAX_SAMPLES).map(sampleLine);
  return lines.length === 0 ? [] : [section(`\`\`\`\n${lines.join('\n')}\n\`\`\``)];
}

function sampleLine(event: EventSummary): string {
  const status = event.statusCode === undefined ? '' : ` ${event.statusCode}`;
  const outcome = event.successfulExploit ? ' SUCCEEDED' : '';
  const request = requestOf(event, redactUrl(event.url ?? ''));
  return codeLine(`${utcTime(event.timeMs)}${status}${outcome} ${request}`, SAMPLE_LINE_MAX);
}

function origin(alert: NotifiedAlert): string {
  const rule = `rule ${code(alert.rule, 80)} · ${plain(alert.source, 64)} ${alert.feed}`;
  if (alert.runbook === undefined) return rule;
  return `${rule} · ${link(alert.runbook, 'Runbook', 500) ?? `runbook ${code(alert.runbook, 200)}`}`;
}

function ids({ sample }: NotifiedAlert, notificationId: string): string {
  const [newest] = sample;
  const event = newest === undefined ? '' : ` · newest event ${code(newest.id, 120)}`;
  return `${code(notificationId, 80)}${event}`;
}

function requestOf(event: EventSummary, url: string): string {
  return `${event.method ?? ''} ${event.host ?? ''}${url}`.trim();
}

/** Without the query: it differs from event to event, and the evidence shows it. */
function pathOf(event: EventSummary): string {
  return event.url?.split(/[?#]/, 1)[0] ?? '';
}

function distinct(
  alert: NotifiedAlert,
  of: (event: EventSummary) => string | undefined,
  max: number,
): string[] {
  const values = alert.sample.map(of).filter((value) => value !== undefined && value !== '');
  return [...new Set(values)].slice(0, max).filter((value) => value !== undefined);
}

function orUnknown(lines: readonly string[]): string {
  return lines.length === 0 ? 'unknown' : lines.join('\n');
}
