import { loadSetup, type Setup } from '../app/load.ts';
import { checkOnline } from '../app/online.ts';
import { loadRules } from '../app/rule-files.ts';
import { slowSchedules } from '../app/slow-schedules.ts';
import { systemClock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
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
  const slow = checked.setup === undefined ? [] : await slowSchedules(checked.setup, deps, options.config);
  const asked = options.online ? await askSources(io, checked) : [];
  const problems = [...checked.problems, ...slow, ...asked];
  const failed = problems.some(isError);
  if (options.json) {
    io.out(`${JSON.stringify({ ok: !failed, problems })}\n`);
  } else {
    printProblems(io, options.config, { ...checked, problems });
    if (!failed) io.out(`${checked.summary}\n`);
    // One verdict: what could not be asked is not valid as far as anybody knows.
    else if (asked.some(isError)) io.err(`${options.config} could not be checked against its sources\n`);
  }
  return failed ? 2 : 0;
}

const deps = { clock: systemClock, random: systemRandom };

async function askSources(io: Io, { setup, origins }: Checked): Promise<readonly Problem[]> {
  if (setup !== undefined && origins !== undefined) return checkOnline(setup, origins, deps, io.stop);
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
    counted(list?.length ?? 0, word);
  const parts = [
    count(setup?.config.sources, 'source'),
    count(setup?.ruleSet.rules, 'rule'),
    count(setup?.config.routes, 'route'),
    count(setup?.config.destinations, 'destination'),
  ];
  return { ...loaded, summary: `${file} is valid: ${parts.join(', ')}` };
}

function checkRules(paths: readonly string[]): Checked {
  const { rules, problems, texts } = loadRules(paths);
  return { problems, ruleTexts: texts, summary: counted(rules.length, 'rule is valid', 'rules are valid') };
}
