import type { Json } from '../core/json.ts';

/** Inside a row. What nests deeper than the stack cannot be written as JSON: it would keep its whole page from being stored. */
export const MOST_LEVELS = 100;

export function isTooDeep(row: Json | undefined, levels = MOST_LEVELS + 1): boolean {
  if (typeof row !== 'object' || row === null) return false;
  return levels === 0 || Object.values(row).some((each) => isTooDeep(each, levels - 1));
}
