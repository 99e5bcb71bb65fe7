import { styleText } from 'node:util';
import { loadRules } from '../app/rule-files.ts';
import { runRuleTests } from '../rules/index.ts';
import type { ExitCode, Io } from './io.ts';
import { isError, printProblems } from './problems.ts';

/** `tocsin test`: runs the tests that stand in rule files. */
export async function test(
  io: Io,
  paths: readonly string[],
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const { rules, problems, texts } = loadRules(paths.length === 0 ? ['rules'] : paths);
  printProblems(io, '', { problems, ruleTexts: texts });
  if (problems.some(isError)) return 2;
  const results = rules.flatMap((rule) => runRuleTests(rule).map((result) => ({ rule: rule.id, ...result })));
  const failed = results.filter(({ passed }) => !passed).length;
  if (options.json) {
    io.out(`${JSON.stringify({ passed: results.length - failed, failed, results })}\n`);
  } else {
    for (const result of results) io.out(`${lineOf(result, io.colour.out)}\n`);
    io.out(`${rules.length} rules, ${results.length - failed} tests passed, ${failed} failed\n`);
  }
  return failed > 0 ? 1 : 0;
}

interface Result {
  readonly rule: string;
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

function lineOf({ rule, name, passed, message }: Result, colour: boolean): string {
  const word = passed ? 'ok' : 'not ok';
  const mark = colour ? styleText(passed ? 'green' : 'red', word, { validateStream: false }) : word;
  return `${mark}  ${rule}: ${name}${passed ? '' : `\n        ${message}`}`;
}
