import { foldedChar } from './case-folding.ts';
import { ALL_CODES, codesOf, negate } from './code-set.ts';
import { Cursor, codeOf, END, unquoted } from './cursor.ts';
import { type Flags, foldOf, NO_FLAGS, withFlag } from './flags.ts';
import { hasObviousMaximum } from './lengths.ts';
import { parseClass } from './parse-class.ts';
import { parseEscape } from './parse-escape.ts';
import { graphemeExtenders, LINE_ENDS, VERTICAL_SPACES } from './properties.ts';
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
const MAX_COUNT = 2 ** 31 - 1;
const PLACE_ESCAPES = 'ABGZbz';

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
        return this.#escape();
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
        return this.#literal(unquoted(this.#cursor.next()));
    }
  }

  #literal(code: number): Node {
    return { kind: 'char', set: foldedChar(code, foldOf(this.#flags)) };
  }

  #dot() {
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

  #escape(): Node {
    this.#cursor.next();
    const code = this.#cursor.peekRaw();
    const letter = code === END ? '' : String.fromCodePoint(unquoted(code));
    if (letter !== '' && PLACE_ESCAPES.includes(letter)) return this.#placeEscape(letter);
    if (letter === 'R') return this.#lineBreak();
    if (letter === 'X') return this.#grapheme();
    if (letter === 'k') return this.#namedReference();
    if (letter >= '1' && letter <= '9') return this.#numberedReference();
    const escaped = parseEscape(this.#cursor, this.#flags);
    return 'code' in escaped ? this.#literal(escaped.code) : { kind: 'char', set: escaped.set };
  }

  #placeEscape(letter: string): Node {
    this.#cursor.nextRaw();
    const { unicodeClasses, unixLines } = this.#flags;
    if (letter === 'A' || letter === 'G') return { kind: 'place', place: 'begin' };
    if (letter === 'z') return { kind: 'place', place: 'end' };
    if (letter === 'Z') return { kind: 'place', place: unixLines ? 'final-end-unix' : 'final-end' };
    if (letter === 'B')
      return { kind: 'place', place: unicodeClasses ? 'no-unicode-word-edge' : 'no-word-edge' };
    if (this.#cursor.peekRaw() === codeOf('{') && this.#cursor.peekRaw(1) === codeOf('g'))
      return this.#graphemeEdge();
    return { kind: 'place', place: unicodeClasses ? 'unicode-word-edge' : 'word-edge' };
  }

  #graphemeEdge(): Node {
    this.#cursor.nextRaw();
    this.#cursor.nextRaw();
    if (this.#cursor.nextRaw() !== codeOf('}')) throw this.#cursor.fail('Expected \\b or \\b{g} here.');
    return { kind: 'place', place: 'grapheme-edge' };
  }

  #lineBreak(): Node {
    this.#cursor.nextRaw();
    const pair = sequenceOf([charOf('\r'), charOf('\n')]);
    return eitherOf([pair, { kind: 'char', set: VERTICAL_SPACES }]);
  }

  #grapheme(): Node {
    this.#cursor.nextRaw();
    const extenders: Node = { kind: 'char', set: graphemeExtenders() };
    const marked: Node = {
      kind: 'repeat',
      body: extenders,
      min: 0,
      max: Number.POSITIVE_INFINITY,
      mode: 'greedy',
    };
    const pair = sequenceOf([charOf('\r'), charOf('\n')]);
    return eitherOf([pair, sequenceOf([{ kind: 'char', set: ALL_CODES }, marked])]);
  }

  /** As many digits as still name a group opened so far; the first digit always counts. */
  #numberedReference(): Node {
    let group = this.#cursor.nextRaw() - 0x30;
    for (let code = this.#cursor.peek(); code >= 0x30 && code <= 0x39; code = this.#cursor.peek()) {
      const longer = group * 10 + code - 0x30;
      if (longer > this.groupCount) break;
      group = longer;
      this.#cursor.next();
    }
    return { kind: 'reference', group, fold: foldOf(this.#flags) };
  }

  #namedReference(): Node {
    this.#cursor.nextRaw();
    if (!this.#cursor.take('<')) throw this.#cursor.fail('Expected <name> after \\k.');
    const name = this.#groupName();
    const group = this.#names.get(name);
    if (group === undefined) throw this.#cursor.fail(`No group named ${name} stands before this reference.`);
    return { kind: 'reference', group, fold: foldOf(this.#flags) };
  }

  #groupName(): string {
    let name = '';
    for (let code = this.#cursor.nextRaw(); code !== codeOf('>'); code = this.#cursor.nextRaw()) {
      const char = code === END ? '' : String.fromCodePoint(unquoted(code));
      if (!/^[a-zA-Z0-9]$/.test(char) || (name === '' && /\d/.test(char))) {
        throw this.#cursor.fail('A group name is letters and digits, begins with a letter and ends with >.');
      }
      name += char;
    }
    if (name === '') throw this.#cursor.fail('Expected a group name between < and >.');
    return name;
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
    const name = this.#groupName();
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
    const bounds = this.#bounds();
    if (bounds === undefined) return body;
    const [min, max] = bounds;
    const mode = this.#cursor.take('?') ? 'lazy' : this.#cursor.take('+') ? 'possessive' : 'greedy';
    return { kind: 'repeat', body, min, max, mode };
  }

  #bounds(): [number, number] | undefined {
    if (this.#cursor.take('?')) return [0, 1];
    if (this.#cursor.take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#cursor.take('+')) return [1, Number.POSITIVE_INFINITY];
    return this.#cursor.take('{') ? this.#counted() : undefined;
  }

  #counted(): [number, number] {
    const code = this.#cursor.peekRaw();
    if (code < 0x30 || code > 0x39) {
      throw this.#cursor.fail('Expected a number after {, as in {2,5}; write \\{ for a brace.');
    }
    const min = this.#count();
    const max = !this.#cursor.take(',')
      ? min
      : this.#isDigitNext()
        ? this.#count()
        : Number.POSITIVE_INFINITY;
    if (!this.#cursor.take('}')) throw this.#cursor.fail('Expected } after the counts, as in {2,5}.');
    if (max < min)
      throw this.#cursor.fail('The counts run backwards; write the smaller one first, as in {2,5}.');
    return [min, max];
  }

  #isDigitNext(): boolean {
    const code = this.#cursor.peek();
    return code >= 0x30 && code <= 0x39;
  }

  #count(): number {
    const count = Number(this.#cursor.digits());
    if (count > MAX_COUNT) throw this.#cursor.fail(`A count may not exceed ${MAX_COUNT}.`);
    return count;
  }
}

function charOf(text: string): Node {
  return { kind: 'char', set: codesOf(text) };
}
