import { legible } from './legible.ts';
import { BREAK, htmlSpans, inline, type Span } from './markdown-spans.ts';
import { lexMarkdown, type MarkdownCell, type MarkdownToken } from './markdown-tokens.ts';

/** One line of a message. `code` lines stand in one block with their neighbours of that kind. */
export interface Line {
  readonly kind: 'text' | 'code';
  /** Ours: indent, bullet, number, quote. */
  readonly prefix: string;
  readonly spans: readonly Span[];
}

const INDENT = '    ';
/** Deeper levels stand below each other. */
const MOST_INDENTS = 4;
const BLANK: Line = { kind: 'text', prefix: '', spans: [] };

/**
 * Markdown as lines of marked text. It is somebody else's: what is HTML becomes text, and what would lead
 * elsewhere than its words say does not: every address stands beside its words. `cut` where not all of it is here.
 */
export function readMarkdown(markdown: string): { readonly lines: readonly Line[]; readonly cut: boolean } {
  const { tokens, cut } = lexMarkdown(markdown);
  return { lines: trimmed(tokens.flatMap((token) => blockLines(token, ''))), cut };
}

function blockLines(token: MarkdownToken, indent: string): readonly Line[] {
  switch (token.type) {
    case 'space':
      return [BLANK];
    case 'heading':
      return textLines(inline(token.tokens, 'bold'), indent);
    case 'code':
      return codeLines(token.text ?? '');
    case 'list':
      return (token.items ?? []).flatMap((item, index) => itemLines(token, item, index, indent));
    case 'blockquote':
      return (token.tokens ?? []).flatMap((each) => blockLines(each, `${within(indent)}│ `));
    case 'table':
      return tableLines(token, indent);
    case 'hr':
      return textLines([{ text: '———' }], indent);
    case 'def':
      return [];
    case 'html':
      return textLines(htmlSpans(token.raw), indent);
    default:
      return textLines(inline([token]), indent);
  }
}

function codeLines(code: string): readonly Line[] {
  const lines = code.replaceAll('\t', '    ').split('\n');
  return lines.map((text) => ({ kind: 'code', prefix: '', spans: [{ text }] }));
}

function itemLines(list: MarkdownToken, item: MarkdownToken, index: number, indent: string): readonly Line[] {
  const bullet = bulletOf(list, item, index);
  const inner = within(`${indent}${INDENT}`);
  const lines = (item.tokens ?? [])
    .filter(({ type }) => type !== 'space' && type !== 'checkbox')
    .flatMap((token) => blockLines(token, inner));
  const [head, ...rest] = lines;
  if (head === undefined || head.kind === 'code' || head.prefix !== inner) {
    return [{ kind: 'text', prefix: `${indent}${bullet}`, spans: [] }, ...lines];
  }
  return [{ ...head, prefix: `${indent}${bullet}` }, ...rest];
}

function bulletOf({ ordered, start }: MarkdownToken, item: MarkdownToken, index: number): string {
  if (item.task === true) return item.checked === true ? '☑ ' : '☐ ';
  const first = typeof start === 'number' ? start : 1;
  return ordered === true ? `${first + index}. ` : '• ';
}

function within(indent: string): string {
  return indent.slice(0, MOST_INDENTS * INDENT.length);
}

function tableLines({ header, rows = [] }: MarkdownToken, indent: string): readonly Line[] {
  const head = Array.isArray(header) ? rowLines(header, indent, 'bold') : [];
  return [...head, ...rows.flatMap((row) => rowLines(row, indent))];
}

function rowLines(cells: readonly MarkdownCell[], indent: string, mark?: Span['mark']): readonly Line[] {
  const spans = cells.flatMap(({ tokens }, index) => [
    ...(index === 0 ? [] : [{ text: ' | ' }]),
    ...inline(tokens, mark).filter((span) => span !== BREAK),
  ]);
  return textLines(spans, indent);
}

function textLines(spans: readonly Span[], indent: string): readonly Line[] {
  const lines: Span[][] = [[]];
  for (const span of spans) {
    if (span === BREAK) lines.push([]);
    else lines.at(-1)?.push(span);
  }
  return lines.map((line): Line => ({ kind: 'text', prefix: indent, spans: line }));
}

/** No blank lines at the ends, and never two in a row. */
function trimmed(lines: readonly Line[]): readonly Line[] {
  const kept = lines.filter((line, index) => !isBlank(line) || !isBlank(lines[index - 1]));
  const from = kept.findIndex((line) => !isBlank(line));
  const to = kept.findLastIndex((line) => !isBlank(line));
  return from === -1 ? [] : kept.slice(from, to + 1);
}

function isBlank(line: Line | undefined): boolean {
  if (line === undefined || line.kind === 'code') return false;
  return line.spans.every(({ text }) => text.trim() === '');
}

const SHORTENED = '… (shortened)';

/** Markdown as plain text of at most `max` characters, for programs and for whoever reads no marks. Not escaped for anything. */
export function markdownToText(markdown: string, max: number): string {
  const { lines, cut } = readMarkdown(markdown);
  const kept: string[] = [];
  let room = max - SHORTENED.length - 1;
  for (const line of lines) {
    const text = `${line.prefix}${line.spans.map((span) => legible(span.text)).join('')}`.trimEnd();
    if (text.length > room) return [...kept, text.slice(0, room).toWellFormed(), SHORTENED].join('\n');
    kept.push(text);
    room -= text.length + 1;
  }
  return [...kept, ...(cut ? [SHORTENED] : [])].join('\n');
}
