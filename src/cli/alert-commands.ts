import { type Command, Option } from 'commander';
import { acknowledgeAlerts } from './ack.ts';
import { listAlerts } from './alerts.ts';
import { lasting, positive } from './arguments.ts';
import type { ExitCode, Io } from './io.ts';
import { testRoutes } from './routes-test.ts';
import { sendTest, TEST_KINDS } from './send-test.ts';
import { addSilence } from './silence-add.ts';
import { expireSilence, listSilences } from './silence-list.ts';
import { why } from './why.ts';

type Done = (code: ExitCode) => void;

const CONFIG = ['-c, --config <file>', 'the configuration', 'config.yaml'] as const;
const BESIDE = '\nIt works on the store beside a running daemon, which takes it up by itself.';

/** What people do about alerts: look, take in hand, keep quiet, try out, ask why. */
export function addAlertCommands(program: Command, io: Io, done: Done): void {
  addWatching(program, io, done);
  addSilences(program, io, done);
  addTrying(program, io, done);
}

function addWatching(program: Command, io: Io, done: Done): void {
  program
    .command('alerts')
    .description('list alerts: open and acknowledged ones, the most severe first')
    .option('--open', 'those that nobody has in hand')
    .option('--acknowledged', 'those that somebody has in hand')
    .option('--resolved', 'those that are over')
    .addOption(new Option('--all', 'all that are kept').conflicts(['open', 'acknowledged', 'resolved']))
    .option('--limit <count>', 'at most so many', positive, 100)
    .option(...CONFIG)
    .option('--json', 'print one JSON object an alert')
    .addHelpText(
      'after',
      `
Below an alert stands who has it in hand, and what keeps it quiet: a silence, another alert, a route's mute time.
"≥200" actors or APIs: more are not told apart.

  tocsin alerts                      what goes on
  tocsin alerts --open --json | jq -r 'select(.severity == "CRITICAL") | .fingerprint'`,
    )
    .action(async (options) => done(await listAlerts(io, options)));
  program
    .command('ack')
    .description('take alerts in hand: they do not repeat any more')
    .argument('<fingerprint...>', 'from "tocsin alerts"; its beginning is enough where it is the only one')
    .option('--by <name>', 'who has it in hand; default: whoever is logged in')
    .option('--note <text>', 'shown wherever the alert is')
    .option(...CONFIG)
    .option('--json', 'print one JSON object an alert')
    .addHelpText(
      'after',
      `
An acknowledged alert goes on counting and is told of once more when it is over. What is not told any more is that it
still goes on (repeat_interval). News still pages: another alert of its group, or the same one at a higher severity, which
takes it out of hand again. It ends when the alert is over; the next time, it begins anew.

  tocsin ack 3fa9 --note 'blocked at the edge, watching'

Exit codes: 0 every one is in hand, 1 one is over, unknown or not the only one of that beginning.${BESIDE}`,
    )
    .action(async (fingerprints, options) => done(await acknowledgeAlerts(io, fingerprints, options)));
  program
    .command('why')
    .description('tell the whole story of an event, an alert, a notification or a delivery')
    .argument(
      '<what>',
      "an event's id (as receivers have it, or as its feed has it), an alert's fingerprint, a notification's id, a delivery's number",
    )
    .option(...CONFIG)
    .option('--store <file>', 'the store, where the configuration cannot tell where it is')
    .option('--json', 'print the story as one JSON object')
    .addHelpText(
      'after',
      `
Who was told, when and why; who was not, and why not: when it was fetched, which rules matched and which nearly did, windows,
the alert, what kept it quiet, groups and notifications, each destination's attempts and answers.

  tocsin why akto-prod/malicious_events/65f0…   an event, by the tocsin_id in Splunk
  tocsin why 3fa9                               an alert, by the beginning of its fingerprint
  tocsin why 1234                               a delivery, by its number in "tocsin deliveries list"

With a broken configuration what the store knows is still told: tocsin why 3fa9 --store data/tocsin.db
Exit codes: 0 told, 1 nobody knows of it, 2 could not look.`,
    )
    .action(async (what, options) => done(await why(io, what, options)));
}

/** Collects an option that may be given several times. */
function eachOf(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function addSilences(program: Command, io: Io, done: Done): void {
  const silence = program
    .command('silence')
    .description('keep alerts quiet for a while: they are counted and shown, and nobody is paged');
  silence
    .command('add')
    .description('keep alerts quiet that are named, or that pass a filter')
    .argument('[filter]', 'a filter in the rule language over what alerts have, as YAML or JSON')
    .option('--alert <fingerprint>', 'this alert and no other; may be given several times', eachOf)
    .option('--for <duration>', 'for so long, such as 30m, 2h or 7d; at most 90d', lasting)
    .option('--until-resolved', 'with --alert: until the alert is over, --for (default: 7d) at the longest')
    .option(
      '--break-on-escalation',
      'not for alerts that become worse than they are now; --alert always has it',
    )
    .option('--from <time>', 'from then on, UTC unless it says otherwise; default: now')
    .requiredOption('--reason <text>', 'why; shown wherever the silence is')
    .option('--by <name>', 'who asks for it; default: whoever is logged in')
    .option('--all', 'even if the filter keeps every alert quiet')
    .option('-y, --yes', 'do not ask where the filter covers more than one open alert')
    .option(...CONFIG)
    .option('--json', 'print the silence as one JSON object')
    .addHelpText(
      'after',
      `
  tocsin silence add --alert 3fa9 --until-resolved --reason 'known, ticket 4711'
  tocsin silence add --alert 3fa9 --alert 77b0 --for 1d --reason 'known, ticket 4711'
  tocsin silence add '{ actor: { eq: 203.0.113.9 } }' --for 2h --reason 'our own scanner'
  tocsin silence add '{ rule: { eq: LFI }, host: { eq: staging.example } }' --from 2026-12-01T22:00 --for 4h --yes --reason deploy

--alert means the alert of that fingerprint, its later episodes too unless --until-resolved is given. It is silent no longer
("broken") from when it becomes more severe than it is now, or an exploit succeeds. A filter that covers more than one open
alert asks first on a terminal, and wants --yes without one.

What is over when the silence ends is not told of any more, and is counted in the next digest. Maintenance that is planned can
stand in the configuration, too: docs/configuration.md.${BESIDE}`,
    )
    .action(async (filter, options) => done(await addSilence(io, filter, options)));
  silence
    .command('list')
    .description('list silences, those of the configuration too, and what each keeps quiet now')
    .option('--expired', 'also those that have ended')
    .option(...CONFIG)
    .option('--json', 'print one JSON object a silence')
    .addHelpText(
      'after',
      `
ALERTS are open ones that it keeps quiet now, UNTOLD their matches that no message has told of. Below a silence stand alerts
for which it is broken: they became worse than what it was made for.

  tocsin silence list --expired`,
    )
    .action(async (options) => done(await listSilences(io, options)));
  silence
    .command('expire')
    .description('end a silence now: what still goes on is told of within a minute')
    .argument('<id>', 'from "tocsin silence list"')
    .option(...CONFIG)
    .option('--json', 'print {id, expired} for programs')
    .addHelpText('after', '\n  tocsin silence expire k7m2p')
    .action(async (id, options) => done(await expireSilence(io, id, options)));
}

function addTrying(program: Command, io: Io, done: Done): void {
  program
    .command('routes')
    .description('try out routes')
    .command('test')
    .description('tell who would be told of an event, when, and why')
    .argument(
      '[file]',
      'one event as JSON (an API event, a captured exchange, an incident); - or none is stdin',
    )
    .option('--at <time>', 'as if it were then, UTC unless it says otherwise; default: now')
    .option('-s, --source <name>', 'as if this source had shown it; default: the first that has such a feed')
    .option(...CONFIG)
    .option('--json', 'print it as one JSON object')
    .addHelpText(
      'after',
      `
Nothing is written and nobody is told. Windows are not counted here: a rule that fires on several matches is taken to fire.

  echo '{ "filterId": "SQLInjection", "severity": "CRITICAL", "actor": "203.0.113.9" }' | tocsin routes test
  tocsin routes test event.json --at 2026-12-24T22:00

Exit codes: 0 somebody would be told, 1 nobody would, 2 could not look.`,
    )
    .action(async (file, options) => done(await testRoutes(io, file, options)));
  program
    .command('send-test')
    .description('send a marked, real message to a destination, the way every message goes')
    .argument('<destination>', 'its name in the configuration')
    .addOption(
      new Option('--kind <kind>', 'what to send; default: alert, or event where it takes no alerts').choices(
        TEST_KINDS,
      ),
    )
    .option(...CONFIG)
    .option('--json', 'print {destination, kind, id, outcome, reason} for programs')
    .addHelpText(
      'after',
      `
Its title begins with "TEST:". A daemon need not run, and the store is not touched.

  tocsin send-test oncall
  tocsin send-test oncall --kind resolved

Exit codes: 0 it was taken, 1 it was not, 2 could not try.`,
    )
    .action(async (destination, options) => done(await sendTest(io, destination, options)));
}
