import type { MarkdownToken } from './markdown-tokens.ts';

/** A piece of a line, as its writer wrote it: not escaped for anything. */
export interface Span {
  readonly text: string;
  readonly mark?: 'bold' | 'italic' | 'struck' | 'code';
  /** The text is this http(s) address. */
  readonly url?: string;
}

const LONGEST_URL = 500;
/** The end of a line inside a block. */
export const BREAK: Span = { text: '\n' };

const MARKS: Readonly<Record<string, Span['mark']>> = { strong: 'bold', em: 'italic', del: 'struck' };

/** What stands inside a block, as marked pieces. The outermost mark wins: a heading is bold to its end. */
export function inline(tokens: readonly MarkdownToken[] = [], mark?: Span['mark']): readonly Span[] {
  return tokens.flatMap((token): readonly Span[] => {
    switch (token.type) {
      case 'br':
        return [BREAK];
      case 'codespan':
        return [{ text: token.text ?? '', mark: 'code' }];
      case 'html':
        return htmlSpans(token.raw);
      case 'checkbox':
        return [];
      case 'link':
        return linkSpans(inline(token.tokens, mark), token.href ?? '');
      case 'image':
        return linkSpans([marked(decodeEntities(token.text ?? ''), mark)], token.href ?? '');
      default: {
        const own = mark ?? MARKS[token.type];
        if (token.tokens !== undefined) return inline(token.tokens, own);
        return [marked(decodeEntities(token.text ?? token.raw), own)];
      }
    }
  });
}

function marked(text: string, mark: Span['mark']): Span {
  return mark === undefined ? { text } : { text, mark };
}

/** The words and where they lead, so that nobody is led elsewhere than he reads. */
function linkSpans(words: readonly Span[], href: string): readonly Span[] {
  const url = safeUrl(href);
  if (url === undefined) return words;
  const label = words
    .map(({ text }) => text)
    .join('')
    .trim();
  if (label === '' || label === url || label === href) return [{ text: url, url }];
  return [...words, { text: ' (' }, { text: url, url }, { text: ')' }];
}

/** http(s) without user and password, which can make an address look like another. */
function safeUrl(href: string): string | undefined {
  const url = href.length > LONGEST_URL ? null : URL.parse(href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '' || url.href.length > LONGEST_URL) return undefined;
  return url.href;
}

/** HTML as its text. */
export function htmlSpans(html: string): readonly Span[] {
  const lines = html.split(/<(?:br|\/p|\/li|\/div|\/tr|\/h[1-6])\b[^<>]*>|\n/i);
  return lines.flatMap((line, index) => {
    const text = decodeEntities(line.replaceAll(/<[^<>]*>/g, ''));
    return [...(index === 0 ? [] : [BREAK]), ...(text.trim() === '' ? [] : [{ text }])];
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g,
    (whole, decimal: string | undefined, hex: string | undefined, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return point <= 0x10ffff ? String.fromCodePoint(point).toWellFormed() : whole;
    },
  );
}
