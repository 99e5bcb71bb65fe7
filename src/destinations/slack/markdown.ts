import { type Line, readMarkdown } from '../markdown.ts';
import type { Span } from '../markdown-spans.ts';
import { bareLink, code, codeLine, inline } from './text.ts';

const FENCE = '```';
const SHORTENED = '_… (shortened)_';
/** The word that something is missing, the end of a code block, and their line breaks. */
const RESERVED = SHORTENED.length + FENCE.length + 2;
/** A span that has less room than this would show nothing but its marks. */
const LEAST_ROOM = 8;
const LONGEST_INDENT = 40;
/** More than any text that is written here can come to. */
const NO_BOUND = 1_000_000;
const MARKS = { bold: '*', italic: '_', struck: '~' } as const;

/** Somebody else's Markdown as mrkdwn of at most `max` characters; it ends with a word where not all of it fits. */
export function markdownToSlack(markdown: string, max: number): string {
  const { lines, cut } = readMarkdown(markdown);
  const written: string[] = [];
  let room = max - RESERVED;
  let inCode = false;
  let whole = !cut;
  for (const line of lines) {
    const fence = inCode === (line.kind === 'code') ? '' : `${FENCE}\n`;
    const shown = writeLine(line, room - fence.length);
    whole &&= shown.whole;
    if (shown.text === undefined) break;
    written.push(`${fence}${shown.text}`);
    room -= fence.length + shown.text.length + 1;
    inCode = line.kind === 'code';
    if (!shown.whole) break;
  }
  return [...written, ...(inCode ? [FENCE] : []), ...(whole ? [] : [SHORTENED])].join('\n');
}

interface Written {
  /** Undefined where nothing of it fits. */
  readonly text?: string;
  readonly whole: boolean;
}

function writeLine({ kind, prefix, spans }: Line, room: number): Written {
  if (kind === 'code') return writeCode(spans.map(({ text }) => text).join(''), room);
  if (spans.length === 0 && room > 0) return { text: prefix.trimEnd(), whole: true };
  if (room < prefix.length + LEAST_ROOM) return { whole: false };
  let text = prefix;
  for (const span of spans) {
    const left = room - text.length;
    const all = writeSpan(span, NO_BOUND);
    if (all.length > left) {
      const part = left < LEAST_ROOM ? '' : writeSpan(span, left);
      return { text: `${text}${part}`, whole: false };
    }
    text += all;
  }
  return { text: text.trimEnd(), whole: true };
}

/** Leading blanks are what a code block is for. */
function writeCode(text: string, room: number): Written {
  const bare = text.trimStart();
  const indent = ' '.repeat(Math.min(text.length - bare.length, LONGEST_INDENT));
  const left = room - indent.length;
  if (left < LEAST_ROOM) return { whole: false };
  const all = codeLine(bare, NO_BOUND);
  return { text: indent + (all.length > left ? codeLine(bare, left) : all), whole: all.length <= left };
}

function writeSpan({ text, mark, url }: Span, room: number): string {
  if (url !== undefined) return bareLink(url, room) ?? inline(url, room);
  if (mark === 'code') return code(text, room);
  if (mark === undefined) return inline(text, room);
  const bare = text.trim();
  if (bare === '') return text === '' ? '' : ' ';
  const before = text.startsWith(bare) ? '' : ' ';
  const after = text.endsWith(bare) ? '' : ' ';
  const sign = MARKS[mark];
  return `${before}${sign}${inline(bare, room - before.length - after.length - 2 * sign.length)}${sign}${after}`;
}
