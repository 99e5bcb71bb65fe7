import { isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import type { ShownLine } from '../core/excerpt.ts';
import {
  type Alternatives,
  holdsSecret,
  itemShapes,
  type KeyMeaning,
  meaningOf,
  narrow,
} from './alternatives.ts';
import { positionYaml } from './document.ts';
import { FILE_NAME } from './scalars.ts';
import { isHarmless } from './words.ts';

const HIDDEN = '…';
const REFERENCE_ALONE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
const PLAIN_KEY = /^[A-Za-z][A-Za-z_-]{0,40}$/;
/** What YAML itself is written with; all else outside nodes is comments and broken pieces. */
const STRUCTURE = /[-:{}[\],\s?|>"']/;

/**
 * The lines of a file as they may be shown: structure, keys, `${NAME}`, and plain words and numbers under
 * keys that the schema knows and does not call secret. All else, comments too, is an ellipsis.
 * @param shapes of the whole file; none where nothing is known
 */
export function maskLines(text: string, shapes: Alternatives): (line: number) => ShownLine | undefined {
  const { document, lineCounter, trustedUntil } = positionYaml(text);
  const marks = new Marks(text, trustedUntil);
  if (document.contents !== null) marks.visit(document.contents, shapes, 0);
  return (line) => {
    const start = lineCounter.lineStarts[line - 1];
    if (start === undefined) return undefined;
    const end = lineCounter.lineStarts[line] ?? text.length + 1;
    return marks.line(start, Math.min(end - 1, text.length));
  };
}

const MAX_DEPTH = 50;
const SHOW = 1;
const HIDE = 2;

/** One mark for each UTF-16 unit of the text: shown, hidden, or shown only where it is structure. */
class Marks {
  readonly #text: string;
  readonly #marks: Uint8Array;
  readonly #trustedUntil: number;

  constructor(text: string, trustedUntil: number) {
    this.#text = text;
    this.#trustedUntil = trustedUntil;
    this.#marks = new Uint8Array(text.length);
  }

  visit(node: ParsedNode | null, shapes: Alternatives, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (isSeq<ParsedNode>(node))
      for (const item of node.items) this.visit(item, itemShapes(shapes), depth + 1);
    else if (isMap<ParsedNode, ParsedNode | null>(node)) this.#visitMap(node, shapes, depth);
    else if (isScalar(node)) this.#mark(node, this.#isTrusted(node) && isShowable(node, shapes));
  }

  #visitMap(map: YAMLMap<ParsedNode, ParsedNode | null>, shapes: Alternatives, depth: number): void {
    const narrowed = narrow(shapes, (key) => textAt(map, key));
    for (const { key, value } of map.items) {
      const meaning = isScalar(key) ? meaningOf(String(key.value), narrowed) : UNKNOWN;
      // A secret with a colon behind it reads as a mapping with the secret for its key.
      const isShown = !holdsSecret(shapes) && isScalar(key);
      if (isScalar(key))
        this.#mark(key, isShown && isShowableKey(String(key.value), meaning, narrowed, value));
      if (value !== null) this.visit(value, shapesUnder(meaning), depth + 1);
    }
  }

  /** Behind a quote that nobody closed, what stands under a key may be the secret under the next one. */
  #isTrusted({ range }: Scalar): boolean {
    return (range?.[0] ?? 0) < this.#trustedUntil;
  }

  #mark(node: Scalar, shown: boolean): void {
    const [start, end] = node.range ?? [0, 0];
    this.#marks.fill(shown ? SHOW : HIDE, start, end);
  }

  line(start: number, end: number): ShownLine {
    let text = '';
    const places: number[] = [];
    const shown = this.#shownIn(start, end);
    shown.forEach((isShown, i) => {
      if (isShown) text += this.#text[start + i];
      else if (i === 0 || shown[i - 1] === true) text += HIDDEN;
      places.push(text.length - 1);
    });
    return { text, indexOf: (column) => places[column - 1] ?? text.length };
  }

  /** Up to the comment, if there is one. */
  #shownIn(start: number, end: number): boolean[] {
    const shown: boolean[] = [];
    for (let i = start; i < end; i += 1) {
      const mark = this.#marks[i];
      const character = this.#text[i] ?? '';
      if (mark === 0 && character === '#') break;
      shown.push(mark === SHOW || (mark !== HIDE && STRUCTURE.test(character)));
    }
    return shown;
  }
}

const UNKNOWN: KeyMeaning = { kind: 'unknown' };

function shapesUnder(meaning: KeyMeaning): Alternatives {
  if (meaning.kind === 'value') return meaning.shapes;
  return meaning.kind === 'file' ? FILE_NAME : [];
}

function isShowable(scalar: Scalar, shapes: Alternatives): boolean {
  const text = String(scalar.value);
  if (REFERENCE_ALONE.test(text)) return true;
  return shapes.length > 0 && !holdsSecret(shapes) && isHarmless(text);
}

function isShowableKey(
  key: string,
  meaning: KeyMeaning,
  shapes: Alternatives,
  value: ParsedNode | null,
): boolean {
  const isKnown = meaning.kind !== 'unknown' && shapes.length > 0;
  if (isKnown) return isHarmless(key);
  const hasValue = value !== null && !(isScalar(value) && value.value === null);
  return hasValue && PLAIN_KEY.test(key);
}

function textAt(map: YAMLMap<ParsedNode, ParsedNode | null>, key: string): string | undefined {
  const value = map.get(key);
  return typeof value === 'string' ? value : undefined;
}
