import { counted } from '../core/counted.ts';
import type { Datum } from './datum.ts';
import type { EventView } from './event-view.ts';
import type { Condition, Filter, FilterOrigins, Origin } from './filter-tree.ts';
import type { Rule } from './rule.ts';
import { Run, type TermSource } from './run.ts';
import { ruleVerdict, type Trace, traceFilter, traceRule, verdictOf } from './trace.ts';

export type Verdict = 'true' | 'false' | 'unknown';

/** One part of a filter with what it decided and why. Texts are bounded, and control characters in them visible. */
export interface ExplainedPart {
  /** The word in the file; `all of` for a list item of several. */
  readonly word: string;
  readonly line?: number;
  readonly column?: number;
  readonly verdict: Verdict;
  /** What stands under an operator. */
  readonly operands?: string;
  /** What a condition looked at. */
  readonly saw?: string;
  /** The keys that a `key` or `value` condition matched, for the conditions after it. */
  readonly matched?: readonly string[];
  /** Why the verdict is unknown. */
  readonly reason?: string;
  readonly parts: readonly ExplainedPart[];
}

export interface Explanation {
  readonly rule: string;
  readonly verdict: Verdict;
  /** Why the payload does not decode: then terms of the exchange see nothing. */
  readonly payloadError?: string;
  readonly filters: readonly ExplainedPart[];
}

/** Says how a rule comes to its verdict on an event. Windows are not looked at. */
export function explainRule(rule: Rule, view: EventView, origins: FilterOrigins): Explanation {
  const trace = traceRule(rule, view);
  const filters = [...trace.filters.values()].map((root) => explainPart(root, view, origins));
  const { payloadError } = view;
  return {
    rule: rule.id,
    verdict: wordOf(ruleVerdict(trace)),
    ...(payloadError === undefined ? {} : { payloadError: visible(payloadError) }),
    filters,
  };
}

/** Says how a filter outside rules decides. Texts that came into it from elsewhere may be secrets: they are not told. */
export function explainFilter(filter: Filter, source: TermSource, origins: FilterOrigins): ExplainedPart {
  return explainPart(traceFilter(filter, source), source, origins, isOwnText);
}

/** Whether what a condition compares with stands in the file as it is. */
function isOwnText(origin: Origin | undefined): boolean {
  const { value } = origin ?? {};
  if (value === undefined || value.kind === 'map') return false;
  const items = value.kind === 'list' ? value.items : [value];
  return items.every((item) => item.kind === 'scalar' && (typeof item.value !== 'string' || item.verbatim));
}

function explainPart(
  trace: Trace,
  view: TermSource,
  origins: FilterOrigins,
  mayTell: (origin: Origin | undefined) => boolean = () => true,
): ExplainedPart {
  const { filter, outcome, children } = trace;
  const origin: Origin | undefined = origins.get(filter);
  const part = {
    word: origin?.word ?? 'all of',
    ...origin?.place,
    verdict: wordOf(verdictOf(trace)),
    ...(outcome.reason === undefined ? {} : { reason: visible(outcome.reason) }),
    parts: children.map((child) => explainPart(child, view, origins, mayTell)),
  };
  if (filter.kind !== 'condition') return part;
  const { operands = '', ...sight } = sightOf(filter, trace, view);
  return { ...part, operands: mayTell(origin) ? operands : 'a text from elsewhere', ...sight };
}

function wordOf(verdict: boolean | undefined): Verdict {
  if (verdict === undefined) return 'unknown';
  return verdict ? 'true' : 'false';
}

const MAX_OPERANDS_CHARS = 100;
const MAX_LISTED = 10;

function sightOf(condition: Condition, { outcome, linked }: Trace, view: TermSource): Partial<ExplainedPart> {
  const operands = condition.operands.map((operand) => shown(operand, MAX_OPERANDS_CHARS)).join(', ');
  const said = { operands: clipped(operands, MAX_OPERANDS_CHARS) };
  const { aspect } = condition;
  if (aspect !== 'key' && aspect !== 'value') return { ...said, saw: whole(condition, view) };
  const matched = [...(outcome.keys ?? [])].slice(0, MAX_LISTED).map((key) => clipped(visible(key), 60));
  return { ...said, saw: fieldsSeen(condition, linked, view), matched };
}

/** What is too much to look at is said, not thrown. */
function whole({ term, aspect }: Condition, view: TermSource): string {
  try {
    return shown(new Run(view).datum(term, aspect), MAX_SEEN_CHARS);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function fieldsSeen({ term, aspect }: Condition, linked: Trace['linked'], view: TermSource): string {
  try {
    const fields = view.fields?.(term);
    const keys = [...(fields?.keys ?? []).entries()].filter(
      ([, key]) => aspect === 'key' || linked === undefined || linked.has(key),
    );
    if (keys.length === 0) return fields === undefined || linked === undefined ? 'nothing' : 'no matched key';
    const first = keys.slice(0, MAX_LISTED).map(([index, key]) => {
      const name = clipped(visible(key), 60);
      return aspect === 'key' ? name : `${name}: ${shown(fields?.values[index], 60)}`;
    });
    const more = keys.length - first.length;
    return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const MAX_SEEN_CHARS = 160;

function shown(datum: Datum, maxChars: number): string {
  if (datum === undefined) return 'nothing';
  if (typeof datum === 'object') return datum.text;
  if (typeof datum !== 'string') return String(datum);
  const more = datum.length > maxChars ? ` (${counted(datum.length, 'character')})` : '';
  return `"${clipped(visible(datum.slice(0, maxChars + 1)), maxChars)}"${more}`;
}

function clipped(text: string, maxChars: number): string {
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
}

/** A terminal obeys control characters, and some characters hide or turn round what stands beside them. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return NAMED.get(code) ?? `\\u{${code.toString(16)}}`;
  });
}

const NAMED: ReadonlyMap<number, string> = new Map([
  [9, '\\t'],
  [10, '\\n'],
  [13, '\\r'],
]);
