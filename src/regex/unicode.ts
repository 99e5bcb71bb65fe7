import { type CodeSet, LAST_CODE_POINT, union, unionOf } from './code-set.ts';

// Unicode's character properties, as this Node knows them.

const known = new Map<string, CodeSet>();

/** The union of V8's properties; the same array each time, so that sets can be told apart by identity. */
export function unicodeSet(properties: readonly string[]): CodeSet {
  const key = properties.join();
  const [only] = properties;
  const set =
    known.get(key) ??
    (only === key ? scan(only) : unionOf(properties.map((property) => unicodeSet([property]))));
  known.set(key, set);
  return set;
}

/** Planes with characters of their own; the others hold no character (4-13) or only private ones (15, 16). */
const RICH_PLANES = [0, 1, 2, 3, 14];
const PLANE = 0x10000;

/** Asks V8 about every code point, a run at a time; some ten milliseconds, so the answers are kept. */
function scan(property: string): CodeSet {
  const runs = new RegExp(`\\p{${property}}+`, 'gu');
  const ranges: number[] = [];
  for (let plane = 0; plane <= LAST_CODE_POINT / PLANE; plane++) {
    const start = plane * PLANE;
    if (RICH_PLANES.includes(plane)) ranges.push(...scanPlane(start, runs));
    else if (new RegExp(runs, 'u').test(String.fromCodePoint(start))) ranges.push(start, start + PLANE - 3);
    if (!RICH_PLANES.includes(plane)) ranges.push(...scanCodes(start + PLANE - 2, start + PLANE - 1, runs));
  }
  return union(ranges, []);
}

function scanPlane(start: number, runs: RegExp): number[] {
  if (start > 0) return scanCodes(start, start + PLANE - 1, runs);
  const surrogates = new RegExp(runs, 'u').test('\ud800') ? [0xd800, 0xdfff] : [];
  return [...scanCodes(0, 0xd7ff, runs), ...surrogates, ...scanCodes(0xe000, 0xffff, runs)];
}

function scanCodes(first: number, last: number, runs: RegExp): number[] {
  const unitsEach = first < PLANE ? 1 : 2;
  return [...textOf(first, last, unitsEach).matchAll(runs)].flatMap(({ index, 0: run }) => [
    first + index / unitsEach,
    first + (index + run.length) / unitsEach - 1,
  ]);
}

function textOf(first: number, last: number, unitsEach: number): string {
  const units = Buffer.alloc(2 * unitsEach * (last - first + 1));
  for (let code = first, at = 0; code <= last; code++, at += 2 * unitsEach) {
    if (unitsEach === 1) units.writeUInt16LE(code, at);
    else {
      units.writeUInt16LE(0xd800 + ((code - PLANE) >> 10), at);
      units.writeUInt16LE(0xdc00 + (code & 0x3ff), at + 2);
    }
  }
  return units.toString('utf16le');
}
