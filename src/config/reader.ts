import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Alternatives, holdsSecret, itemShapes, narrow, validKeys } from './alternatives.ts';
import type { ConfigCode, Finding } from './codes.ts';
import { type Environment, interpolate } from './interpolate.ts';
import { type Pairs, type ReadKey, readKeys } from './keys.ts';
import { Merges } from './merges.ts';
import { type Path, type Place, Places } from './places.ts';
import { FILE_NAME, offsetOf, typed, withoutPrototype } from './scalars.ts';
import { quoted } from './words.ts';

/** Stands for a value that could not be read: its problem is reported already, and nothing accepts it. */
export const UNREAD = Symbol('unread');

/** Aliases repeat what they name; a few lines could otherwise stand for millions of nodes. */
const MAX_NODES = 20_000;
/** Finding what one alias names costs a walk over the whole file. */
const MAX_ALIASES = 200;
const MAX_DEPTH = 50;

export interface ReaderDeps {
  readonly env: Environment;
  /** Reads a file that a `*_file` key names; says why not in a few words. */
  readonly readSecretFile: (path: string) => { readonly text: string } | { readonly refusal: string };
}

export interface Reading {
  readonly value: unknown;
  readonly places: Places;
  readonly findings: readonly Finding[];
}

/**
 * Turns positioned YAML into plain values: variables filled in, `*_file` read, texts from the environment
 * typed as the schema wants them, misspelt keys reported and then read as what they probably mean, so
 * that one slip is one problem. Remembers where each value stood and whether it may be shown.
 */
export function readValues(document: Document.Parsed, shapes: Alternatives, deps: ReaderDeps): Reading {
  const reader = new Reader(document, deps);
  const { contents } = document;
  const value = contents === null ? undefined : reader.read(contents, shapes, []);
  return { value, places: reader.places, findings: reader.findings };
}

class Reader {
  readonly places = new Places();
  readonly findings: Finding[] = [];
  readonly #document: Document.Parsed;
  readonly #deps: ReaderDeps;
  readonly #merges: Merges;
  /** Scalars as they were written: one that aliases repeat must not be filled in twice. */
  readonly #written = new Map<Scalar, string>();
  #nodes = 0;
  #aliases = 0;

  constructor(document: Document.Parsed, deps: ReaderDeps) {
    this.#document = document;
    this.#deps = deps;
    this.#merges = new Merges({
      resolve: (alias) => this.#target(alias),
      spend: () => this.#isSpent(),
      report: (finding) => this.findings.push(finding),
    });
  }

  read(node: Node, shapes: Alternatives, path: Path, at = offsetOf(node)): unknown {
    const place = this.places.put(path, { offset: at, node, secret: holdsSecret(shapes) });
    if (this.#isSpent() || path.length > MAX_DEPTH) return this.#tooLarge(place);
    if (isAlias(node)) return this.#readAlias(node, shapes, path, place);
    if (isMap(node)) return this.#readMap(node, shapes, path, place);
    if (isSeq(node)) return this.#readList(node, shapes, path);
    return isScalar(node)
      ? this.#readScalar(node, shapes, place)
      : this.#fail(place, 'wrong-type', 'expected a value');
  }

  /** Counts what is read, whatever repeats it. */
  #isSpent(): boolean {
    this.#nodes += 1;
    return this.#nodes > MAX_NODES;
  }

  /** What an alias names; undefined where nothing does. */
  #target(alias: Alias): Node | 'too many' | undefined {
    this.#aliases += 1;
    return this.#aliases > MAX_ALIASES ? 'too many' : alias.resolve(this.#document);
  }

  #tooLarge(place: Place): typeof UNREAD {
    if (this.findings.some(({ code }) => code === 'too-large')) return this.#unread(place);
    return this.#fail(place, 'too-large', 'the file says too much: too many values, or nested too deeply');
  }

  #readAlias(alias: Alias, shapes: Alternatives, path: Path, place: Place): unknown {
    const target = this.#target(alias);
    if (target === 'too many') return this.#tooLarge(place);
    if (target !== undefined) return this.read(target, shapes, path, place.offset);
    const message = 'no &anchor of this name stands before it; quote a value that starts with *';
    return this.#fail(place, 'yaml-syntax', message);
  }

  #readList(list: YAMLSeq, shapes: Alternatives, path: Path): unknown {
    const items = itemShapes(shapes);
    return list.items.map((item, i) => this.#readEntry(item, items, [...path, i], offsetOf(list)));
  }

  #readMap(map: YAMLMap, shapes: Alternatives, path: Path, place: Place): unknown {
    const pairs = this.#merges.pairsOf(map, path.length === 0);
    if (pairs === undefined) return this.#tooLarge(place);
    const narrowed = narrow(shapes, (key) => this.#textAt(pairs, key));
    place.keys = validKeys(narrowed);
    const values = new Map<string, unknown>();
    for (const read of readKeys(pairs, narrowed, (finding) => this.findings.push(finding))) {
      const { key, meaning, offset, pair } = read;
      // What an unknown key holds is read too, for its variables, but is no part of the value.
      if (meaning.kind === 'unknown') this.#readEntry(pair.value, [], [...path, `?${key}`], offset);
      else if (meaning.kind === 'file') this.#readFile(meaning.name, read, pairs, path, values);
      else
        values.set(
          meaning.name,
          this.#readEntry(pair.value, meaning.shapes, [...path, meaning.name], offset),
        );
    }
    return withoutPrototype(values);
  }

  #readFile(
    name: string,
    { offset, pair }: ReadKey,
    pairs: Pairs,
    path: Path,
    values: Map<string, unknown>,
  ): void {
    if (pairs.has(name)) {
      const message = `give either "${name}" or "${name}_file", not both`;
      this.findings.push({ code: 'given-twice', offset, message });
      return;
    }
    const here = [...path, name];
    const file = this.#readEntry(pair.value, FILE_NAME, here, offset);
    const place = this.places.at(here);
    if (place === undefined) return;
    place.secret = true;
    values.set(name, typeof file === 'string' ? this.#contents(file, place) : this.#notAPath(file, place));
  }

  #notAPath(value: unknown, place: Place): typeof UNREAD {
    return value === UNREAD ? UNREAD : this.#fail(place, 'wrong-type', 'expected the path of a file');
  }

  #contents(file: string, place: Place): unknown {
    const read = this.#deps.readSecretFile(file);
    if ('refusal' in read) {
      const shown = place.variables.length > 0 ? 'this file' : quoted(file, 'this file');
      return this.#fail(place, 'unreadable-file', `cannot read ${shown}: ${read.refusal}`);
    }
    place.text = read.text;
    return read.text;
  }

  #readEntry(node: unknown, shapes: Alternatives, path: Path, keyOffset: number): unknown {
    if (isAlias(node) || isMap(node) || isSeq(node) || (isScalar(node) && node.value !== null)) {
      const value = this.read(node, shapes, path);
      this.places.noteKey(path, keyOffset);
      return value;
    }
    const place = this.places.put(path, { offset: keyOffset, node: undefined, secret: false });
    return this.#fail(place, 'empty-value', 'no value is given here: give one, or remove the key');
  }

  #readScalar(scalar: Scalar, shapes: Alternatives, place: Place): unknown {
    const written = this.#written.get(scalar) ?? scalar.value;
    if (typeof written !== 'string') return written;
    const { text, variables, mistakes } = interpolate(written, this.#deps.env);
    place.variables = variables;
    place.text = text;
    for (const { code, message } of mistakes) this.#fail(place, code, message);
    if (mistakes.length > 0) return UNREAD;
    if (text === written) return text;
    this.#written.set(scalar, written);
    // Whoever reads the node itself, as a filter compiler does, sees the filled-in value too.
    scalar.value = typed(text, shapes, scalar.type === 'PLAIN');
    if (typeof scalar.value !== 'string') scalar.source = text;
    return scalar.value;
  }

  /** What a key such as `type` says, before the mapping around it is understood. */
  #textAt(pairs: Pairs, key: string): string | undefined {
    const text = pairs.textAt(key);
    return text === undefined ? undefined : interpolate(text, this.#deps.env).text;
  }

  #fail(place: Place, code: ConfigCode, message: string): typeof UNREAD {
    this.findings.push({ code, offset: place.offset, message });
    return this.#unread(place);
  }

  #unread(place: Place): typeof UNREAD {
    place.unread = true;
    return UNREAD;
  }
}
