import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** A line of a Slack message as a person sees it. */
export interface SlackLine {
  readonly kind: 'title' | 'text' | 'field' | 'note' | 'link' | 'rule';
  readonly text: string;
}

/** The lines of a message: of its blocks, wherever they stand, or of its text where it has none. */
export function slackLines(payload: JsonObject): SlackLine[] {
  const attachments = Array.isArray(payload['attachments'])
    ? payload['attachments'].filter(isJsonObject)
    : [];
  const lines = [payload, ...attachments].flatMap((part) => asArray(part['blocks']).flatMap(blockLines));
  if (lines.length > 0) return lines;
  const texts = [payload, ...attachments].flatMap((part) => paragraphs('text', part['text']));
  return texts.length > 0 ? texts : paragraphs('text', attachments[0]?.['fallback']);
}

function asArray(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function blockLines(block: Json): SlackLine[] {
  if (!isJsonObject(block)) return [];
  switch (block['type']) {
    case 'header':
      return paragraphs('title', textOf(block['text']));
    case 'section':
      return [
        ...paragraphs('text', textOf(block['text'])),
        ...asArray(block['fields']).map((field) => line('field', textOf(field))),
      ];
    case 'context':
      return [line('note', asArray(block['elements']).map(textOf).join('  '))];
    case 'actions':
      return asArray(block['elements']).map((element) => line('link', button(element)));
    case 'divider':
      return [{ kind: 'rule', text: '' }];
    default:
      return [];
  }
}

function textOf(element: Json | undefined): string {
  if (typeof element === 'string') return element;
  const text = isJsonObject(element) ? element['text'] : undefined;
  return typeof text === 'string' ? text : '';
}

function button(element: Json): string {
  if (!isJsonObject(element)) return '';
  const url = typeof element['url'] === 'string' ? ` ${element['url']}` : '';
  return textOf(element['text']) + url;
}

function line(kind: SlackLine['kind'], text: string): SlackLine {
  return { kind, text: seen(text.replaceAll('\n', ' ')) };
}

function paragraphs(kind: SlackLine['kind'], text: Json | undefined): SlackLine[] {
  if (typeof text !== 'string' || text === '') return [];
  return text
    .split('\n')
    .filter((paragraph) => paragraph !== '```')
    .map((paragraph) => line(kind, paragraph));
}

/** Slack's markup as it looks: mentions ring, links show their label, entities are what they stand for. */
function seen(markup: string): string {
  return markup
    .replace(/<!(channel|here|everyone)(?:\|[^<>]*)?>/g, '@$1')
    .replace(/<([@#][A-Z0-9]+)(?:\|[^<>]*)?>/g, '$1')
    .replace(/<([^<>|!@#][^<>|]*)\|([^<>|]*)>/g, '$2 ($1)')
    .replace(/<([^<>|!@#][^<>|]*)>/g, '$1')
    .replace(/\*([^*\s][^*]*)\*/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
