import { isScalar, type Pair, type YAMLMap } from 'yaml';
import { type Alternatives, type KeyMeaning, meaningOf, validKeys } from './alternatives.ts';
import type { Finding } from './codes.ts';
import { offsetOf } from './scalars.ts';
import { nearest, quoted, suggestion } from './words.ts';

export interface ReadKey {
  readonly key: string;
  readonly offset: number;
  readonly meaning: KeyMeaning;
  readonly pair: Pair;
}

/**
 * What each key of a mapping stands for. A misspelt key is reported and then taken for what it was probably
 * meant to be, so that one slip is one problem; a key given twice counts once.
 */
export function readKeys(map: YAMLMap, shapes: Alternatives, report: (finding: Finding) => void): ReadKey[] {
  const seen = new Set<string>();
  return map.items.flatMap((pair) => {
    const offset = offsetOf(pair.key, offsetOf(map));
    const key = keyText(pair, seen, offset, report);
    return key === undefined
      ? []
      : [{ key, offset, pair, meaning: meaningIn(map, key, offset, shapes, report) }];
  });
}

function keyText(
  { key }: Pair,
  seen: Set<string>,
  offset: number,
  report: (finding: Finding) => void,
): string | undefined {
  if (!isScalar(key) || key.value === null) {
    report({ code: 'wrong-type', offset, message: 'expected a key that is a plain text' });
    return undefined;
  }
  const text = String(key.value);
  if (seen.has(text)) {
    const message = `${quoted(text, 'this key')} is given twice in one mapping`;
    report({ code: 'duplicate-key', offset, message });
    return undefined;
  }
  seen.add(text);
  return text;
}

function meaningIn(
  map: YAMLMap,
  key: string,
  offset: number,
  shapes: Alternatives,
  report: (finding: Finding) => void,
): KeyMeaning {
  const meaning = meaningOf(key, shapes);
  if (meaning.kind !== 'unknown') return meaning;
  const valid = validKeys(shapes);
  const near = nearest(key, valid);
  const message = `unknown key ${quoted(key, 'here')}${suggestion(near, valid)}`;
  report({ code: 'unknown-key', offset, message });
  return near === undefined || map.has(near) ? meaning : meaningOf(near, shapes);
}
