/** A pattern that cannot be compiled; `index` counts UTF-16 units into the pattern. */
export class PatternError extends Error {
  readonly index: number;
  constructor(message: string, index: number) {
    super(message);
    this.name = 'PatternError';
    this.index = index;
  }
}

export interface Pattern {
  readonly source: string;
  /** Whether the pattern is found anywhere in the text (Java's `Matcher.find`). */
  test(text: string): boolean;
}

export function compilePattern(source: string): Pattern {
  try {
    const expression = new RegExp(
      source.replace(/^\(\?([imsx]+)\)/, ''),
      source.startsWith('(?i)') ? 'i' : '',
    );
    return { source, test: (text) => expression.test(text) };
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error), 0);
  }
}
