import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';

// What the real things refuse, by their documentation.

/** Why Discord refuses a message; undefined where it takes it. */
export function discordFault(message: unknown): string | undefined {
  if (!isJsonObject(message)) return 'Cannot send an empty message';
  const embeds = objects(message['embeds']);
  if (text(message['content']).length > 2_000) return 'content: Must be 2000 or fewer in length.';
  if (embeds.length > 10) return 'embeds: Must be 10 or fewer in length.';
  if (embeds.reduce((sum, embed) => sum + embedLength(embed), 0) > 6_000)
    return 'embeds: Embed size exceeds maximum size of 6000';
  return embeds.map(embedFault).find((fault) => fault !== undefined);
}

function embedFault(embed: JsonObject): string | undefined {
  const fields = objects(embed['fields']);
  const bounds: [string, string, number][] = [
    ['title', text(embed['title']), 256],
    ['description', text(embed['description']), 4_096],
    ['footer', footerText(embed), 2_048],
    ...fields.flatMap((field): [string, string, number][] => [
      ['field name', text(field['name']), 256],
      ['field value', text(field['value']), 1_024],
    ]),
  ];
  const long = bounds.find(([, value, max]) => value.length > max);
  if (long !== undefined) return `${long[0]}: Must be ${long[2]} or fewer in length.`;
  if (fields.length > 25) return 'fields: Must be 25 or fewer in length.';
  const isBlank = fields.some(
    (field) => text(field['name']).trim() === '' || text(field['value']).trim() === '',
  );
  return isBlank ? 'fields: This field is required' : undefined;
}

function embedLength(embed: JsonObject): number {
  const fields = objects(embed['fields']).map(
    (field) => text(field['name']).length + text(field['value']).length,
  );
  const own = text(embed['title']).length + text(embed['description']).length + footerText(embed).length;
  return fields.reduce((sum, length) => sum + length, own);
}

function footerText(embed: JsonObject): string {
  return isJsonObject(embed['footer']) ? text(embed['footer']['text']) : '';
}

/** Why a Teams workflow refuses a message; also where a text would be read as markdown. */
export function teamsFault(message: unknown, bytes: number): string | undefined {
  if (bytes > 28_000) return 'RequestEntityTooLarge';
  const [attachment] = isJsonObject(message) ? objects(message['attachments']) : [];
  const card = attachment?.['content'];
  if (attachment?.['contentType'] !== 'application/vnd.microsoft.card.adaptive' || !isJsonObject(card))
    return 'no Adaptive Card';
  if (card['type'] !== 'AdaptiveCard' || text(card['version']) === '') return 'no Adaptive Card';
  const blocks = objects(card['body']);
  const runs = blocks.flatMap((block) => objects(block['inlines']));
  if (blocks.length === 0 || blocks.some((block) => block['type'] !== 'RichTextBlock'))
    return 'a block that reads markdown';
  return runs.some((run) => run['type'] !== 'TextRun' || text(run['text']) === '')
    ? 'an empty run'
    : undefined;
}

const ACTIONS: readonly unknown[] = ['trigger', 'acknowledge', 'resolve'];
const SEVERITIES: readonly unknown[] = ['critical', 'error', 'warning', 'info'];

/** Why PagerDuty refuses an event, in its own words. */
export function pagerdutyFaults(event: unknown, bytes: number): string[] {
  if (!isJsonObject(event)) return ['Event object is invalid'];
  const payload = isJsonObject(event['payload']) ? event['payload'] : {};
  const links = objects(event['links']);
  const faults: [string, boolean][] = [
    ['Event is larger than 512 KB', bytes > 512_000],
    [
      "Length of 'routing_key' is incorrect (should be 32 characters)",
      text(event['routing_key']).length !== 32,
    ],
    ["'event_action' is invalid", !ACTIONS.includes(event['event_action'])],
    ["'dedup_key' is invalid", !/^.{1,255}$/su.test(text(event['dedup_key']))],
    ["'payload.summary' is missing or blank", text(payload['summary']).trim() === ''],
    ["Length of 'payload.summary' is incorrect", text(payload['summary']).length > 1_024],
    ["'payload.source' is missing or blank", text(payload['source']).trim() === ''],
    ["'payload.severity' is invalid", !SEVERITIES.includes(payload['severity'])],
    ["'payload.timestamp' is invalid", Number.isNaN(Date.parse(text(payload['timestamp'])))],
    ["'links' is invalid", links.some((link) => !/^https?:/.test(text(link['href'])))],
  ];
  return faults.flatMap(([fault, holds]) => (holds ? [fault] : []));
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
