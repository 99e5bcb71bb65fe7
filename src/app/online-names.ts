import { nearest } from '../config/words.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceVocabulary } from '../core/source-knowledge.ts';
import type { Comparison } from '../rules/index.ts';

/** Filters of one file. */
export interface NamingFilter {
  readonly file: string | undefined;
  readonly comparisons: readonly Comparison[];
  /** Sub-categories that are known here besides those of the sources. */
  readonly subCategories?: readonly string[];
}

type NameKind = keyof SourceVocabulary;

/** The terms whose values are names that a source knows. */
const KINDS: ReadonlyMap<string, NameKind> = new Map([
  ['sub_category', 'subCategories'],
  ['filter_id', 'attacks'],
  ['latest_attack', 'attacks'],
  ['host', 'hosts'],
  ['latest_api_host', 'hosts'],
  ['country', 'countries'],
  ['country_code', 'countries'],
]);

const WORDS: Readonly<Record<NameKind, readonly [one: string, many: string]>> = {
  subCategories: ['sub-category', 'sub-categories'],
  attacks: ['attack', 'attacks'],
  hosts: ['host', 'hosts'],
  countries: ['country', 'countries'],
};

const MOST_QUOTED_CHARS = 60;
/** Of names that a slip is compared with, and of slips that are compared. */
const MOST_COMPARED = 5_000;
const MOST_SUGGESTIONS = 100;

/**
 * Warns of names in filters that no event of the sources has carried so far, each where it stands. A kind of names
 * of which the sources know none is not checked, which is said once.
 * @param sources their names, for messages
 */
export function unknownNames(
  filters: readonly NamingFilter[],
  vocabulary: SourceVocabulary,
  sources: string,
): readonly Problem[] {
  const unchecked = new Set<NameKind>();
  const known = new Map<NameKind, readonly string[]>();
  const problems: Problem[] = [];
  for (const { file, comparisons, subCategories = [] } of filters) {
    for (const comparison of comparisons) {
      const kind = KINDS.get(comparison.term);
      if (kind === undefined || comparison.text.trim() === '') continue;
      const folded = known.get(kind) ?? vocabulary[kind].map(fold);
      known.set(kind, folded);
      const own = kind === 'subCategories' ? subCategories.map(fold) : [];
      if (folded.length === 0) unchecked.add(kind);
      else if (!isKnown(comparison, folded) && !isKnown(comparison, own)) {
        const near = problems.length < MOST_SUGGESTIONS ? vocabulary[kind].slice(0, MOST_COMPARED) : [];
        problems.push({ ...warning(comparison, kind, near, sources), ...placeOf(file, comparison) });
      }
    }
  }
  return [...problems, ...[...unchecked].map((kind) => uncheckedKind(kind, sources))];
}

function isKnown({ operator, text }: Comparison, names: readonly string[]): boolean {
  const word = fold(text);
  if (operator === 'eq' || operator === 'neq') return names.includes(word);
  return names.some((name) => name.includes(word));
}

function warning({ text, verbatim }: Comparison, kind: NameKind, names: readonly string[], sources: string) {
  const [one] = WORDS[kind];
  // What came from the environment is shown nowhere, and neither is what is like it.
  const near = verbatim ? nearest(text, names) : undefined;
  const shown = verbatim ? `the ${one} ${quoted(text)}` : `this ${one}`;
  const advice =
    near === undefined ? 'check its spelling, unless it is yet to come' : `did you mean ${quoted(near)}?`;
  const message = `no event of ${sources} has carried ${shown} so far; ${advice}`;
  return { code: 'unknown-name', severity: 'warning', message } as const;
}

function placeOf(file: string | undefined, { place }: Comparison): Pick<Problem, 'file' | 'line' | 'column'> {
  return { ...(file === undefined ? {} : { file }), ...place };
}

function uncheckedKind(kind: NameKind, sources: string): Problem {
  const many = WORDS[kind][1];
  const message = `${sources} told no ${many}, so those that rules and routes name are not checked`;
  return { code: 'unchecked-names', severity: 'warning', message };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > MOST_QUOTED_CHARS ? `${text.slice(0, MOST_QUOTED_CHARS)}…` : text);
}

/** As operators compare texts. */
function fold(text: string): string {
  return text.trim().toLowerCase();
}
