import { styleText } from 'node:util';
import { counted } from '../core/counted.ts';
import { printable } from '../core/excerpt.ts';
import type { RuleTestResult } from '../rules/index.ts';

/** What the tests of one rule gave. */
export interface RuleReport {
  readonly id: string;
  readonly file: string;
  readonly tests: readonly RuleTestResult[];
  readonly conditions: readonly ConditionReport[];
}

export interface ConditionReport {
  /** `request_headers value regex`. */
  readonly name: string;
  readonly line?: number;
  readonly column?: number;
  readonly held: number;
  readonly failed: number;
  readonly decided: number;
}

export interface ReportOptions {
  readonly colour: boolean;
  /** Tell of every condition, not only of those that never decided anything. */
  readonly everyCondition: boolean;
}

type Format = (reports: readonly RuleReport[], options: ReportOptions) => readonly string[];

/** For people. */
export const asPretty: Format = (reports, options) => [
  ...reports.flatMap(({ id, tests }) => tests.map((result) => prettyTest(id, result, options.colour))),
  ...coverageLines(reports, options).map(printable),
  ...summaryOf(reports),
];

/** `{passed, failed, results, coverage}`, for programs. */
export const asJson: Format = (reports) => {
  const results = reports.flatMap(({ id, tests }) => tests.map((result) => ({ rule: id, ...result })));
  const coverage = reports.map(({ id, file, conditions }) => {
    const decided = conditions.filter((condition) => condition.decided > 0).length;
    return { rule: id, file, total: conditions.length, decided, conditions };
  });
  return [JSON.stringify({ ...countsOf(reports), results, coverage })];
};

/** TAP version 14. */
export const asTap: Format = (reports, options) => {
  const tests = reports.flatMap(({ id, tests: own }) => own.map((result) => ({ id, ...result })));
  return [
    'TAP version 14',
    tests.length === 0 ? '1..0 # SKIP no rule has a test' : `1..${tests.length}`,
    ...tests.flatMap(({ id, name, passed, message }, index) => [
      `${passed ? 'ok' : 'not ok'} ${index + 1} - ${tapText(`${id}: ${name}`)}`,
      ...(passed ? [] : ['  ---', `  message: ${JSON.stringify(message)}`, '  ...']),
    ]),
    ...coverageLines(reports, { ...options, colour: false }).map((line) => `# ${printable(line)}`),
    ...summaryOf(reports).map((line) => `# ${line}`),
  ];
};

/** A number sign begins a directive. */
function tapText(text: string): string {
  return printable(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}

function prettyTest(rule: string, { name, passed, message }: RuleTestResult, colour: boolean): string {
  const word = passed ? 'ok' : 'not ok';
  const mark = colour ? styleText(passed ? 'green' : 'red', word, { validateStream: false }) : word;
  const line = `${mark}  ${printable(`${rule}: ${name}`)}`;
  return passed ? line : `${line}\n        ${printable(message)}`;
}

function coverageLines(reports: readonly RuleReport[], options: ReportOptions): readonly string[] {
  return reports.flatMap((report) => {
    const told = report.conditions.filter(({ decided }) => options.everyCondition || decided === 0);
    return told.length === 0
      ? []
      : [coverageHeading(report), ...told.map((one) => conditionLine(report, one))];
  });
}

function coverageHeading({ id, tests, conditions }: RuleReport): string {
  if (tests.length === 0) return `${id} has no tests`;
  const never = conditions.filter(({ decided }) => decided === 0).length;
  return never === 0
    ? `${id}: each of its ${counted(conditions.length, 'condition')} decided something`
    : `${id}: ${never} of ${counted(conditions.length, 'condition')} never decided anything`;
}

function conditionLine({ file }: RuleReport, condition: ConditionReport): string {
  const { name, line, column, held, failed, decided } = condition;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `  ${place}: ${name}: held ${times(held)}, failed ${times(failed)}, decided ${times(decided)}`;
}

function times(count: number): string {
  if (count === 0) return 'never';
  return count === 1 ? 'once' : `${count} times`;
}

function countsOf(reports: readonly RuleReport[]): { readonly passed: number; readonly failed: number } {
  const tests = reports.flatMap((report) => report.tests);
  const passed = tests.filter((result) => result.passed).length;
  return { passed, failed: tests.length - passed };
}

function summaryOf(reports: readonly RuleReport[]): readonly string[] {
  const { passed, failed } = countsOf(reports);
  const conditions = reports.flatMap((report) => report.conditions);
  const decided = conditions.filter((condition) => condition.decided > 0).length;
  return [
    `${decided} of ${counted(conditions.length, 'condition')} decided something`,
    `${counted(reports.length, 'rule')}, ${counted(passed, 'test')} passed, ${failed} failed`,
  ];
}
