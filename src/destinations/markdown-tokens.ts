import { Lexer, type Token } from 'marked';

/** What we look at of the lexer's tokens, whatever their kind. */
export interface MarkdownToken {
  readonly type: string;
  readonly raw: string;
  readonly text?: string;
  readonly tokens?: readonly MarkdownToken[];
  readonly href?: string;
  readonly items?: readonly MarkdownToken[];
  readonly ordered?: boolean;
  readonly start?: number | '';
  readonly task?: boolean;
  readonly checked?: boolean;
  readonly header?: readonly MarkdownCell[] | boolean;
  readonly rows?: readonly (readonly MarkdownCell[])[];
}

export interface MarkdownCell {
  readonly tokens: readonly MarkdownToken[];
}

/** Longer texts are cut before the lexer looks at them: characters, and lines. */
const LONGEST_INPUT = 4_000;
const MOST_LINES = 400;
/**
 * What it may spend on what stands inside lines: of each paragraph its length times its marks, to the square of
 * which its work grows. Advice as people write it takes a small part of it; paragraphs beyond are shown as they are written.
 */
const MOST_INLINE_WORK = 150_000;
const MARKS = /[*_~`![\]<@]|www\.|:\/\//gi;
/** Quotes and lists that one line opens inside each other: each is one more level of the lexer's own recursion. */
const NESTED_MARKS =
  /^((?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))){4})(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))+/gm;

/** Markdown as tokens, within a few milliseconds whatever it holds. `cut` where there was more of it. */
export function lexMarkdown(markdown: string): {
  readonly tokens: readonly MarkdownToken[];
  readonly cut: boolean;
} {
  const lines = markdown
    .slice(0, LONGEST_INPUT)
    .toWellFormed()
    .split(/\r\n|[\r\n]/);
  const head = lines.slice(0, MOST_LINES).join('\n').replaceAll(NESTED_MARKS, '$1');
  return { tokens: lex(head), cut: markdown.length > LONGEST_INPUT || lines.length > MOST_LINES };
}

/** A text that the lexer cannot take is a text of plain lines. */
function lex(markdown: string): readonly MarkdownToken[] {
  try {
    return new BoundedLexer({ gfm: true }).lex(markdown);
  } catch {
    return markdown.split('\n').map((line) => ({ type: 'text', raw: line, text: line }));
  }
}

class BoundedLexer extends Lexer {
  #left = MOST_INLINE_WORK;

  override inlineTokens(text: string, tokens: Token[] = []): Token[] {
    this.#left -= text.length * (text.match(MARKS)?.length ?? 0);
    if (this.#left >= 0) return super.inlineTokens(text, tokens);
    tokens.push({ type: 'text', raw: text, text });
    return tokens;
  }
}
