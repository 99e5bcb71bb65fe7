import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { loadRules } from '../app/rule-files.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { compileRuleSet, type RuleSet, viewOf } from '../rules/index.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { isError, printProblems } from './problems.ts';

export interface MatchOptions {
  readonly rules: readonly string[];
}

/** `tocsin match`: the dry run. JSON Lines in, one line out for each event and rule that matches. */
export async function match(io: Io, files: readonly string[], options: MatchOptions): Promise<ExitCode> {
  const { rules, problems, texts } = loadRules(options.rules);
  printProblems(io, '', { problems, ruleTexts: texts });
  if (problems.some(isError)) return 2;
  const ruleSet = compileRuleSet(rules);
  const inputs = files.length === 0 ? ['-'] : files;
  let wrong = 0;
  for (const file of inputs) wrong += await matchFile(io, file, ruleSet);
  return wrong > 0 ? 1 : 0;
}

/** @returns how many lines could not be judged */
async function matchFile(io: Io, file: string, ruleSet: RuleSet): Promise<number> {
  const name = file === '-' ? 'stdin' : file;
  let number = 0;
  let wrong = 0;
  try {
    for await (const line of createInterface({
      input: open(io, file),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      number += 1;
      const complaint = line.trim() === '' ? undefined : matchLine(io, line, number, ruleSet);
      if (complaint === undefined) continue;
      wrong += 1;
      io.err(`${name}:${number}: ${complaint}\n`);
    }
  } catch (error) {
    throw new CliError(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return wrong;
}

function open(io: Io, file: string): Readable {
  return file === '-' ? io.stdin : createReadStream(file);
}

/** @returns what is wrong with the line, undefined where it was judged */
function matchLine(io: Io, line: string, number: number, ruleSet: RuleSet): string | undefined {
  const raw = parse(line);
  if (raw === undefined)
    return 'expected one JSON object a line: an API event, a captured exchange or an incident';
  const { matches, failures } = ruleSet.match(viewOf(raw));
  const event = idOf(raw) ?? `line ${number}`;
  for (const { rule, severity } of matches) io.out(`${JSON.stringify({ event, rule: rule.id, severity })}\n`);
  if (failures.length === 0) return undefined;
  return failures.map(({ rule, reason }) => `rule ${rule.id} gave no verdict: ${reason}`).join('; ');
}

/** A line that is a text holds a captured exchange as the feed's `payload` does. */
function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return { payload: value };
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The id that each kind of object carries. */
const ID_KEYS = ['id', 'incidentId', 'objectId'];

function idOf(raw: JsonObject): string | undefined {
  return ID_KEYS.map((key) => raw[key]).find(
    (value): value is string => typeof value === 'string' && value !== '',
  );
}
