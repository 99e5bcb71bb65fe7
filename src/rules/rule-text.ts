import type { Problem } from '../core/problem.ts';
import type { Filter, FilterOrigins, Origin } from './filter-tree.ts';
import { entryOf, type Place, type Positioned } from './positioned.ts';
import { ProblemList, quoted } from './problems.ts';
import type { Rule } from './rule.ts';
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
}

function parsePlacedRule(text: string, file?: string): PlacedRule {
  const problems = new ProblemList(file);
  const origins = new Map<Filter, Origin>();
  const { root, brokenAt } = readYaml(text, problems);
  const parsed = root && new RuleParser(problems, file, origins).parse(root);
  const rule = parsed && !problems.failed ? { rule: parsed } : {};
  const told = brokenAt ? trusted(problems.all, root, brokenAt) : problems.all;
  const idPlace = root?.kind === 'map' ? entryOf(root, 'id')?.value.place : undefined;
  return { ...rule, problems: once(told.map(placed)).sort(inFileOrder), origins, idPlace };
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

/** Reads many files; an id that two of them use is an error in each but the first. */
export function parseRules(files: readonly { readonly file: string; readonly text: string }[]): {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
  readonly origins: FilterOrigins;
} {
  const origins = new Map<Filter, Origin>();
  const rules = new Map<string, Rule>();
  const problems: Problem[] = [];
  for (const { file, text } of files) {
    const { rule, problems: found, idPlace, origins: own } = parsePlacedRule(text, file);
    problems.push(...found);
    for (const [filter, origin] of own) origins.set(filter, origin);
    const other = rule && rules.get(rule.id);
    if (rule && other === undefined) rules.set(rule.id, rule);
    if (other === undefined) continue;
    const message = `The id ${quoted(other.id)} is already used in ${other.file ?? 'another file'}; give each rule its own.`;
    problems.push({ code: 'duplicate-id', severity: 'error', message, file, ...idPlace });
  }
  return { rules: [...rules.values()], problems, origins };
}
