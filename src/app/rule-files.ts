import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Problem } from '../core/problem.ts';
import { type FilterOrigins, parseRules, type Rule } from '../rules/index.ts';
import { sha256Of } from './templates-folder.ts';
import { MANIFEST_NAME, type Manifest, parseManifest } from './templates-manifest.ts';

export interface LoadedRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
  /** The files as read, by path: problems are shown with their lines. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where each part of the rules' filters stands. */
  readonly origins: FilterOrigins;
}

/** No rule is longer; a path that names something else by mistake is not read into memory. */
const MAX_FILE_BYTES = 1_048_576;

/** Reads the rules under files and folders (`*.yaml`, `*.yml`, at any depth), in the order of their names. */
export function loadRules(paths: readonly string[]): LoadedRules {
  const problems: Problem[] = [];
  const texts = new Map<string, string>();
  for (const file of paths.flatMap((path) => filesOf(path, problems))) {
    const text = textOf(file, problems);
    if (text !== undefined) texts.set(file, text);
  }
  const pulled = new PulledFiles();
  const parsed = parseRules(
    [...texts].map(([file, text]) => ({ file, text, isPulled: pulled.has(file, text) })),
  );
  return { ...parsed, problems: [...problems, ...parsed.problems], texts };
}

function filesOf(path: string, problems: Problem[]): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = ruleNames(path);
    if (names.length === 0) problems.push(unreadable(path, 'holds no *.yaml or *.yml file'));
    return names;
  } catch (error) {
    problems.push(unreadable(path, `cannot be read: ${reasonOf(error)}`));
    return [];
  }
}

function ruleNames(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function textOf(file: string, problems: Problem[]): string | undefined {
  try {
    if (statSync(file).size <= MAX_FILE_BYTES) return readFileSync(file, 'utf8');
    problems.push({
      ...{ code: 'too-large', severity: 'error', file, line: 1, column: 1 },
      message: 'The file is larger than 1 MiB, so it is hardly a rule; split it, or move it elsewhere.',
    });
  } catch (error) {
    problems.push(unreadable(file, `cannot be read: ${reasonOf(error)}`));
  }
  return undefined;
}

function unreadable(file: string, message: string): Problem {
  return { code: 'unreadable-rules', severity: 'error', message: `this rule path ${message}`, file };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Files that stand as a pull wrote them, by what is remembered beside them. What was edited since is somebody's own. */
class PulledFiles {
  readonly #manifests = new Map<string, Manifest>();

  has(file: string, text: string): boolean {
    const folder = dirname(file);
    const manifest = this.#manifests.get(folder) ?? manifestOf(folder);
    this.#manifests.set(folder, manifest);
    const known = manifest.get(basename(file));
    if (known === undefined) return false;
    const sha256 = sha256Of(text);
    return known.sha256 === sha256 || known.writing === sha256;
  }
}

/** What a pull cannot read it refuses; here nothing counts as pulled then. */
function manifestOf(folder: string): Manifest {
  try {
    return parseManifest(readFileSync(join(folder, MANIFEST_NAME), 'utf8')) ?? new Map();
  } catch {
    return new Map();
  }
}
