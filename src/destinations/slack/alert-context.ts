import type { AlertContext, Evidence } from '../../core/alert.ts';
import { context, type SlackBlock, section, textLength } from './block.ts';
import { markdownToSlack } from './markdown.ts';
import { redactUrl } from './redact.ts';
import { type Clockwork, clockOf, code, codeLine, plain, utcTime } from './text.ts';
import { counted, numberText } from './words.ts';

const MOST_REQUESTS = 5;
const REQUEST_LINE_MAX = 180;
const MOST_MISSING = 4;
const MISSING_MAX = 250;
/** A section takes 3,000 characters; its heading is one line of them. */
const REMEDIATION_MAX = 2_900;
/** Advice that has less room than this says nothing. */
const REMEDIATION_MIN = 200;
const WARNING = '⚠️ ';

/**
 * What the source knew of an alert: the requests behind it, the incident, what to do, and what could not be had.
 * Where there is too little room, advice goes first, and what is missing last.
 * @param room characters
 */
export function contextBlocks(known: AlertContext, room: number): SlackBlock[] {
  const missing = missingBlock(known.missing, room);
  const incident = fitting(incidentBlock(known.incident), room - textLength(missing));
  const requests = requestsBlock(known.evidence, room - textLength([missing, incident]));
  const advice = remediationBlock(known.remediation, room - textLength([missing, incident, requests]));
  return [...requests, ...incident, ...advice, ...missing];
}

function fitting(blocks: SlackBlock[], room: number): SlackBlock[] {
  return textLength(blocks) <= room ? blocks : [];
}

/** As many of them as there is room for. */
function requestsBlock(evidence: AlertContext['evidence'], room: number): SlackBlock[] {
  if (evidence === undefined) return [];
  const newestMs = evidence.requests.find(({ timeMs }) => timeMs !== undefined)?.timeMs;
  const clock = clockOf(newestMs ?? 0);
  const day = newestMs === undefined ? '' : `; ${clock.day}`;
  const heading = `*Requests behind it* (newest of ${numberText(evidence.total)}${day})\n`;
  const lines = evidence.requests
    .slice(0, MOST_REQUESTS)
    .map((request) => requestLine(request, clock))
    .filter((line) => line !== '');
  const most = Math.floor((room - heading.length - '```\n```'.length) / (REQUEST_LINE_MAX + 1));
  const shown = lines.slice(0, Math.max(0, most));
  const block = shown.length === 0 ? '(none can be shown)' : `\`\`\`\n${shown.join('\n')}\n\`\`\``;
  return fitting([section(`${heading}${block}`)], room);
}

function requestLine(
  { timeMs, statusCode, method = '', host = '', path = '' }: Evidence,
  clock: Clockwork,
): string {
  const parts = [
    timeMs === undefined ? '' : clock.text(timeMs),
    statusCode === undefined ? '' : String(statusCode),
    method,
    `${host}${redactUrl(path)}`,
  ];
  return codeLine(parts.filter((part) => part !== '').join(' '), REQUEST_LINE_MAX);
}

function incidentBlock(incident: AlertContext['incident']): SlackBlock[] {
  if (incident === undefined) return [];
  const { id, attackId, requests, userAgent, updatedMs } = incident;
  const parts = [
    `*Incident* ${code(id, 120)}`,
    ...(attackId === undefined ? [] : [`attack ${code(attackId, 120)}`]),
    ...(requests === undefined ? [] : [counted(requests, 'request')]),
    ...(userAgent === undefined ? [] : [`by ${code(userAgent, 200)}`]),
    ...(updatedMs === undefined ? [] : [`as of ${utcTime(updatedMs)}`]),
  ];
  return [section(parts.join(' · '))];
}

function remediationBlock(remediation: string | undefined, room: number): SlackBlock[] {
  if (remediation === undefined) return [];
  const heading = '*What to do*\n';
  const max = Math.min(REMEDIATION_MAX, room) - heading.length;
  const text = max < REMEDIATION_MIN ? '' : markdownToSlack(remediation, max);
  return text === '' ? [] : [section(`${heading}${text}`)];
}

/** Silence about what is not there would read as if there were nothing. */
function missingBlock(missing: readonly string[], room: number): SlackBlock[] {
  const sentences = missing.slice(0, MOST_MISSING);
  const share = Math.floor(room / Math.max(1, sentences.length)) - WARNING.length - 1;
  if (sentences.length === 0 || share < WARNING.length) return [];
  const lines = sentences.map((sentence) => `${WARNING}${plain(sentence, Math.min(MISSING_MAX, share))}`);
  return [context(lines.join('\n'))];
}
