import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { type Place, type Positioned, type PositionedEntry, scalarOf } from './positioned.ts';
import { type ProblemList, quoted } from './problems.ts';

const MAX_DEPTH = 100;
/** Counted after aliases and merges are resolved, so that no alias bomb goes off here. */
const MAX_NODES = 100_000;
const MAX_ALIASES = 100;

/** What is needed to place a node of a `yaml` document. */
export interface YamlPlaces {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Turns a `yaml` node into what the parsers of this room read; undefined, with problems told, where it is too much. */
export function positionedFrom(
  node: unknown,
  places: YamlPlaces,
  problems: ProblemList,
): Positioned | undefined {
  try {
    return new Reader(places, problems).read(node, 0);
  } catch (error) {
    // Finding what an alias stands for may overflow the stack.
    if (error instanceof RangeError)
      problems.error('too-deep', undefined, 'The file nests too deeply; flatten it.');
    else if (error instanceof TooMuch) problems.error(error.code, error.place, error.message);
    else throw error;
    return undefined;
  }
}

class TooMuch extends Error {
  readonly code: 'too-large' | 'too-deep';
  readonly place: Place | undefined;
  constructor(code: 'too-large' | 'too-deep', place: Place | undefined, message: string) {
    super(message);
    this.code = code;
    this.place = place;
  }
}

class Reader {
  readonly #places: YamlPlaces;
  readonly #problems: ProblemList;
  #nodes = 0;
  #aliases = 0;
  /** The node that each name stands for where the reading is. */
  readonly #anchors = new Map<string, unknown>();
  #inAlias = false;

  constructor(places: YamlPlaces, problems: ProblemList) {
    this.#places = places;
    this.#problems = problems;
  }

  read(node: unknown, depth: number): Positioned {
    const place = this.#placeOf(node);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES)
      throw new TooMuch('too-large', place, `The file holds more than ${MAX_NODES} values; split it.`);
    if (depth > MAX_DEPTH)
      throw new TooMuch('too-deep', place, `The file nests deeper than ${MAX_DEPTH} levels; flatten it.`);
    if (isAlias(node)) return this.#readAlias(node, place, depth);
    if (isNode(node) && node.anchor !== undefined && !this.#inAlias) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node, depth), place };
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => this.read(item, depth + 1)), place };
    return isScalar(node) ? scalarOf(node.value, place, node.source) : scalarOf(null, place, undefined);
  }

  #readAlias(alias: Alias, place: Place | undefined, depth: number): Positioned {
    const wasInAlias = this.#inAlias;
    const target = this.#resolve(alias, place);
    this.#inAlias = true;
    const read = this.read(target, depth + 1);
    this.#inAlias = wasInAlias;
    return read;
  }

  /** The document's own way walks all of it for every alias: only for anchors outside what is read here. */
  #resolve(alias: Alias, place: Place | undefined): unknown {
    this.#aliases += 1;
    if (this.#aliases > MAX_ALIASES)
      throw new TooMuch(
        'too-large',
        place,
        `The file uses more than ${MAX_ALIASES} aliases; write them out.`,
      );
    return this.#anchors.get(alias.source) ?? alias.resolve(this.#places.document);
  }

  /** A key of the map itself wins over a merged one, wherever the merge stands. */
  #entries(map: YAMLMap, depth: number): readonly PositionedEntry[] {
    const own: PositionedEntry[] = [];
    const merged: PositionedEntry[] = [];
    const seen = new Set<string>();
    for (const pair of map.items) {
      if (isMergeKey(pair.key)) {
        for (const entry of this.#merge(pair.value, depth + 1)) merged.push(entry);
        continue;
      }
      const entry = this.#entry(pair, depth);
      if (seen.has(entry.key)) this.#twice(entry);
      seen.add(entry.key);
      own.push(entry);
    }
    return [...own, ...merged.filter(({ key }) => !seen.has(key) && seen.add(key))];
  }

  #twice({ key, place }: PositionedEntry): void {
    const message = `${quoted(key)} stands twice in this map; keep one of them, or put both into a list under and.`;
    this.#problems.error('duplicate-key', place, message);
  }

  #merge(value: unknown, depth: number): readonly PositionedEntry[] {
    const source = this.read(value, depth);
    const maps = source.kind === 'list' ? source.items : [source];
    return maps.flatMap((map) => {
      if (map.kind === 'map') return map.entries;
      this.#problems.error('wrong-type', map.place, 'A merge (<<) takes a map or a list of maps.');
      return [];
    });
  }

  #entry(pair: Pair, depth: number): PositionedEntry {
    const place = this.#placeOf(pair.key);
    if (!isScalar(pair.key)) this.#problems.error('wrong-type', place, 'A key must be a text.');
    const key = isScalar(pair.key) ? String(pair.key.value ?? '') : '';
    return { key, place, value: this.read(pair.value, depth + 1) };
  }

  #placeOf(node: unknown): Place | undefined {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
    return range ? placeAt(this.#places.lines, range[0]) : undefined;
  }
}

/** A quoted `"<<"` is a key like any other. */
function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  return typeof key.value === 'symbol' || (key.value === '<<' && key.type === 'PLAIN');
}

/** Undefined where the document has no lines yet. */
export function placeAt(lines: LineCounter, offset: number): Place | undefined {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? undefined : { line, column: col };
}
