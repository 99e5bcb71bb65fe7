import { loadSetup, type Setup } from '../app/load.ts';
import { checkOnline } from '../app/online.ts';
import { loadRules } from '../app/rule-files.ts';
import { systemClock } from '../core/clock.ts';
import type { Problem } from '../core/problem.ts';
import { systemRandom } from '../core/random.ts';
import type { FilterOrigins } from '../rules/index.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { isError, printProblems } from './problems.ts';

export interface CheckOptions {
  readonly config: string;
  /** Only these rules, and no configuration. */
  readonly rules: readonly string[];
  /** Ask the sources, too. */
  readonly online?: boolean;
  readonly json?: boolean;
}

/** `tocsin check`: everything that is wrong with the configuration and its rules, nothing started. */
export async function check(io: Io, options: CheckOptions): Promise<ExitCode> {
  if (options.online && options.rules.length > 0)
    throw new CliError('--online asks the sources of the configuration; leave --rules out');
  const checked = options.rules.length > 0 ? checkRules(options.rules) : checkConfig(io, options.config);
  const asked = options.online ? await askSources(io, checked) : [];
  const problems = [...checked.problems, ...asked];
  const failed = problems.some(isError);
  if (options.json) {
    io.out(`${JSON.stringify({ ok: !failed, problems })}\n`);
  } else {
    printProblems(io, options.config, { ...checked, problems });
    if (!checked.problems.some(isError)) io.out(`${checked.summary}\n`);
  }
  return failed ? 2 : 0;
}

async function askSources(io: Io, { setup, origins }: Checked): Promise<readonly Problem[]> {
  if (setup !== undefined && origins !== undefined)
    return checkOnline(setup, origins, { clock: systemClock, random: systemRandom }, io.stop);
  io.err('tocsin: the sources are not asked before the configuration is valid\n');
  return [];
}

interface Checked {
  readonly problems: readonly Problem[];
  readonly text?: string;
  readonly ruleTexts?: ReadonlyMap<string, string>;
  readonly setup?: Setup;
  readonly origins?: FilterOrigins;
  readonly summary: string;
}

function checkConfig(io: Io, file: string): Checked {
  const loaded = loadSetup({ file, cwd: io.cwd, env: io.env });
  const { setup } = loaded;
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
