import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, loadConfig, type Selections } from '../config/index.ts';
import type { Problem } from '../core/problem.ts';
import { type CompiledFilter, compileRuleSet, type FilterOrigins, type RuleSet } from '../rules/index.ts';
import { registry } from './registry.ts';
import { loadRules } from './rule-files.ts';
import { type KnownNames, withSelections } from './selections.ts';

export type TocsinConfig = Config<CompiledFilter>;

export interface Setup {
  readonly config: TocsinConfig;
  readonly ruleSet: RuleSet;
}

export interface LoadedSetup {
  /** Absent where any problem is an error. */
  readonly setup?: Setup;
  /** Of the configuration and of every rule file it names. */
  readonly problems: readonly Problem[];
  /** The configuration's text, for excerpts; undefined where it cannot be read. */
  readonly text?: string;
  /** The rule files' texts by path, likewise. */
  readonly ruleTexts?: ReadonlyMap<string, string>;
  /** Where the parts of the rules' filters stand. */
  readonly origins?: FilterOrigins;
}

/** The configuration alone, without its rules. */
export interface LoadedConfig extends Pick<LoadedSetup, 'problems' | 'text'> {
  /** Absent where any problem is an error. */
  readonly config?: TocsinConfig;
  /** Where the rules are, absolute: told of a broken configuration too, as far as they can be read. */
  readonly rulePaths: readonly string[];
  /** What it selects alerts by, likewise. */
  readonly selections?: Selections<CompiledFilter>;
}

export interface LoadPlace {
  readonly file: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads the configuration and all its rules, and tells everything that is wrong in any of them. */
export function loadSetup(place: LoadPlace): LoadedSetup {
  const { config, problems, text, rulePaths, selections } = loadConfigFile(place);
  if (text === undefined) return { problems };
  // Of a broken configuration the paths may be wrong too: rules are checked where there are any.
  const rules = loadRules(config === undefined ? rulePaths.filter((path) => existsSync(path)) : rulePaths);
  const known = namesIn(selections, rules);
  const own = selections === undefined ? problems : withSelections(problems, selections, known, place.file);
  const all = [...own, ...rules.problems];
  const told = { problems: all, text, ruleTexts: rules.texts, origins: rules.origins };
  if (config === undefined || all.some(({ severity }) => severity === 'error')) return told;
  return { setup: { config, ruleSet: compileRuleSet(rules.rules) }, ...told };
}

/** The names that filters over alerts may hold here, as far as they can be read: a broken rule hinders nobody. */
export function namesAt(place: LoadPlace): KnownNames {
  const { rulePaths, selections } = loadConfigFile(place);
  return namesIn(selections, loadRules(rulePaths));
}

function namesIn(
  selections: LoadedConfig['selections'],
  { rules, problems }: ReturnType<typeof loadRules>,
): KnownNames {
  const isWhole = !problems.some(({ severity }) => severity === 'error');
  return {
    ...(selections?.sources !== undefined && { sources: selections.sources }),
    // A rule that cannot be read may be the one that is meant.
    ...(isWhole && { rules }),
  };
}

/** Reads the configuration and looks at no rule. */
export function loadConfigFile({ file, cwd, env }: LoadPlace): LoadedConfig {
  const text = readText(resolve(cwd, file));
  if (text instanceof Error) return { problems: [unreadable(file, text)], rulePaths: [] };
  const readFile = (path: string): string => readFileSync(path, 'utf8');
  return { ...loadConfig({ file, text, env, cwd, readFile, registry }), text };
}

function readText(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function unreadable(file: string, error: Error): Problem {
  const message = `the configuration cannot be read (${error.message}); name it with --config, or start from config.example.yaml`;
  return { code: 'unreadable-config', severity: 'error', message, file };
}
