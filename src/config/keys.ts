import { isScalar, type Pair } from 'yaml';
import { type Alternatives, type KeyMeaning, meaningOf, validKeys } from './alternatives.ts';
import type { Finding } from './codes.ts';
import { offsetOf } from './scalars.ts';
import { calledElsewhere, nearest, quoted, suggestion } from './words.ts';

export interface ReadKey {
  readonly key: string;
  readonly offset: number;
  readonly meaning: KeyMeaning;
  readonly pair: Pair;
}

/** A mapping's pairs with what it merges, its own first. */
export class Pairs {
  readonly own: readonly Pair[];
  readonly merged: readonly Pair[];
  /** Where the mapping itself begins. */
  readonly offset: number;
  readonly #byKey: ReadonlyMap<string, Pair>;

  constructor(own: readonly Pair[], merged: readonly Pair[], offset: number) {
    this.own = own;
    this.merged = merged;
    this.offset = offset;
    const all = [...own, ...merged].toReversed();
    this.#byKey = new Map(all.map((pair) => [textOfKey(pair) ?? '', pair]));
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** The value as it is written, where that is a text. */
  textAt(key: string): string | undefined {
    const value = this.#byKey.get(key)?.value;
    return isScalar(value) && typeof value.value === 'string' ? value.value : undefined;
  }
}

export function textOfKey({ key }: Pair): string | undefined {
  return isScalar(key) && key.value !== null ? String(key.value) : undefined;
}

/**
 * What each key of a mapping stands for. A misspelt key is reported and then taken for what it was probably
 * meant to be, so that one slip is one problem; a key given twice counts once.
 */
export function readKeys(pairs: Pairs, shapes: Alternatives, report: (finding: Finding) => void): ReadKey[] {
  const seen = new Set<string>();
  return [...pairs.own, ...pairs.merged].flatMap((pair) => {
    const offset = offsetOf(pair.key, pairs.offset);
    const key = keyText(pair, seen, offset, report);
    return key === undefined
      ? []
      : [{ key, offset, pair, meaning: meaningIn(pairs, key, offset, shapes, report) }];
  });
}

function keyText(
  pair: Pair,
  seen: Set<string>,
  offset: number,
  report: (finding: Finding) => void,
): string | undefined {
  const text = textOfKey(pair);
  if (text === undefined) {
    report({ code: 'wrong-type', offset, message: 'expected a key that is a plain text' });
    return undefined;
  }
  if (seen.has(text)) {
    const message = `${quoted(text, 'this key')} is given twice in one mapping`;
    report({ code: 'duplicate-key', offset, message });
    return undefined;
  }
  seen.add(text);
  return text;
}

function meaningIn(
  pairs: Pairs,
  key: string,
  offset: number,
  shapes: Alternatives,
  report: (finding: Finding) => void,
): KeyMeaning {
  const meaning = meaningOf(key, shapes);
  if (meaning.kind !== 'unknown') return meaning;
  const valid = validKeys(shapes);
  const elsewhere = calledElsewhere(key, valid);
  const near = elsewhere ?? nearest(key, valid);
  const message = `unknown key ${quoted(key, 'here')}${suggestion(near, valid)}`;
  report({ code: 'unknown-key', offset, message });
  // What another program writes there has another form, too.
  return near === undefined || elsewhere !== undefined || pairs.has(near) ? meaning : meaningOf(near, shapes);
}
