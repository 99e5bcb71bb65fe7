import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { loadRules } from '../app/rule-files.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import {
  compileRuleSet,
  eventOfTest,
  type RuleSet,
  readHandedEvents,
  viewOf,
  yieldsAmong,
} from '../rules/index.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { isError, printProblems } from './problems.ts';

export interface MatchOptions {
  readonly rules: readonly string[];
}

/**
 * `tocsin match`: the dry run. JSON Lines in, one line out for each event and rule that matches. Events of rule tests are
 * understood as well, and files named `.json`, `.yaml` or `.yml` may hold one event or a list of them over many lines.
 */
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

/** @returns how many events could not be judged */
async function matchFile(io: Io, file: string, ruleSet: RuleSet): Promise<number> {
  const handed = handedEvents(file);
  return handed === undefined ? matchLines(io, file, ruleSet) : matchAll(io, file, handed, ruleSet);
}

/** What people write by hand is small; more than this is a feed's own, a line an event. */
const MAX_HANDED_BYTES = 1_048_576;

/** Undefined where the file is to be read line by line. */
function handedEvents(file: string): readonly JsonObject[] | undefined {
  if (!/\.(?:json|ya?ml)$/i.test(file)) return undefined;
  try {
    return statSync(file).size > MAX_HANDED_BYTES ? undefined : readHandedEvents(readFileSync(file, 'utf8'));
  } catch {
    // Reading it line by line says what is wrong.
    return undefined;
  }
}

function matchAll(io: Io, file: string, events: readonly JsonObject[], ruleSet: RuleSet): number {
  const complaints = events.map((raw, index) => matchEvent(io, raw, `event ${index + 1}`, ruleSet));
  for (const [index, complaint] of complaints.entries())
    if (complaint !== undefined) io.err(`${file}: event ${index + 1}: ${complaint}\n`);
  return complaints.filter((complaint) => complaint !== undefined).length;
}

async function matchLines(io: Io, file: string, ruleSet: RuleSet): Promise<number> {
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
    return 'expected one JSON object a line: an API event, a captured exchange, an incident, or an event of a rule test';
  return matchEvent(io, raw, `line ${number}`, ruleSet);
}

function matchEvent(io: Io, raw: JsonObject, place: string, ruleSet: RuleSet): string | undefined {
  const { matches, failures } = ruleSet.match(viewOf(raw));
  const event = idOf(raw) ?? place;
  const yields = yieldsAmong(matches);
  for (const { rule, severity } of matches) {
    const line = { event, rule: rule.id, severity, yields_to: yields.get(rule.id) };
    io.out(`${JSON.stringify(line)}\n`);
  }
  if (failures.length === 0) return undefined;
  return failures.map(({ rule, reason }) => `rule ${rule.id} gave no verdict: ${reason}`).join('; ');
}

/** A line that is a text holds a captured exchange as the feed's `payload` does. */
function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return { payload: value };
    return isJsonObject(value) ? (eventOfTest(value) ?? value) : undefined;
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
