import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { registry } from '../app/registry.ts';
import { webhookJsonSchema } from '../app/webhook-schema.ts';
import { configJsonSchema } from '../config/index.ts';
import { FEEDS } from '../core/event.ts';
import { ruleJsonSchema } from '../rules/index.ts';
import { cronExpression } from '../schema/values.ts';
import { VERSION } from '../telemetry/version.ts';
import { addAlertCommands } from './alert-commands.ts';
import { positive } from './arguments.ts';
import { backfill } from './backfill.ts';
import { check } from './check.ts';
import { discardDeliveries, listDeliveries, redriveDeliveries } from './deliveries.ts';
import { showDelivery } from './delivery-show.ts';
import { demo } from './demo.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { match } from './match.ts';
import { explain, listRules } from './rules.ts';
import { pullRules } from './rules-pull.ts';
import { run } from './run.ts';
import { showSources } from './sources.ts';
import { test } from './test.ts';

const CONFIG = ['-c, --config <file>', 'the configuration', 'config.yaml'] as const;
const RULES = [
  '-r, --rules <path>',
  'rule files or folders instead of those of the configuration; may be repeated',
] as const;
const EXIT_CODES = '\nExit codes: 0 done, 1 something of what was looked at is wrong, 2 could not run.';

/** Runs one command line. Whatever an operator can mend is a sentence on stderr; a bug is thrown. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = createProgram(io, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CliError)) throw error;
    io.err(`tocsin: ${error.message}\n`);
    return error.exitCode;
  }
}

function createProgram(io: Io, done: (code: ExitCode) => void): Command {
  const program = new Command('tocsin')
    .description(
      'Hears API threats and wakes the right people: feeds in, YAML rules, alerts to Slack, Splunk and webhooks out.',
    )
    .version(VERSION)
    .showHelpAfterError('(--help tells more)')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
To see it work, with no account and no network:   tocsin demo
To make it yours: copy config.example.yaml to config.yaml, then
  tocsin check            everything that is wrong, before anything runs
  tocsin match -r rules events.jsonl    what the rules would say
  tocsin run              the daemon
${EXIT_CODES}`,
    );
  addDaemonCommands(program, io, done);
  addRuleCommands(program, io, done);
  addSourceCommands(program, io, done);
  addAlertCommands(program, io, done);
  addDeliveryCommands(program, io, done);
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHasColors: () => io.colour.out,
      getErrHasColors: () => io.colour.err,
    });
  }
  return program;
}

type Done = (code: ExitCode) => void;

function addDaemonCommands(program: Command, io: Io, done: Done): void {
  program
    .command('run')
    .description('run the daemon until SIGTERM; SIGHUP and changed files reload it')
    .option(...CONFIG)
    .action(async (options) => done(await run(io, options)));
  program
    .command('demo')
    .description('run the daemon against a simulated feed and local receivers, and print what they get')
    .option('--once', 'end when everything is delivered, with a summary')
    .action(async (options) => done(await demo(io, options)));
  program
    .command('check')
    .description('tell everything that is wrong with the configuration and its rules; starts nothing')
    .option(...CONFIG)
    .option('-r, --rules <path>', 'check only these rules: a file or folder; may be repeated', collect, [])
    .option('--online', 'ask the sources, too, and warn of names that their events have never carried')
    .option('--json', 'print {ok, problems} for programs')
    .action(async (options) => done(await check(io, options)));
  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .option('--rule', 'print that of rule files instead')
    .option('--webhook', 'print that of webhook bodies of format: tocsin instead')
    .action(({ rule, webhook }) => {
      const own = webhook === true ? webhookJsonSchema() : configJsonSchema(registry);
      const schema = rule === true ? ruleJsonSchema() : own;
      io.out(`${JSON.stringify(schema, null, 2)}\n`);
    });
}

function addRuleCommands(program: Command, io: Io, done: Done): void {
  program
    .command('match')
    .description(
      'dry run: judge JSON Lines (API events, captured exchanges, incidents) and print one line a match',
    )
    .argument('[file...]', 'JSON Lines files; - or none is stdin')
    .requiredOption('-r, --rules <path>', 'a rule file or folder; may be repeated', collect)
    .action(async (files, options) => done(await match(io, files, options)));
  program
    .command('test')
    .description('run the tests that stand in rule files')
    .argument('[path...]', 'rule files or folders; default: rules')
    .option('--coverage', 'tell of every condition how often it held, failed and decided the verdict')
    .addOption(new Option('--tap', 'print TAP version 14').conflicts('json'))
    .option('--json', 'print {passed, failed, results, coverage} for programs')
    .action(async (paths, options) => done(await test(io, paths, options)));
  const rules = program.command('rules').description('see which rules there are and how one decides');
  const add = (name: string, description: string): Command =>
    rules
      .command(name)
      .description(description)
      .option(...RULES, collect, [])
      .option(...CONFIG);
  add('list', 'list the rules: id, severity, source, last hit, file')
    .option('--json', 'print one JSON object a rule')
    .action(async (options) => done(await listRules(io, options)));
  add('explain', 'tell how a rule comes to its verdict on one event')
    .argument('<rule>', 'its id')
    .argument('[file]', 'one event as JSON; - or none is stdin')
    .option('--json', 'print the tree for programs')
    .action(async (rule, file, options) => done(await explain(io, rule, file, options)));
  rules
    .command('pull')
    .description('write the templates that a source judges by as rule files; what was edited here is kept')
    .option(...CONFIG)
    .option('--source <name>', 'of this source; needed where several keep templates')
    .option('--into <folder>', 'where to write; default: "pulled" in the first folder of rules.paths')
    .option('--dry-run', 'only tell what would be written')
    .option('--force', "take the server's text over what was edited or deleted here")
    .option('--watch', 'go on by the schedule until SIGTERM')
    .addOption(
      new Option('--schedule <cron>', 'when to pull, in UTC; default: every hour')
        .argParser(schedule)
        .implies({ watch: true }),
    )
    .option('--json', 'print {written, unchanged, kept, skipped, invalid, gone} for programs')
    .action(async (options) => done(await pullRules(io, options)));
}

function addSourceCommands(program: Command, io: Io, done: Done): void {
  program
    .command('sources')
    .description('tell how each feed does: read up to when, failures, gaps, late events')
    .option(...CONFIG)
    .option('--json', 'print one JSON object a feed')
    .action(async (options) => done(await showSources(io, options)));
  program
    .command('backfill')
    .description('read history: events go to whoever takes events, people get one summary and no pages')
    .requiredOption('--from <time>', 'such as 2026-11-01, 2026-11-01T08:30 (UTC), or 7d for seven days ago')
    .requiredOption('--to <time>', 'the end, excluded')
    .option('-s, --source <name>', 'only this source')
    .addOption(new Option('--feed <feed>', 'only this feed').choices(FEEDS))
    .option('--dry-run', 'read and judge, write nothing')
    .option('--rate <pages>', 'ask for at most so many pages a second', aboveZero, 2)
    .option('--again', 'begin anew, though it was done or begun before')
    .option(...CONFIG)
    .option('--json', 'print one JSON object a feed')
    .addHelpText(
      'after',
      '\nThe same command goes on from where it was interrupted. What the store knows already is not sent again.',
    )
    .action(async (options) => done(await backfill(io, options)));
}

function addDeliveryCommands(program: Command, io: Io, done: Done): void {
  const deliveries = program.command('deliveries').description('see and mend what waits or was given up');
  const add = (name: string, description: string): Command =>
    deliveries
      .command(name)
      .description(description)
      .option(...CONFIG)
      .option('-d, --destination <name>', 'only of this destination')
      .option('--json', 'print JSON for programs');
  add('list', 'list deliveries, oldest first')
    .addOption(new Option('--state <state>', 'only in this state').choices(['pending', 'done', 'dead']))
    .option('--limit <count>', 'at most so many', positive, 100)
    .action(async (options) => done(await listDeliveries(io, options)));
  deliveries
    .command('show')
    .description('tell everything of one delivery: attempts and answers, what is sent, what to do about it')
    .argument('<number>', 'from the list')
    .option(...CONFIG)
    .option('--json', 'print one JSON object')
    .action(async (number, options) => done(await showDelivery(io, number, options)));
  add('redrive', 'send dead letters again, under the ids they had')
    .argument('[number...]', 'numbers from the list')
    .option('--all', 'all of them')
    .action(async (numbers, options) => done(await redriveDeliveries(io, numbers, options)));
  add('discard', 'give dead letters up for good')
    .argument('[number...]', 'numbers from the list')
    .option('--all', 'all of them')
    .action(async (numbers, options) => done(await discardDeliveries(io, numbers, options)));
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function schedule(text: string): string {
  const read = cronExpression().safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError(read.error.issues[0]?.message ?? 'expected a cron schedule');
}

function aboveZero(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= 1_000))
    throw new InvalidArgumentError('expected a number above 0, at most 1000');
  return value;
}
