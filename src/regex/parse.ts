import { ALL_CODES, type CodeSet, codesOf, negate } from './code-set.ts';
import { Cursor, codeOf, END, unquoted } from './cursor.ts';
import {
  LINE_BREAK,
  literalNode,
  parseEscapeNode,
  parseGroupName,
  WHOLE_LINE_BREAK,
} from './escape-nodes.ts';
import { type Flags, NO_FLAGS, withFlag } from './flags.ts';
import { hasObviousMaximum } from './lengths.ts';
import { parseBounds } from './parse-bounds.ts';
import { parseClass } from './parse-class.ts';
import { LINE_ENDS } from './properties.ts';
import { EMPTY, eitherOf, type Node, type Place, sequenceOf } from './syntax.ts';

// Java's pattern dialect, by recursive descent: alternatives, sequences, quantified atoms, groups.

export interface Syntax {
  readonly root: Node;
  readonly groupCount: number;
}

export interface PatternOptions {
  /**
   * True, as in Java: `[` inside a class opens a class in the class, and `&&` intersects. False for patterns written for
   * engines where both are plain characters, such as `[[{,]`.
   */
  readonly nestedClasses?: boolean;
}

/** Throws PatternError where Java would refuse the pattern. */
export function parsePattern(source: string, { nestedClasses = true }: PatternOptions = {}): Syntax {
  const parser = new Parser(source, nestedClasses);
  return { root: parser.parse(), groupCount: parser.groupCount };
}

const MAX_DEPTH = 250;

class Parser {
  groupCount = 0;
  readonly #cursor: Cursor;
  readonly #names = new Map<string, number>();
  #flags: Flags = NO_FLAGS;
  #depth = 0;

  constructor(source: string, nestedClasses: boolean) {
    this.#cursor = new Cursor(source, nestedClasses);
  }

  parse(): Node {
    const root = this.#alternatives();
    if (this.#cursor.peek() !== END)
      throw this.#cursor.fail('This ) closes no group; write \\) for a parenthesis.');
    return root;
  }

  #alternatives(): Node {
    const options = [this.#sequence()];
    while (this.#cursor.take('|')) options.push(this.#sequence());
    return eitherOf(options);
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (;;) {
      const code = this.#cursor.peek();
      if (code === END || code === codeOf('|') || code === codeOf(')')) return sequenceOf(parts);
      const atom = this.#atom(code);
      if (atom !== undefined) parts.push(this.#quantified(atom));
    }
  }

  /** Undefined for a flag group such as `(?i)`, which no quantifier may follow. */
  #atom(code: number): Node | undefined {
    switch (code) {
      case codeOf('('):
        return this.#group();
      case codeOf('['):
        return { kind: 'char', set: parseClass(this.#cursor, this.#flags) };
      case codeOf('\\'):
        return parseEscapeNode(this.#cursor, this.#flags, { count: this.groupCount, names: this.#names });
      case codeOf('^'):
      case codeOf('$'):
        return this.#anchor();
      case codeOf('.'):
        this.#cursor.next();
        return { kind: 'char', set: this.#dot() };
      case codeOf('*'):
      case codeOf('+'):
      case codeOf('?'):
        throw this.#cursor.fail(
          `Nothing to repeat before ${String.fromCodePoint(code)}; write \\${String.fromCodePoint(code)} for the sign itself.`,
        );
      case codeOf('{'):
        return EMPTY;
      default:
        return literalNode(unquoted(this.#cursor.next()), this.#flags);
    }
  }

  #dot(): CodeSet {
    if (this.#flags.dotAll) return ALL_CODES;
    return negate(this.#flags.unixLines ? codesOf('\n') : LINE_ENDS);
  }

  #anchor(): Node {
    const { multiline, unixLines } = this.#flags;
    const isStart = this.#cursor.next() === codeOf('^');
    if (isStart && !multiline) return { kind: 'place', place: 'begin' };
    const place: Place = isStart ? 'line-begin' : multiline ? 'line-end' : 'final-end';
    return { kind: 'place', place: unixLines ? `${place}-unix` : place };
  }

  #group(): Node | undefined {
    const before = this.#flags;
    if (++this.#depth > MAX_DEPTH) throw this.#cursor.fail(`Groups are nested more than ${MAX_DEPTH} deep.`);
    this.#cursor.next();
    const node = this.#cursor.take('?') ? this.#specialGroup() : this.#capture();
    this.#depth--;
    if (node === undefined) return undefined;
    if (!this.#cursor.take(')')) throw this.#cursor.fail('Expected ) to close the group.');
    this.#setFlags(before);
    return node;
  }

  #capture(): Node {
    const index = ++this.groupCount;
    return { kind: 'group', index, body: this.#alternatives() };
  }

  #specialGroup(): Node | undefined {
    const code = this.#cursor.peekRaw();
    switch (code) {
      case codeOf(':'):
        this.#cursor.nextRaw();
        return this.#alternatives();
      case codeOf('>'):
        this.#cursor.nextRaw();
        return { kind: 'atomic', body: this.#alternatives() };
      case codeOf('='):
      case codeOf('!'):
        this.#cursor.nextRaw();
        return { kind: 'look', ahead: true, negated: code === codeOf('!'), body: this.#alternatives() };
      case codeOf('<'):
        this.#cursor.nextRaw();
        return this.#lookBehindOrName();
      default:
        return this.#flagGroup();
    }
  }

  #lookBehindOrName(): Node {
    const code = this.#cursor.peek();
    if (code !== codeOf('=') && code !== codeOf('!')) return this.#namedCapture();
    this.#cursor.next();
    const body = this.#alternatives();
    if (!hasObviousMaximum(body)) {
      throw this.#cursor.fail(
        'A look-behind may repeat groups only with an upper bound; replace * and + in it by {0,n}.',
      );
    }
    return { kind: 'look', ahead: false, negated: code === codeOf('!'), body };
  }

  #namedCapture(): Node {
    const name = parseGroupName(this.#cursor);
    if (this.#names.has(name)) throw this.#cursor.fail(`The group name ${name} is used twice.`);
    this.#names.set(name, this.groupCount + 1);
    return this.#capture();
  }

  /** `(?i)` changes the flags up to the end of the enclosing group, `(?i:…)` inside its own. */
  #flagGroup(): Node | undefined {
    this.#readFlags();
    if (this.#cursor.take(')')) return undefined;
    if (!this.#cursor.take(':')) {
      throw this.#cursor.fail(
        'Unknown group type; after (? come :, =, !, >, <=, <!, <name> or flags of imsdxuU.',
      );
    }
    return this.#alternatives();
  }

  #readFlags(): void {
    let on = true;
    for (;;) {
      const code = this.#cursor.peek();
      const letter = code === END ? '' : String.fromCodePoint(unquoted(code));
      const flags = withFlag(this.#flags, letter, on);
      if (flags !== undefined) this.#setFlags(flags);
      else if (letter === '-' && on) on = false;
      else return;
      this.#cursor.next();
    }
  }

  #setFlags(flags: Flags): void {
    this.#flags = flags;
    this.#cursor.comments = flags.comments;
    this.#cursor.unixLines = flags.unixLines;
  }

  #quantified(body: Node): Node {
    const bounds = parseBounds(this.#cursor);
    if (bounds === undefined) return body;
    const [min, max] = bounds;
    const mode = this.#cursor.take('?') ? 'lazy' : this.#cursor.take('+') ? 'possessive' : 'greedy';
    return { kind: 'repeat', body: body === LINE_BREAK ? WHOLE_LINE_BREAK : body, min, max, mode };
  }
}
