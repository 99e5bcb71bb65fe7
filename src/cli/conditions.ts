import type { ExplainedPart } from '../rules/index.ts';

/** One condition of a filter, under the words that lead to it. */
export interface LeafCondition {
  /** `severity gte`. */
  readonly words: string;
  readonly operands: string;
  readonly saw: string;
  readonly verdict: ExplainedPart['verdict'];
  readonly line?: number;
}

/** Words that say how conditions hang together, not what they ask. */
export const CONNECTING: ReadonlySet<string> = new Set(['all of', 'and', 'or', 'for_one', 'for_all']);

/** What whole filters are called. */
const FILTERS: ReadonlySet<string> = new Set([
  'filter',
  'ignore',
  'success_filter',
  'failure_filter',
  'when',
]);

/** The conditions of a filter, in its order. */
export function leavesOf(part: ExplainedPart, above: readonly string[] = []): readonly LeafCondition[] {
  const { word, parts, operands, saw, verdict, line } = part;
  const words = CONNECTING.has(word) ? above : [...above, word];
  if (operands === undefined) return parts.flatMap((inner) => leavesOf(inner, words));
  const place = line === undefined ? {} : { line };
  const own = FILTERS.has(words[0] ?? '') ? words.slice(1) : words;
  return [{ words: own.join(' '), operands, saw: saw ?? 'nothing', verdict, ...place }];
}

/** `severity gte "HIGH" saw "LOW"`. */
export function conditionText({ words, operands, saw }: LeafCondition): string {
  return `${words} ${operands} saw ${saw}`;
}
