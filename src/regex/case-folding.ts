import { type CodeSet, codeRange, unionOf } from './code-set.ts';
import type { Fold } from './syntax.ts';

// Java's two ways to ignore case: `(?i)` folds ASCII letters only; `(?iu)` compares lower(upper(c)).

/** Every code point that a single character of the pattern stands for. */
export function foldedChar(code: number, fold: Fold): CodeSet {
  if (fold === 'none') return codeRange(code, code);
  if (fold === 'ascii') return foldedRange(code, code, fold);
  const folded = foldOf(code);
  const same = unicodeFolds().byFold.get(folded) ?? [];
  return unionOf([codeRange(code, code), ...same.map((other) => codeRange(other, other))]);
}

/** Every code point that a range of a class stands for. */
export function foldedRange(low: number, high: number, fold: Fold): CodeSet {
  const plain = codeRange(low, high);
  if (fold === 'none') return plain;
  if (fold === 'ascii') {
    return unionOf([plain, shifted(low, high, 0x41, 0x5a, 32), shifted(low, high, 0x61, 0x7a, -32)]);
  }
  const matched = unicodeFolds()
    .cased.filter(({ upper, lower }) => inRange(upper, low, high) || inRange(lower, low, high))
    .map(({ code }) => codeRange(code, code));
  return unionOf([plain, ...matched]);
}

/** One character as back-references compare it. */
export function foldCode(code: number, fold: Fold): number {
  if (fold === 'none') return code;
  if (fold === 'unicode') return foldOf(code);
  return code >= 0x41 && code <= 0x5a ? code + 32 : code;
}

function inRange(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}

function shifted(low: number, high: number, from: number, to: number, by: number): CodeSet {
  const start = Math.max(low, from);
  const end = Math.min(high, to);
  return start <= end ? codeRange(start + by, end + by) : [];
}

function foldOf(code: number): number {
  return simple(simple(code, 'toUpperCase'), 'toLowerCase');
}

/** Java maps one code point to one; a longer answer of V8 (ß → SS) is no simple mapping. */
function simple(code: number, method: 'toUpperCase' | 'toLowerCase'): number {
  if (code >= 0xd800 && code <= 0xdfff) return code;
  const mapped = String.fromCodePoint(code)[method]();
  const first = mapped.codePointAt(0) ?? code;
  return mapped.length === (first > 0xffff ? 2 : 1) ? first : code === 0x130 ? 0x69 : code;
}

interface Cased {
  readonly code: number;
  readonly upper: number;
  readonly lower: number;
}

let folds: { cased: Cased[]; byFold: Map<number, number[]> } | undefined;

function unicodeFolds(): { cased: Cased[]; byFold: Map<number, number[]> } {
  folds ??= buildFolds();
  return folds;
}

const LAST_CASED = 0x1e943;

function buildFolds(): { cased: Cased[]; byFold: Map<number, number[]> } {
  const cased: Cased[] = [];
  const byFold = new Map<number, number[]>();
  for (let code = 0; code <= LAST_CASED; code++) {
    const upper = simple(code, 'toUpperCase');
    const lower = simple(upper, 'toLowerCase');
    if (upper === code && lower === code) continue;
    cased.push({ code, upper, lower });
    byFold.set(lower, [...(byFold.get(lower) ?? []), code]);
  }
  return { cased, byFold };
}
