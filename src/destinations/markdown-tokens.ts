import { Lexer } from 'marked';

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

/** The lexer's work grows with the square of some texts: longer ones are cut first. Characters. */
const LONGEST_INPUT = 4_000;
/** Quotes and lists that one line opens inside each other: each is one more level of the lexer's own recursion. */
const NESTED_MARKS =
  /^((?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))){4})(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))+/gm;

/** Markdown as tokens, within a few milliseconds whatever it holds. `cut` where there was more of it. */
export function lexMarkdown(markdown: string): {
  readonly tokens: readonly MarkdownToken[];
  readonly cut: boolean;
} {
  const head = markdown.slice(0, LONGEST_INPUT).toWellFormed().replaceAll(NESTED_MARKS, '$1');
  return { tokens: lex(head), cut: markdown.length > LONGEST_INPUT };
}

/** A text that the lexer cannot take is a text of plain lines. */
function lex(markdown: string): readonly MarkdownToken[] {
  try {
    return new Lexer({ gfm: true }).lex(markdown);
  } catch {
    return markdown.split('\n').map((line) => ({ type: 'text', raw: line, text: line }));
  }
}
