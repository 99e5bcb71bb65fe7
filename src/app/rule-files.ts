import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../core/problem.ts';
import { parseRules, type Rule } from '../rules/index.ts';

export interface LoadedRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
}

interface RuleFile {
  readonly file: string;
  readonly text: string;
}

/** No rule is longer; a path that names something else by mistake is not read into memory. */
const MAX_FILE_BYTES = 1_048_576;

/** Reads the rules under files and folders (`*.yaml`, `*.yml`, at any depth), in the order of their names. */
export function loadRules(paths: readonly string[]): LoadedRules {
  const read = paths.map(readPath);
  const { rules, problems } = parseRules(read.flatMap(({ files }) => files));
  return { rules, problems: [...read.flatMap((part) => part.problems), ...problems] };
}

function readPath(path: string): { files: readonly RuleFile[]; problems: readonly Problem[] } {
  try {
    const names = statSync(path).isDirectory() ? ruleNames(path) : [path];
    if (names.length === 0) return { files: [], problems: [problem(path, 'holds no *.yaml or *.yml file')] };
    return { files: names.map((file) => ({ file, text: readBounded(file) })), problems: [] };
  } catch (error) {
    return { files: [], problems: [problem(path, `cannot be read: ${reasonOf(error)}`)] };
  }
}

function ruleNames(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function readBounded(file: string): string {
  const { size } = statSync(file);
  if (size > MAX_FILE_BYTES) throw new Error(`${file} is larger than 1 MiB, so it is hardly a rule`);
  return readFileSync(file, 'utf8');
}

function problem(file: string, message: string): Problem {
  return { code: 'unreadable-rules', severity: 'error', message: `this rule path ${message}`, file };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
