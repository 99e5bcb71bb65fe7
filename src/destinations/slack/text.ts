import { legible } from '../legible.ts';

/**
 * What attackers write, made fit for a message: one line, no invisible or direction-changing
 * characters, no way to mention, link, or leave a code span.
 */

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * One line of text for mrkdwn, escaped, at most `max` characters as Slack counts them. It cannot open or close a
 * code span.
 */
export function plain(text: string, max: number): string {
  return escapeWithin(withoutBackticks(clean(text, max)), max);
}

/** Likewise, in bold from its first character to its last. `(none)` for an empty one. */
export function bold(text: string, max: number): string {
  const inside = plain(text.replaceAll('*', '∗'), max - 2).trim();
  return `*${inside === '' ? '(none)' : inside}*`;
}

/** The text in a code span, where no character means anything to Slack. `(none)` for an empty one. */
export function code(text: string, max: number): string {
  const inside = escapeWithin(withoutBackticks(clean(text, max)), max - 2);
  return inside === '' ? '(none)' : `\`${inside}\``;
}

/** A piece of a line, with the blanks around it: it cannot open or close a code span. */
export function inline(text: string, max: number): string {
  return escapeWithin(withoutBackticks(legible(head(text, max))), max);
}

/** A line of a code block. */
export function codeLine(text: string, max: number): string {
  return escapeWithin(withoutBackticks(clean(text, max)), max);
}

/** A link that shows where it leads, `<url>`; undefined where it is not http(s) or too long. */
export function bareLink(url: string, max: number): string | undefined {
  const target = linkTarget(url, max - 2);
  return target === undefined ? undefined : `<${target}>`;
}

/** A link of the rule's author, `<url|label>`; undefined where it is not http(s) or too long. */
export function link(url: string, label: string, max: number): string | undefined {
  const target = linkTarget(url, max);
  return target === undefined ? undefined : `<${target}|${plain(label, 75)}>`;
}

function linkTarget(url: string, max: number): string | undefined {
  const parsed = url.length > max ? null : URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return undefined;
  const target = parsed.href
    .replaceAll('|', '%7C')
    .replaceAll('`', '%60')
    .replace(/[&<>]/g, (char) => ESCAPES[char] ?? '');
  return target.length > max ? undefined : target;
}

/** `2026-11-21 20:44:05 UTC`. */
export function utcTime(timeMs: number): string {
  if (!Number.isFinite(timeMs) || Math.abs(timeMs) > 8.64e15) return 'at an impossible time';
  return `${new Date(timeMs).toISOString().slice(0, -5).replace('T', ' ')} UTC`;
}

/** Times of a list: those of its first's day (UTC) need not repeat it on a phone's narrow lines. */
export interface Clockwork {
  /** `2026-11-21, UTC`, for the heading. */
  readonly day: string;
  /** `20:44:05`; of other days whole. */
  text(timeMs: number): string;
}

export function clockOf(firstMs: number): Clockwork {
  const [day = ''] = utcTime(firstMs).split(' ', 1);
  const text = (timeMs: number): string => {
    const whole = utcTime(timeMs);
    return whole.startsWith(`${day} `) ? whole.slice(day.length + 1).replace(/ UTC$/, '') : whole;
  };
  return { day: `${day}, UTC`, text };
}

function clean(text: string, max: number): string {
  return legible(head(text, max)).trim();
}

/** Most of what is longer is never shown, and need not be looked at: what is unseen may take as much room again, thrice. */
function head(text: string, max: number): string {
  const most = 4 * max;
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

function withoutBackticks(text: string): string {
  return text.replace(/`+/g, "'");
}

/** Escapes up to `max` characters, escapes counted; what does not fit is cut at a whole character, with `…`. */
function escapeWithin(text: string, max: number): string {
  let escaped = '';
  let fitting = '';
  for (const char of text) {
    escaped += ESCAPES[char] ?? char;
    if (escaped.length > max) return `${fitting}…`;
    if (escaped.length < max) fitting = escaped;
  }
  return escaped;
}
