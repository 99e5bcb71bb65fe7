import { LRUCache } from 'lru-cache';
import { parse } from 'yaml';
import type { CompileSilence } from '../pipeline/quieted.ts';
import { type CompiledFilter, compileAlertFilter } from '../rules/index.ts';

/** Filters are asked for at each look at due groups, and silences change seldom. */
const compiled = new LRUCache<string, { readonly filter: CompiledFilter | undefined }>({ max: 1_000 });

const EVERY = { matches: () => true };

/** Of a filter that does not compile, one that an earlier version took, nothing is kept quiet. */
export const compileSilence: CompileSilence = ({ when: text, fingerprints, ...silence }) => {
  if (fingerprints !== undefined) return { ...silence, when: EVERY, fingerprints: new Set(fingerprints) };
  const known = compiled.get(text) ?? { filter: filterOf(text) };
  compiled.set(text, known);
  return known.filter && { ...silence, when: known.filter };
};

function filterOf(text: string): CompiledFilter | undefined {
  try {
    return compileAlertFilter(parse(text)).filter;
  } catch {
    return undefined;
  }
}
