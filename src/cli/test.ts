import { type LoadedRules, loadRules } from '../app/rule-files.ts';
import { coverRule, runRuleTests } from '../rules/index.ts';
import type { ExitCode, Io } from './io.ts';
import { isError, printProblems } from './problems.ts';
import { asJson, asPretty, asTap, type ConditionReport, type RuleReport } from './test-report.ts';

export interface TestOptions {
  readonly json?: boolean;
  readonly tap?: boolean;
  /** List every condition with what the tests ask of it. */
  readonly coverage?: boolean;
}

/** `tocsin test`: runs the tests that stand in rule files, and tells which conditions they never ask. */
export async function test(io: Io, paths: readonly string[], options: TestOptions): Promise<ExitCode> {
  const loaded = loadRules(paths.length === 0 ? ['rules'] : paths);
  printProblems(io, '', { problems: loaded.problems, ruleTexts: loaded.texts });
  if (loaded.problems.some(isError)) {
    if (options.tap) io.out('TAP version 14\nBail out! the rules are not valid\n');
    return 2;
  }
  const reports = reportsOf(loaded);
  const format = options.json ? asJson : options.tap ? asTap : asPretty;
  for (const line of format(reports, { colour: io.colour.out, everyCondition: options.coverage ?? false }))
    io.out(`${line}\n`);
  return reports.some(({ tests }) => tests.some(({ passed }) => !passed)) ? 1 : 0;
}

function reportsOf({ rules, origins }: LoadedRules): readonly RuleReport[] {
  return rules.map((rule) => ({
    id: rule.id,
    file: rule.file ?? '',
    tests: runRuleTests(rule),
    conditions: coverRule(rule).map(({ condition, ...counts }): ConditionReport => {
      const { term, aspect, operator } = condition;
      const name = aspect === 'whole' ? `${term} ${operator}` : `${term} ${aspect} ${operator}`;
      return { name, ...origins.get(condition)?.place, ...counts };
    }),
  }));
}
