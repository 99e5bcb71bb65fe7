/**
 * What attackers write, made fit for a message: one line, no invisible or direction-changing
 * characters, no way to mention, link, or leave a code span.
 */

/** Longer texts are cut before anything looks at them, so that no text costs more than this. */
const LONGEST_INPUT = 8_000;
const LINE_BREAKS_AND_CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Bidirectional controls, zero-width characters, fillers that show as nothing, tag characters. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** One line of text for mrkdwn, escaped, at most `max` characters as Slack counts them. */
export function plain(text: string, max: number): string {
  return escapeWithin(clean(text), max);
}

/** The text in a code span, where no character means anything to Slack. `(none)` for an empty one. */
export function code(text: string, max: number): string {
  const inside = escapeWithin(withoutBackticks(clean(text)), max - 2);
  return inside === '' ? '(none)' : `\`${inside}\``;
}

/** A line of a code block. */
export function codeLine(text: string, max: number): string {
  return escapeWithin(withoutBackticks(clean(text)), max);
}

/** A link of the rule's author, `<url|label>`; undefined where it is not http(s) or too long. */
export function link(url: string, label: string, max: number): string | undefined {
  const parsed = url.length > max ? null : URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return undefined;
  const target = parsed.href.replaceAll('|', '%7C').replace(/[&<>]/g, (char) => ESCAPES[char] ?? '');
  return target.length > max ? undefined : `<${target}|${plain(label, 75)}>`;
}

/** `2026-11-21 20:44:05 UTC`. */
export function utcTime(timeMs: number): string {
  if (!Number.isFinite(timeMs) || Math.abs(timeMs) > 8.64e15) return 'at an impossible time';
  return `${new Date(timeMs).toISOString().slice(0, -5).replace('T', ' ')} UTC`;
}

function clean(text: string): string {
  return text
    .slice(0, LONGEST_INPUT)
    .toWellFormed()
    .replace(INVISIBLE, '')
    .replace(LINE_BREAKS_AND_CONTROLS, ' ')
    .replace(STACKED_MARKS, '$1')
    .trim();
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
