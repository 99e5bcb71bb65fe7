import { loadSetup } from '../app/load.ts';
import { loadRules } from '../app/rule-files.ts';
import type { Problem } from '../core/problem.ts';
import type { ExitCode, Io } from './io.ts';
import { isError, printProblems } from './problems.ts';

export interface CheckOptions {
  readonly config: string;
  /** Only these rules, and no configuration. */
  readonly rules: readonly string[];
  readonly json?: boolean;
}

/** `tocsin check`: everything that is wrong with the configuration and its rules, nothing started. */
export async function check(io: Io, options: CheckOptions): Promise<ExitCode> {
  const { problems, summary, ...texts } =
    options.rules.length > 0 ? checkRules(options.rules) : checkConfig(io, options.config);
  const failed = problems.some(isError);
  if (options.json) {
    io.out(`${JSON.stringify({ ok: !failed, problems })}\n`);
  } else {
    printProblems(io, options.config, { problems, ...texts });
    if (!failed) io.out(`${summary}\n`);
  }
  return failed ? 2 : 0;
}

interface Checked {
  readonly problems: readonly Problem[];
  readonly text?: string;
  readonly ruleTexts?: ReadonlyMap<string, string>;
  readonly summary: string;
}

function checkConfig(io: Io, file: string): Checked {
  const { setup, ...loaded } = loadSetup({ file, cwd: io.cwd, env: io.env });
  const count = (list: readonly unknown[] | undefined, word: string): string =>
    `${list?.length ?? 0} ${word}`;
  const parts = [
    count(setup?.config.sources, 'sources'),
    count(setup?.ruleSet.rules, 'rules'),
    count(setup?.config.routes, 'routes'),
    count(setup?.config.destinations, 'destinations'),
  ];
  return { ...loaded, summary: `${file} is valid: ${parts.join(', ')}` };
}

function checkRules(paths: readonly string[]): Checked {
  const { rules, problems, texts } = loadRules(paths);
  return { problems, ruleTexts: texts, summary: `${rules.length} rules are valid` };
}
