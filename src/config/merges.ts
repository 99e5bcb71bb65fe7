import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Finding } from './codes.ts';
import { Pairs, textOfKey } from './keys.ts';
import { offsetOf } from './scalars.ts';

/** Keys at the top that are the operator's own, for anchors that others merge, as in compose files. */
export const OWN_KEY = /^x-/;

interface MergeDeps {
  readonly resolve: (alias: Alias) => Node | 'too many' | undefined;
  /** Counts one more value. @returns whether there are too many */
  readonly spend: () => boolean;
  readonly report: (finding: Finding) => void;
}

/** More was merged than a person writes. */
class TooMuch extends Error {}

/** Takes merges (`<<: *name`) in: every pair keeps its own place, so that problems are told where it is written. */
export class Merges {
  readonly #deps: MergeDeps;

  constructor(deps: MergeDeps) {
    this.#deps = deps;
  }

  /**
   * A mapping's pairs with those that it merges. What it says itself wins over what it merges, wherever the merge
   * stands, and of several merges the first. Undefined where they are too many.
   * @param isRoot whether it is the whole file, whose `x-` keys are not read
   */
  pairsOf(map: YAMLMap, isRoot: boolean): Pairs | undefined {
    try {
      const { own, merged } = this.#split(map, new Set());
      const isRead = (pair: Pair): boolean => !isRoot || !OWN_KEY.test(textOfKey(pair) ?? '');
      return new Pairs(own.filter(isRead), merged.filter(isRead), offsetOf(map));
    } catch (error) {
      if (error instanceof TooMuch) return undefined;
      throw error;
    }
  }

  #split(map: YAMLMap, around: ReadonlySet<YAMLMap>): { own: readonly Pair[]; merged: readonly Pair[] } {
    const own = map.items.filter((pair) => !isMerge(pair));
    if (own.length === map.items.length) return { own, merged: [] };
    const within = new Set([...around, map]);
    const taken = new Set(own.flatMap((pair) => textOfKey(pair) ?? []));
    const merged: Pair[] = [];
    for (const pair of map.items.filter(isMerge)) {
      for (const other of this.#mergedBy(pair, pair.value, within)) {
        if (this.#deps.spend()) throw new TooMuch();
        const key = textOfKey(other) ?? '';
        if (taken.has(key) || taken.has(otherForm(key))) continue;
        taken.add(key);
        merged.push(other);
      }
    }
    return { own, merged };
  }

  #mergedBy(merge: Pair, value: unknown, within: ReadonlySet<YAMLMap>): readonly Pair[] {
    const target = isAlias(value) ? this.#deps.resolve(value) : value;
    if (target === 'too many') throw new TooMuch();
    if (isSeq(target) && value === merge.value)
      return target.items.flatMap((item) => this.#mergedBy(merge, item, within));
    const offset = offsetOf(value, offsetOf(merge.key));
    if (isAlias(value) && target === undefined)
      return this.#refuse('yaml-syntax', offset, 'no &anchor of this name stands before it');
    if (!isMap(target))
      return this.#refuse(
        'wrong-type',
        offset,
        'a merge (<<) takes a mapping, such as *name, or a list of them',
      );
    if (within.has(target))
      return this.#refuse('bad-value', offset, 'this mapping merges itself; remove the merge');
    const { own, merged } = this.#split(target, within);
    return [...own, ...merged];
  }

  #refuse(code: Finding['code'], offset: number, message: string): readonly Pair[] {
    this.#deps.report({ code, offset, message });
    return [];
  }
}

/** A quoted `"<<"` is a key like any other. */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** A secret and its file stand for the same: whichever is nearer takes the other's place. */
function otherForm(key: string): string {
  return key.endsWith('_file') ? key.slice(0, -'_file'.length) : `${key}_file`;
}
