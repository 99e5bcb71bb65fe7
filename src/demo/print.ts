import { styleText } from 'node:util';
import { counted } from '../core/counted.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { SEVERITIES, type Severity } from '../core/severity.ts';
import type { HecEvent, ReceivedWebhook, SlackMessage } from './receivers/index.ts';
import { type SlackLine, slackLines } from './slack-view.ts';
import { terminalText } from './terminal-text.ts';

export interface PrintOptions {
  readonly colour: boolean;
  /** Columns of the terminal; no line is wider. */
  readonly columns: number;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const LABEL_COLUMNS = 9;
/** A digest of a day has no more; whatever else is longer is an attack on the reader. */
const MAX_SLACK_LINES = 60;

const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = {
  CRITICAL: ['bold', 'magenta'],
  HIGH: ['bold', 'red'],
  MEDIUM: 'yellow',
  LOW: 'blue',
  INFO: 'gray',
};

const LINE_STYLES: Readonly<Record<SlackLine['kind'], Style | undefined>> = {
  title: 'bold',
  text: undefined,
  field: undefined,
  note: 'dim',
  link: 'underline',
  rule: 'dim',
};

function painter({ colour }: PrintOptions): Paint {
  // Whoever calls knows whether this goes to a terminal; the environment of this process does not.
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

function label(name: string): string {
  return name.padEnd(LABEL_COLUMNS);
}

/** What a bot does with a message that stands there already. */
const DOINGS: Readonly<Record<NonNullable<SlackMessage['doing']>, string>> = {
  edit: '✎ a message is now:',
  reply: '↳ in its thread:',
  broadcast: '↳ in its thread and in the channel:',
};

/** A message as a person sees it in Slack: a bar in the severity's colour, the title, then line by line. */
export function printSlack(message: SlackMessage, options: PrintOptions): string[] {
  const paint = painter(options);
  const doing: SlackLine[] =
    message.doing === undefined ? [] : [{ kind: 'note', text: DOINGS[message.doing] }];
  const lines = [...doing, ...slackLines(message.payload)];
  const bar = paint(SEVERITY_STYLES[severityIn([message.text, ...lines.map(({ text }) => text)])], '▌');
  const columns = options.columns - LABEL_COLUMNS - 2;
  const shown = lines.slice(0, MAX_SLACK_LINES).map(({ kind, text }) => {
    const clean =
      kind === 'rule' ? '─'.repeat(Math.max(0, Math.min(columns, 40))) : terminalText(text, columns);
    const style = LINE_STYLES[kind];
    return style === undefined ? clean : paint(style, clean);
  });
  if (lines.length > MAX_SLACK_LINES) shown.push(`… ${counted(lines.length - MAX_SLACK_LINES, 'more line')}`);
  return shown.map((line, index) => `${paint('cyan', label(index === 0 ? 'slack' : ''))}${bar} ${line}`);
}

/** The first severity word that the message says. */
function severityIn(texts: readonly string[]): Severity {
  for (const text of texts) {
    const words = new Set(text.toUpperCase().match(/[A-Z]+/g));
    const found = SEVERITIES.findLast((severity) => words.has(severity));
    if (found !== undefined) return found;
  }
  return 'INFO';
}

/** An indexed event in one line: where it went, then who did what, then its id, as far as it says. */
export function printHec(received: HecEvent, options: PrintOptions): string {
  const place = ['index', 'sourcetype'].flatMap((key) => {
    const value = received.envelope[key];
    return typeof value === 'string' ? [`${key}=${value}`] : [];
  });
  const { event } = received;
  const told = isJsonObject(event) ? tell(event) : [JSON.stringify(event)];
  return oneLine('hec', [...place, ...told], options);
}

/** A webhook in one line: type, id, and what it is about. */
export function printWebhook(webhook: ReceivedWebhook, options: PrintOptions): string {
  const data = isJsonObject(webhook.payload) ? webhook.payload['data'] : undefined;
  const about = isJsonObject(data) ? tell(data).filter((part) => part !== webhook.id) : [];
  const parts = [webhook.type || 'untyped', webhook.id || 'no id', ...about, ...newestEvent(data)];
  return oneLine('webhook', webhook.duplicate ? [...parts, '(seen before)'] : parts, options);
}

/** Of a notification's first alert. */
function newestEvent(data: Json | undefined): string[] {
  const alerts = isJsonObject(data) ? data['alerts'] : undefined;
  const [alert] = Array.isArray(alerts) ? alerts : [];
  const events = isJsonObject(alert) ? alert['events'] : undefined;
  const [event] = Array.isArray(events) ? events : [];
  return isJsonObject(event) && typeof event['id'] === 'string' ? [event['id']] : [];
}

function oneLine(name: string, parts: readonly string[], options: PrintOptions): string {
  const paint = painter(options);
  const columns = options.columns - LABEL_COLUMNS;
  const text = terminalText(parts.filter((part) => part !== '').join('  '), columns);
  return paint('cyan', label(name)) + text;
}

/** The names that the schemas give to one thing, most telling first. */
const TELLING: readonly (readonly string[])[] = [
  ['severity', 'event.severity'],
  ['rule_name', 'ruleName', 'signature', 'rule', 'rule.name', 'filterId', 'title', 'reason'],
  ['actor', 'src', 'src_ip', 'source.ip', 'ipAddress'],
  ['method', 'http_method'],
  ['url', 'uri_path', 'url.path', 'path'],
  ['status', 'statusCode'],
  ['count', 'newCount'],
  ['tocsin_id', 'id'],
];

/** Looks at the object's own scalars and one level below: every schema nests differently, none deeper for these. */
function tell(object: JsonObject): string[] {
  const levels = [object, ...Object.values(object).flatMap((value) => firstObject(value))];
  return TELLING.flatMap((names) => {
    const value = firstScalar(levels, names);
    return value === undefined ? [] : [String(value)];
  });
}

function firstObject(value: Json | undefined): JsonObject[] {
  const first = Array.isArray(value) ? value[0] : value;
  return isJsonObject(first) ? [first] : [];
}

function firstScalar(levels: readonly JsonObject[], names: readonly string[]): Json | undefined {
  for (const level of levels) {
    for (const name of names) {
      const value = Object.hasOwn(level, name) ? level[name] : undefined;
      if (typeof value === 'string' || typeof value === 'number') return value;
    }
  }
  return undefined;
}
