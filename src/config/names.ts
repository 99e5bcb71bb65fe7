import type { ConfigCode, Finding } from './codes.ts';
import type { Path, Places } from './places.ts';
import { nearest, quoted, suggestion } from './words.ts';

// Names between entries: values are as read, checked or not.

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown, key: string): string | undefined {
  const text = isMapping(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : undefined;
}

export function listOf(value: unknown, key: string): readonly unknown[] {
  const list = isMapping(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

export function offsetAt(path: Path, places: Places): number {
  return places.around(path)?.offset ?? 0;
}

function isShowable(path: Path, places: Places): boolean {
  const place = places.at(path);
  return place === undefined || (!place.secret && place.variables.length === 0);
}

export function showable(path: Path, text: string, places: Places): string {
  return isShowable(path, places) ? quoted(text, 'that') : 'that';
}

/** @param key the list whose entries must differ in their names */
export function duplicates(what: string, key: string, items: readonly unknown[], places: Places): Finding[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const name = textOf(item, 'name');
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return [];
    }
    const shown = showable([key, i, 'name'], name, places);
    const message = `another ${what} is named ${shown} already: names must differ`;
    return [{ code: 'duplicate-name' as const, offset: offsetAt([key, i, 'name'], places), message }];
  });
}

/** A list whose entries others name. */
export interface Named {
  readonly what: string;
  readonly key: string;
  readonly items: readonly unknown[];
  readonly code: ConfigCode;
}

/**
 * A list of names of such entries: each must be there, and once.
 * @param further what else is asked of a name that is there
 */
export function checkNames(
  list: readonly unknown[],
  path: Path,
  named: Named,
  places: Places,
  further: (name: string, path: Path, offset: number) => Finding[] = () => [],
): Finding[] {
  const names = named.items.map((item) => textOf(item, 'name'));
  const seen = new Set<string>();
  return list.flatMap((target, i) => {
    if (typeof target !== 'string') return [];
    const here = [...path, i];
    const offset = offsetAt(here, places);
    if (seen.has(target)) {
      const message = `this ${named.what} is named twice in one list`;
      return [{ code: 'duplicate-name' as const, offset, message }];
    }
    seen.add(target);
    return names.includes(target)
      ? further(target, here, offset)
      : unknown(target, names, here, named, places);
  });
}

function unknown(
  target: string,
  names: readonly (string | undefined)[],
  path: Path,
  { what, key, code }: Named,
  places: Places,
): Finding[] {
  // One entry whose name could not be read may be the one that is meant.
  if (names.includes(undefined)) return [];
  const valid = names.flatMap((name, i) => (isShowable([key, i, 'name'], places) ? (name ?? []) : []));
  const known = suggestion(nearest(target, valid), valid);
  const message = `no ${what} is named ${showable(path, target, places)}${known}`;
  return [{ code, offset: offsetAt(path, places), message }];
}

/** A list of terms: each must be one of `valid`, where that is known. */
export function checkTerms(
  list: readonly unknown[],
  path: Path,
  valid: readonly string[] | undefined,
  places: Places,
): Finding[] {
  if (valid === undefined) return [];
  return list.flatMap((term, i) => {
    if (typeof term !== 'string' || valid.includes(term)) return [];
    const here = [...path, i];
    const known = suggestion(nearest(term, valid), valid);
    const message = `no term is named ${showable(here, term, places)}${known}`;
    return [{ code: 'unknown-term' as const, offset: offsetAt(here, places), message }];
  });
}
