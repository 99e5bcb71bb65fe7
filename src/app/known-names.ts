import { quoted as harmless, nearest } from '../config/words.ts';
import { FEEDS } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import { SEVERITIES } from '../core/severity.ts';
import { OPERATION_RULES } from '../pipeline/operations.ts';
import {
  type Comparison,
  type CompiledFilter,
  type Condition,
  comparisonsIn,
  type compileFilter,
  conditionsIn,
  type Rule,
  valuesPassing,
} from '../rules/index.ts';

/** The names that filters over alerts can meet. */
export interface KnownNames {
  /** With what may be shown of them; absent where not all can be read. */
  readonly sources?: readonly { readonly name: string; readonly isShowable: boolean }[];
  /** Absent where not all rules can be read. */
  readonly rules?: readonly Rule[];
}

/** What Tocsin says of itself comes from here. */
export const OWN_SOURCE = 'tocsin';
export const OWN_FEED = 'operations';

/** The names that a term can have. */
interface Vocabulary {
  readonly one: string;
  readonly names: readonly string[];
  /** Those that messages may hold. */
  readonly shown: readonly string[];
  readonly severity: Problem['severity'];
  /** What to think of where no name is near. */
  readonly advice?: string;
  /** Other names are possible: only what is nearly one of these is told. */
  readonly isOpen?: true;
}

/** Names in a filter that nothing has, values that its terms never have, each where it stands. */
export function unknownNamesOf(
  { tree, origins }: Pick<CompiledFilter, 'tree' | 'origins'>,
  known: KnownNames,
  file: string | undefined,
): readonly Problem[] {
  const vocabularies = new Map<string, Vocabulary | undefined>();
  const of = (term: string): Vocabulary | undefined => {
    if (!vocabularies.has(term)) vocabularies.set(term, vocabularyOf(term, known));
    return vocabularies.get(term);
  };
  return conditionsIn(tree).flatMap((condition) => {
    const vocabulary = of(condition.term);
    const names = vocabulary && unknownIn(comparisonsIn(condition, origins), vocabulary, file);
    if (names !== undefined && names.length > 0) return names;
    const found = notAFlag(condition) ?? (vocabulary && neverOne(condition, vocabulary));
    if (found === undefined) return [];
    const origin = origins.get(condition);
    return [problem(found.severity, found.message, origin?.value?.place ?? origin?.place, file)];
  });
}

/** Of a filter with errors, which is not compiled: the names that it compares with, for what needs no configuration to know. */
export function unknownNamesBeside(
  { problems, rest }: ReturnType<typeof compileFilter>,
  file: string | undefined,
): readonly Problem[] {
  if (rest === undefined) return problems;
  const slips = conditionsIn(rest.tree).flatMap((condition) => {
    const vocabulary = vocabularyOf(condition.term, {});
    return vocabulary === undefined
      ? []
      : unknownIn(comparisonsIn(condition, rest.origins), vocabulary, file);
  });
  return [...problems, ...slips];
}

function unknownIn(
  comparisons: readonly Comparison[],
  vocabulary: Vocabulary,
  file: string | undefined,
): readonly Problem[] {
  return comparisons.flatMap((comparison) => {
    if (isKnown(comparison, vocabulary.names)) return [];
    const message = unknownName(comparison, vocabulary);
    return message === undefined ? [] : [problem(vocabulary.severity, message, comparison.place, file)];
  });
}

function problem(
  severity: Problem['severity'],
  message: string,
  place: Comparison['place'],
  file: string | undefined,
): Problem {
  return { code: 'unknown-name', severity, message, ...(file === undefined ? {} : { file }), ...place };
}

function vocabularyOf(term: string, { sources, rules }: KnownNames): Vocabulary | undefined {
  if (term === 'severity') return closed('severity', SEVERITIES);
  if (term === 'feed') return closed('feed', [...FEEDS, OWN_FEED]);
  if (term === 'change') return closed('change', ['first_seen', 'changed']);
  if (term === 'source') {
    if (sources === undefined) return undefined;
    const shown = sources.flatMap(({ name, isShowable }) => (isShowable ? [name] : []));
    return {
      ...{ one: 'source', severity: 'error' },
      ...{ names: [...sources.map(({ name }) => name), OWN_SOURCE], shown: [...shown, OWN_SOURCE] },
    };
  }
  return rules === undefined ? undefined : ruleVocabularyOf(term, rules);
}

function closed(one: string, names: readonly string[]): Vocabulary {
  return { one, names, shown: names, severity: 'error' };
}

function ruleVocabularyOf(term: string, rules: readonly Rule[]): Vocabulary | undefined {
  const vocabulary = (one: string, of: (rule: Rule) => string | undefined, advice: string): Vocabulary => {
    const names = [...new Set(rules.flatMap((rule) => of(rule) ?? []))];
    return { one, names, shown: names, severity: 'warning', advice };
  };
  if (term === 'rule') {
    const { names, ...rest } = vocabulary(
      'rule',
      ({ id }) => id,
      'check its id, unless the rule is yet to come',
    );
    const all = [...names, ...OPERATION_RULES];
    return { ...rest, names: all, shown: all };
  }
  if (term === 'rule_name') return { ...vocabulary('rule', ({ info }) => info.name ?? '', ''), isOpen: true };
  if (term === 'category') {
    const own = rules.some(({ info }) => info.category === undefined);
    return vocabulary('category', ({ info }) => info.category, own ? FROM_EVENTS : CHECK);
  }
  if (term === 'sub_category') {
    const sub = vocabulary('sub-category', ({ info }) => info.subCategory, FROM_EVENTS);
    const isOpen = rules.some(({ info }) => info.subCategory === undefined);
    return isOpen ? { ...sub, isOpen } : { ...sub, advice: CHECK };
  }
  return undefined;
}

const CHECK = 'check its spelling, unless a rule with it is yet to come';
const FROM_EVENTS = 'only alerts of rules that say none, and take that of their events, can have it';

function isKnown({ operator, text }: Comparison, names: readonly string[]): boolean {
  const word = fold(text);
  if (operator === 'eq' || operator === 'neq') return names.some((name) => fold(name) === word);
  return names.some((name) => fold(name).includes(word));
}

/** Undefined where it may well be somebody's. */
function unknownName({ text, verbatim }: Comparison, vocabulary: Vocabulary): string | undefined {
  const { one, shown, severity, advice, isOpen } = vocabulary;
  const near = nearest(text, shown);
  if (isOpen === true && near === undefined) return undefined;
  // What came from the environment is shown nowhere, and neither is what is like it.
  const named = verbatim ? harmless(text, 'this') : 'this';
  const what = severity === 'error' ? `no ${one} is named ${named}` : `no rule here ${has(one)} ${named}`;
  if (verbatim && near !== undefined) return `${what}; did you mean "${near}"?`;
  return severity === 'error' ? `${what}; ${oneOf(vocabulary)}` : `${what}; ${advice}`;
}

function has(one: string): string {
  return one === 'rule' ? 'is called' : `has the ${one}`;
}

const MOST_LISTED = 24;

function oneOf({ shown }: Vocabulary): string {
  const more = shown.length > MOST_LISTED ? ', …' : '';
  return `write one of ${shown.slice(0, MOST_LISTED).join(', ')}${more}`;
}

interface Misfit {
  readonly severity: Problem['severity'];
  readonly message: string;
}

/** A condition that none of the names passes, for another reason than a name that is not known. */
function neverOne(condition: Condition, vocabulary: Vocabulary): Misfit | undefined {
  const { operator } = condition;
  // The filter's own reader tells of severities in their order, and of empty lists.
  if (condition.ordered !== undefined || vocabulary.isOpen === true) return undefined;
  if (condition.operands.length === 0) return undefined;
  const passing = valuesPassing(condition, vocabulary.names);
  if (passing === undefined || passing.length > 0) return undefined;
  const { severity, one } = vocabulary;
  const known = severity === 'error' ? oneOf(vocabulary) : 'check it against the rules here';
  return { severity, message: `${operator}: no ${one} passes this${whyNone(condition)}; ${known}` };
}

function whyNone({ operator, operands, term }: Condition): string {
  if (operator === 'regex' || operator === 'regex_extract') return ', and patterns look at letter case';
  return operands.some((operand) => typeof operand === 'string') ? '' : `, for ${term} is a text`;
}

/** Any other word counts as false, silently. */
function notAFlag({ term, operator, operands }: Condition): Misfit | undefined {
  const [first] = operands;
  if (term !== 'successful_exploit' || !/^n?eq$/.test(operator) || typeof first !== 'string')
    return undefined;
  if (/^(true|false)$/i.test(first)) return undefined;
  return { severity: 'error', message: `${operator}: ${term} is true or false; write one of the two` };
}

/** As operators compare texts. */
function fold(text: string): string {
  return text.trim().toLowerCase();
}
