import type { Datum, Operand } from './datum.ts';
import { javaTrim } from './text.ts';

/** Leaves, as texts, under the path that leads to them; array positions do not count. */
type LeafTexts = ReadonlyMap<string, ReadonlySet<string>>;

/** More leaves are not compared: the texts count as different. */
const MAX_LEAVES = 50_000;
const MAX_DEPTH = 100;

/**
 * How alike two bodies are, 0 to 100: the share of leaf paths whose sets of values are equal.
 * Texts that are no JSON are alike only when equal.
 * @param byValue false compares paths alone
 */
export function similarity(left: string, right: string, byValue = true): number {
  if (javaTrim(left) === javaTrim(right)) return 100;
  const ours = leafTexts(left);
  const theirs = leafTexts(right);
  if (ours === undefined || theirs === undefined) return 0;
  const paths = new Set([...ours.keys(), ...theirs.keys()]);
  if (paths.size === 0) return 100;
  let matched = 0;
  for (const path of paths) if (sameTexts(ours.get(path), theirs.get(path), byValue)) matched += 1;
  return (100 * matched) / paths.size;
}

/** Whether datum and operand hold the same leaves in any order; undefined where they cannot be compared. */
export function sameLeaves(datum: Datum, operand: Operand): boolean | undefined {
  return datum === undefined ? undefined : similarity(textOf(datum), textOf(operand)) === 100;
}

function textOf(value: Exclude<Datum, undefined>): string {
  return typeof value === 'object' ? value.text : String(value);
}

function sameTexts(
  left: ReadonlySet<string> | undefined,
  right: ReadonlySet<string> | undefined,
  byValue: boolean,
): boolean {
  if (left === undefined || right === undefined) return false;
  return !byValue || (left.size === right.size && left.isSubsetOf(right));
}

function leafTexts(text: string): LeafTexts | undefined {
  if (javaTrim(text) === '') return new Map();
  try {
    const leaves = new Map<string, Set<string>>();
    let count = 0;
    const walk = (value: unknown, path: string, depth: number): void => {
      if (depth > MAX_DEPTH || count > MAX_LEAVES) throw new RangeError('too much to compare');
      if (typeof value === 'object' && value !== null) {
        const isArray = Array.isArray(value);
        for (const [key, inner] of Object.entries(value))
          walk(inner, `${path}#${isArray ? '$' : key}`, depth + 1);
        return;
      }
      count += 1;
      const texts = leaves.get(path) ?? new Set();
      leaves.set(path, texts.add(String(value)));
    };
    walk(JSON.parse(text), '', 0);
    return leaves;
  } catch {
    return undefined;
  }
}
