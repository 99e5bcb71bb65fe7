import { describe, expect, it } from 'vitest';
import { PageRows } from './page-rows.ts';

const MOST = 500;
const KIB = 1_024;

function rowsAfter(...rowChars: readonly number[]): number {
  const rows = new PageRows(MOST);
  for (const chars of rowChars) rows.saw(100, 100 * chars);
  return rows.now;
}

describe('a page', () => {
  it.each([
    ['as told while nothing is known', [], MOST],
    ['as told for usual rows', [2 * KIB], MOST],
    ['fewer for large ones, so that it is about 3 MiB', [24 * KIB], 128],
    ['never so few that every second fills one', [1_024 * KIB], 50],
    ['at once where rows grow', [2 * KIB, 24 * KIB], 128],
    ['and not at once where they shrink', [24 * KIB, KIB], 245],
  ])('has so many rows: %s', (_, seen, rows) => {
    expect(rowsAfter(...seen)).toBe(rows);
  });

  it('is as told again when large rows are over', () => {
    expect(rowsAfter(64 * KIB, ...Array.from({ length: 10 }, () => KIB))).toBe(MOST);
  });

  it('learns nothing of an answer without rows, and asks for no more than it is told', () => {
    const rows = new PageRows(20);
    rows.saw(0, 5_000_000);
    expect(rows.now).toBe(20);
    rows.saw(1, 100_000_000);
    expect(rows.now).toBe(20);
  });
});
