import { isJsonObject, type Json, type JsonObject } from '../src/core/json.ts';

/** A message as somebody sees it in Slack, near enough to judge it by. Everything in it is escaped. */
export interface Shown {
  readonly payload: JsonObject;
  /** `21:44`. */
  readonly time: string;
  /** An answer that stands in a thread. */
  readonly isReply?: boolean;
  readonly isBroadcast?: boolean;
  readonly isEdited?: boolean;
}

export function messageHtml({ payload, time, isReply, isBroadcast, isEdited }: Shown): string {
  const classes = ['message', ...(isReply ? ['reply'] : [])].join(' ');
  const note = isBroadcast
    ? '<div class="broadcast">replied to a thread, shown in the channel too</div>'
    : '';
  const edited = isEdited ? ' <span class="time">(edited)</span>' : '';
  return `<div class="${classes}"><div class="avatar">🔔</div><div class="content">
<div class="head"><b>Tocsin</b> <span class="app">APP</span> <span class="time">${escapeHtml(time)}</span></div>
${note}${bodyHtml(payload)}${edited}</div></div>`;
}

/** As Slack does: with blocks of its own, a message's text shows in notifications alone. */
function bodyHtml(payload: JsonObject): string {
  const blocks = asArray(payload['blocks']);
  const own = blocks.length > 0 ? blocks.map(blockHtml).join('') : textHtml(payload['text']);
  return own + asArray(payload['attachments']).map(attachmentHtml).join('');
}

function textHtml(text: Json | undefined): string {
  return `<div class="section">${mrkdwn(typeof text === 'string' ? text : '')}</div>`;
}

function attachmentHtml(attachment: Json): string {
  if (!isJsonObject(attachment)) return '';
  const { color } = attachment;
  const bar = typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : '#8886';
  const blocks = asArray(attachment['blocks']).map(blockHtml).join('');
  return `<div class="attachment" style="border-color:${bar}">${blocks}</div>`;
}

function blockHtml(block: Json): string {
  if (!isJsonObject(block)) return '';
  switch (block['type']) {
    case 'header':
      return `<div class="header">${escapeHtml(decode(textOf(block['text'])))}</div>`;
    case 'section':
      return sectionHtml(block);
    case 'context':
      return `<div class="context">${asArray(block['elements'])
        .map((element) => mrkdwn(textOf(element)))
        .join(' ')}</div>`;
    default:
      return `<div class="context">(a ${escapeHtml(String(block['type']))} block, which this page cannot draw)</div>`;
  }
}

function sectionHtml({ text, fields }: JsonObject): string {
  const own = text === undefined ? '' : `<div class="section">${mrkdwn(textOf(text))}</div>`;
  if (fields === undefined) return own;
  const columns = asArray(fields).map((field) => `<div>${mrkdwn(textOf(field))}</div>`);
  return `${own}<div class="fields">${columns.join('')}</div>`;
}

function textOf(element: Json | undefined): string {
  const text = isJsonObject(element) ? element['text'] : undefined;
  return typeof text === 'string' ? text : '';
}

function asArray(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Code first: inside it nothing else means anything. */
export function mrkdwn(text: string): string {
  return text
    .split(/(```[\s\S]*?```)/)
    .map((part, i) =>
      i % 2 === 1 ? `<pre>${escaped(part.slice(3, -3).replace(/^\n/, ''))}</pre>` : lines(part),
    )
    .join('');
}

function lines(text: string): string {
  return text
    .replace(/^\n|\n$/g, '')
    .split('\n')
    .map((line) => `<div class="line">${line === '' ? '&nbsp;' : spans(line)}</div>`)
    .join('');
}

function spans(line: string): string {
  return line
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 === 1 ? `<code>${escaped(part.slice(1, -1))}</code>` : marks(part)))
    .join('');
}

function marks(text: string): string {
  return text
    .split(/(<[^<>]*>)/)
    .map((part, i) => (i % 2 === 1 ? angle(part.slice(1, -1)) : styled(escaped(part))))
    .join('');
}

function styled(html: string): string {
  return html
    .replace(/(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])/g, '<b>$1</b>')
    .replace(/(?<![\w_])_([^_\s](?:[^_]*[^_\s])?)_(?![\w_])/g, '<i>$1</i>');
}

/** Links are drawn, not followed: this page leads nowhere. A mention shows as the alarm it is. */
function angle(inside: string): string {
  if (/^[!@#]/.test(inside)) return `<span class="mention">MENTION ${escaped(inside)}</span>`;
  const [target = '', label = target] = inside.split('|', 2);
  return `<span class="link" title="${escaped(target)}">${escaped(label)}</span>`;
}

/** Slack's own three entities stand for what they say; then HTML's are put in their place. */
function escaped(text: string): string {
  return escapeHtml(decode(text));
}

function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}
