import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import { loadSetup, type Setup } from '../app/load.ts';
import { type LoadedRules, loadRules } from '../app/rule-files.ts';
import { openStoreBeside } from '../app/store.ts';
import { printable } from '../core/excerpt.ts';
import { StoreError } from '../core/store.ts';
import {
  compileRuleSet,
  type ExplainedPart,
  type Explanation,
  explainRule,
  type Rule,
  type Verdict,
  viewOf,
  yieldsAmong,
} from '../rules/index.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { readEvent } from './one-event.ts';
import { isError, printProblems } from './problems.ts';
import { aligned } from './table.ts';

export interface RulesOptions {
  /** Files and folders; where none are named, those of the configuration. */
  readonly rules: readonly string[];
  readonly config: string;
  readonly json?: boolean;
}

/** `tocsin rules list`: which rules there are, in the order of their files, and when each last raised an alert. */
export async function listRules(io: Io, options: RulesOptions): Promise<ExitCode> {
  const setup = options.rules.length > 0 ? undefined : loadSetupOf(io, options.config);
  const { rules } = loadValid(io, setup?.config.rules.paths ?? options.rules);
  const hits = setup && (await lastHits(setup));
  const rows = rules.map(({ id, severity, feed, file, info, tests }) => ({
    ...{ id, severity: severity ?? null, source: feed, file: file ?? null, name: info.name ?? null },
    tests: tests.length,
    ...(hits === undefined ? {} : { last_hit: hits.get(id) ?? null }),
  }));
  if (options.json) {
    for (const row of rows) io.out(`${JSON.stringify(row)}\n`);
    return 0;
  }
  const cells = rows.map(({ id, severity, source, file }) => [
    ...[id, severity ?? "event's", source],
    ...(hits === undefined ? [] : [hits.get(id) ?? 'never']),
    file ?? '',
  ]);
  const heading = ['ID', 'SEVERITY', 'SOURCE', ...(hits === undefined ? [] : ['LAST HIT']), 'FILE'];
  for (const line of aligned([heading, ...cells])) io.out(`${printable(line)}\n`);
  return 0;
}

/** By rule, as ISO 8601; undefined where no daemon has made the store yet. */
async function lastHits(setup: Setup): Promise<ReadonlyMap<string, string> | undefined> {
  if (!existsSync(setup.config.store.path)) return undefined;
  try {
    const store = openStoreBeside(setup);
    const hits = await store.lastHits().finally(() => store.close());
    return new Map(hits.map(({ rule, lastHitMs }) => [rule, new Date(lastHitMs).toISOString()]));
  } catch (error) {
    if (error instanceof StoreError) throw new CliError(error.message);
    throw error;
  }
}

/** Rules that can run; what is wrong with others is told, and ends the command. */
function loadValid(io: Io, paths: readonly string[]): LoadedRules {
  const loaded = loadRules(paths);
  if (loaded.problems.some(isError)) {
    printProblems(io, '', { problems: loaded.problems, ruleTexts: loaded.texts });
    throw new CliError('the rules above are not valid');
  }
  return loaded;
}

function loadSetupOf(io: Io, config: string): Setup {
  const { setup, ...told } = loadSetup({ file: config, cwd: io.cwd, env: io.env });
  if (setup) return setup;
  printProblems(io, config, told);
  throw new CliError(`${config} is not valid; mend it, or name the rules with --rules PATH`);
}

/** `tocsin rules explain`: how a rule comes to its verdict on one event. */
export async function explain(
  io: Io,
  id: string,
  file: string | undefined,
  options: RulesOptions,
): Promise<ExitCode> {
  const paths = options.rules.length > 0 ? options.rules : loadSetupOf(io, options.config).config.rules.paths;
  const { rules, origins } = loadValid(io, paths);
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined)
    throw new CliError(`there is no rule ${JSON.stringify(id)}; "tocsin rules list" names them`);
  const view = viewOf(await readEvent(io, file), rule.feed);
  const explanation = explainRule(rule, view, origins);
  const yieldsTo = yieldsAmong(compileRuleSet(rules).match(view).matches).get(id) ?? [];
  if (options.json)
    io.out(`${JSON.stringify(yieldsTo.length > 0 ? { ...explanation, yieldsTo } : explanation)}\n`);
  else printExplanation(io, explanation, outlookOf(rule, yieldsTo));
  return 0;
}

/** What becomes of a match. */
function outlookOf({ aggregations, yields }: Rule, yieldsTo: readonly string[]): string {
  if (yieldsTo.length > 0) return `; it yields to ${yieldsTo.join(', ')} and raises no alert`;
  const windows = aggregations.length > 0 ? '; its windows decide whether that raises an alert' : '';
  return yields
    ? `${windows}; no other rule is known to raise an alert on it that is as severe, so it does not yield`
    : windows;
}

const SUMMARY: Readonly<Record<Verdict, string>> = {
  true: 'matches this event',
  false: 'does not match this event',
  unknown: 'has no verdict on this event',
};

function printExplanation(io: Io, explanation: Explanation, outlook: string): void {
  const { rule, verdict, payloadError, filters } = explanation;
  const more = verdict === 'true' ? printable(outlook) : '';
  io.out(`${printable(rule)} ${SUMMARY[verdict]}${more}\n`);
  if (payloadError !== undefined)
    io.out(`its payload does not decode, so it sees no exchange: ${payloadError}\n`);
  io.out('\n');
  for (const part of filters) printPart(io, part, 0);
}

function printPart(io: Io, part: ExplainedPart, depth: number): void {
  const { word, verdict, operands, parts, line } = part;
  const mark = verdict.padEnd(7);
  const painted = io.colour.out ? styleText(COLOURS[verdict], mark, { validateStream: false }) : mark;
  const what = operands === undefined ? word : `${word} ${operands}`;
  const place = line === undefined ? '' : `:${line}`.padEnd(6);
  io.out(`${painted}  ${place}${'  '.repeat(depth)}${what}${aside(part)}\n`);
  for (const inner of parts) printPart(io, inner, depth + 1);
}

const COLOURS = { true: 'green', false: 'red', unknown: 'yellow' } as const;

function aside({ saw, matched, reason, verdict }: ExplainedPart): string {
  const keys =
    matched !== undefined && matched.length > 0 && verdict === 'true' ? `; keys ${matched.join(', ')}` : '';
  const seen = saw === undefined ? '' : `   saw ${saw}${keys}`;
  return reason === undefined ? seen : `${seen}   ${reason}`;
}
