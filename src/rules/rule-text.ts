import type { Problem } from '../core/problem.ts';
import { isCatchAll } from './catch-all.ts';
import type { Filter, FilterOrigins, Origin } from './filter-tree.ts';
import { entryOf, type Place, type Positioned } from './positioned.ts';
import { ProblemList, quoted } from './problems.ts';
import type { Rule } from './rule.ts';
import { hasOwnKeys } from './rule-filters.ts';
import { RuleParser } from './rule-parser.ts';
import { readYaml } from './yaml-file.ts';

export interface ParsedRule {
  /** Undefined where any problem is an error. */
  readonly rule?: Rule;
  readonly problems: readonly Problem[];
  /** Where each part of the rule's filters stands. */
  readonly origins: FilterOrigins;
}

/** Reads one rule file and tells every problem in it. Never throws. */
export function parseRule(text: string, file?: string): ParsedRule {
  return parsePlacedRule(text, file);
}

interface PlacedRule extends ParsedRule {
  readonly idPlace?: { readonly line: number; readonly column: number } | undefined;
  /** The rule as far as it can be read, where errors keep it from being one. */
  readonly broken?: Rule;
  /** Whether it has no key of ours. */
  readonly isTemplate: boolean;
}

function parsePlacedRule(text: string, file?: string): PlacedRule {
  const problems = new ProblemList(file);
  const origins = new Map<Filter, Origin>();
  const { root, brokenAt } = readYaml(text, problems);
  const parsed = root && new RuleParser(problems, file, origins).parse(root);
  const rule = parsed && (problems.failed ? { broken: parsed } : { rule: parsed });
  const told = brokenAt ? trusted(problems.all, root, brokenAt) : problems.all;
  const idPlace = root?.kind === 'map' ? entryOf(root, 'id')?.value.place : undefined;
  const isTemplate = root?.kind === 'map' && !hasOwnKeys(root);
  return { ...rule, problems: once(told.map(placed)).sort(inFileOrder), origins, idPlace, isTemplate };
}

/** After broken YAML, only what stands in the top-level entries before is sure to mean what it says. */
function trusted(
  problems: readonly Problem[],
  root: Positioned | undefined,
  brokenAt: Place,
): readonly Problem[] {
  const entries = root?.kind === 'map' ? root.entries.flatMap(({ place }) => place ?? []) : [];
  const end = entries.findLast((place) => inFileOrder(place, brokenAt) <= 0) ?? { line: 1, column: 1 };
  return problems.filter(
    (problem) => isYamls(problem) || (problem.code !== 'missing-key' && inFileOrder(problem, end) < 0),
  );
}

function isYamls({ code }: Problem): boolean {
  return ['yaml-syntax', 'duplicate-key', 'too-large', 'too-deep'].includes(code);
}

/** What is wrong with a file as a whole is told at its beginning. */
function placed(problem: Problem): Problem {
  return problem.line === undefined ? { ...problem, line: 1, column: 1 } : problem;
}

/** YAML may tell one mistake twice. */
function once(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function inFileOrder(a: Partial<Place>, b: Partial<Place>): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

export interface RuleFile {
  readonly file: string;
  readonly text: string;
  /** As a server has it: nobody here can mend it, and it must not keep the rules of others from running. */
  readonly isPulled?: boolean;
}

/**
 * Reads many files; an id that two of them use is an error in each but the first. Templates that only their original can
 * run never match, with a warning; of those that were pulled, so does whatever cannot be read.
 */
export function parseRules(files: readonly RuleFile[]): {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
  readonly origins: FilterOrigins;
} {
  const origins = new Map<Filter, Origin>();
  const rules = new Map<string, { readonly rule: Rule; readonly isPulled: boolean }>();
  const problems: Problem[] = [];
  for (const { file, text, isPulled = false } of files) {
    const parsed = parsePlacedRule(text, file);
    const { rule, problems: found } = isPulled ? asPulled(parsed, file) : asWritten(parsed, file);
    problems.push(...found);
    for (const [filter, origin] of parsed.origins) origins.set(filter, origin);
    if (rule === undefined) continue;
    const other = rules.get(rule.id);
    const isTaken = other !== undefined && (isPulled || !other.isPulled);
    if (!isTaken) rules.set(rule.id, { rule, isPulled });
    if (other === undefined) continue;
    const [loser, winner] = isTaken ? [file, other.rule.file] : [other.rule.file, file];
    const message = `The id ${quoted(rule.id)} is already used in ${winner ?? 'another file'}; give each rule its own.`;
    const severity = isPulled || other.isPulled ? 'warning' : 'error';
    problems.push({
      ...{ code: 'duplicate-id', severity, message },
      ...(loser === undefined ? {} : { file: loser }),
      ...(isTaken ? parsed.idPlace : { line: 1, column: 1 }),
    });
  }
  return { rules: [...rules.values()].map(({ rule }) => rule), problems, origins };
}

type Read = Pick<ParsedRule, 'rule' | 'problems'>;

/** What people write must be right; a template that only the original can run is one that it runs. */
function asWritten({ rule, broken, problems, isTemplate }: PlacedRule, file: string): Read {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const isKnownWord = errors.every(({ code }) => code === 'unsupported-operator');
  if (rule !== undefined || broken === undefined || !isTemplate || !isKnownWord)
    return { problems, ...(rule === undefined ? {} : { rule }) };
  return { rule: neverMatching(broken), problems: [...asWarnings(problems), leftOut(file)] };
}

/** The whole rule, not its condition alone: what stands beside it, or under `ignore`, would say something else. */
function neverMatching({ ignore: _i, successFilter: _s, failureFilter: _f, ...rule }: Rule): Rule {
  return { ...rule, filter: { kind: 'constant', holds: false } };
}

function asPulled({ rule, broken, problems, isTemplate }: PlacedRule, file: string): Read {
  if (rule === undefined)
    return {
      problems: [...asWarnings(problems), leftOut(file)],
      ...(broken === undefined ? {} : { rule: neverMatching(broken) }),
    };
  if (!isTemplate || !isCatchAll(rule)) return { rule, problems };
  const place = { file, line: 1, column: 1 };
  return {
    rule: { ...rule, filter: attributedTo(rule.id) },
    problems: [
      ...problems,
      { code: 'matches-everything', severity: 'warning', message: CODE_AT_AKTO, ...place },
    ],
  };
}

const CODE_AT_AKTO =
  'This template matches every request, since its logic is code at Akto: here it matches the events to which Akto gave its id as filter_id. Edit it, or delete the file, if you want something else.';

/** What Akto's own code found under this id. */
function attributedTo(id: string): Filter {
  const condition: Filter = {
    kind: 'condition',
    term: 'filter_id',
    aspect: 'whole',
    collection: undefined,
    operator: 'eq',
    operands: [id],
  };
  return { kind: 'and', children: [{ kind: 'term', children: [condition] }] };
}

function asWarnings(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, severity: 'warning' }));
}

function leftOut(file: string): Problem {
  const message = 'This template cannot run here, so it never matches; other rules are not affected.';
  return { code: 'left-out', severity: 'warning', message, file, line: 1, column: 1 };
}
