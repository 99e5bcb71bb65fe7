import { resolve } from 'node:path';
import { loadConfigFile, type TocsinConfig } from '../app/load.ts';
import { withSources } from '../app/online.ts';
import { defaultFolder, PullError, type PullReport, pullTemplates, shownFrom } from '../app/templates.ts';
import { systemClock } from '../core/clock.ts';
import { framesOf } from '../core/frames.ts';
import { systemRandom } from '../core/random.ts';
import { type Source, SourceError } from '../core/source.ts';
import { createSchedule } from '../pipeline/schedule.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { isError, printProblems } from './problems.ts';
import { printReport, type ReportOptions, reportAsJson } from './rules-pull-report.ts';

export interface PullRulesOptions {
  readonly config: string;
  readonly source?: string;
  readonly into?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly watch?: boolean;
  /** Cron, UTC. */
  readonly schedule?: string;
}

const EVERY_HOUR = '0 * * * *';

/** `tocsin rules pull`: writes the templates that a source judges by as rule files. */
export async function pullRules(io: Io, options: PullRulesOptions): Promise<ExitCode> {
  if (options.watch) return watchRules(io, options);
  const pulled = await pull(io, options);
  tell(io, pulled);
  return pulled.report.steps.some(({ outcome }) => outcome === 'invalid') ? 1 : 0;
}

/** Pulls until it is stopped. What fails once is told, and asked for again at the next time. */
async function watchRules(io: Io, options: PullRulesOptions): Promise<ExitCode> {
  // What the next round would not mend either ends the command before it begins.
  await chooseSource(loadValid(io, options.config), options.source, async () => undefined);
  let told = '';
  async function pass(): Promise<[]> {
    try {
      const pulled = await pull(io, options);
      const json = reportAsJson(io, pulled.report, pulled);
      if (json !== told) tell(io, pulled);
      told = json;
    } catch (error) {
      // A bug of one round must not end the rounds.
      const what = error instanceof CliError ? error.message : `unexpected: ${framesOf(error).join('; ')}`;
      if (!io.stop.aborted) io.err(`tocsin: ${what}; the next round tries again\n`);
    }
    return [];
  }
  const schedule = createSchedule('rules pull', options.schedule ?? EVERY_HOUR, { pass });
  await schedule.start();
  await stopped(io.stop);
  await schedule.stop();
  return 0;
}

interface Pulled extends ReportOptions {
  readonly report: PullReport;
}

async function pull(io: Io, options: PullRulesOptions): Promise<Pulled> {
  const { force = false, dryRun = false, json = false } = options;
  const config = loadValid(io, options.config);
  const rulePaths = config.rules.paths;
  const into = folderFor(io, options, rulePaths);
  try {
    return await chooseSource(config, options.source, async (source) => {
      const templates = await source.fetchTemplates(io.stop);
      const where = { source: source.name, into, rulePaths, cwd: io.cwd, force, dryRun };
      return { into, dryRun, json, report: pullTemplates(templates, where, systemClock.now()) };
    });
  } catch (error) {
    if (error instanceof SourceError || error instanceof PullError) throw new CliError(error.message);
    throw error;
  }
}

function tell(io: Io, { report, ...options }: Pulled): void {
  const { into, json } = options;
  if (!report.inUse)
    io.err(
      `tocsin: ${shownFrom(io.cwd, into)} is in no folder of rules.paths, so the daemon does not read it; add it there\n`,
    );
  if (json) io.out(`${reportAsJson(io, report, options)}\n`);
  else printReport(io, report, options);
}

function loadValid(io: Io, file: string): TocsinConfig {
  const { config, problems, text } = loadConfigFile({ file, cwd: io.cwd, env: io.env });
  if (config !== undefined) return config;
  printProblems(io, file, { problems: problems.filter(isError), ...(text === undefined ? {} : { text }) });
  throw new CliError(`${file} is not valid; mend what is told above`);
}

function folderFor(io: Io, { into }: PullRulesOptions, rulePaths: readonly string[]): string {
  const folder = into === undefined ? defaultFolder(rulePaths) : resolve(io.cwd, into);
  if (folder !== undefined) return folder;
  throw new CliError('rules.paths names no folder; add one, or name one with --into');
}

type Keeper = Source & Required<Pick<Source, 'fetchTemplates'>>;

async function chooseSource<T>(
  { sources, file }: TocsinConfig,
  name: string | undefined,
  use: (source: Keeper) => Promise<T>,
): Promise<T> {
  return withSources(sources, { clock: systemClock, random: systemRandom }, async (all) => {
    const keepers = all.filter(keepsTemplates);
    const named = keepers.filter((source) => name === undefined || source.name === name);
    const [chosen, other] = named;
    if (chosen !== undefined && other === undefined) return use(chosen);
    const names = keepers.map((source) => source.name).join(', ');
    if (names === '') throw new CliError(`${file} has no source that keeps templates; add one of type akto`);
    if (name === undefined)
      throw new CliError(`${file} has several sources with templates; name one with --source: ${names}`);
    throw new CliError(`no source with templates is named ${JSON.stringify(name)}; there is: ${names}`);
  });
}

function keepsTemplates(source: Source): source is Keeper {
  return source.fetchTemplates !== undefined;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
}
