/** A pattern that cannot be compiled; `index` counts UTF-16 units into the pattern. */
export class PatternError extends Error {
  readonly index: number;
  constructor(message: string, index: number) {
    super(message);
    this.name = 'PatternError';
    this.index = index;
  }
}

/** A test that was given up: pattern and text together would have cost more than one event may. */
export class PatternBudgetError extends Error {
  constructor(source: string) {
    super(
      `Pattern ${shorten(source)} needs too many steps on this text; drop its back-references, possessive or nested counted parts.`,
    );
    this.name = 'PatternBudgetError';
  }
}

function shorten(source: string): string {
  return source.length <= 60 ? source : `${source.slice(0, 57)}...`;
}
