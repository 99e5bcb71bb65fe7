import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { type Daemon, startDaemon } from '../app/daemon.ts';
import { loadSetup } from '../app/load.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import { systemRandom } from '../core/random.ts';
import {
  type AktoSimulator,
  makeEvents,
  referenceEvent,
  startAktoSimulator,
} from '../demo/akto-simulator/index.ts';
import {
  type IncidentsSimulator,
  makeIncidents,
  startIncidentsSimulator,
} from '../demo/incidents-simulator/index.ts';
import { printHec, printSlack, printWebhook } from '../demo/print.ts';
import { startHecReceiver, startSlackReceiver, startWebhookReceiver } from '../demo/receivers/index.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { printProblems } from './problems.ts';

export interface DemoOptions {
  readonly once?: boolean;
}

/** Of the simulated feed at the start; the reference page's own event comes on top. */
const EVENTS = 60;
const INCIDENTS = 12;
const SEED = 7;
const LIVE_EVERY_MS = 4_000;
const DRAIN_TIMEOUT_MS = 90_000;
const SOON_MS = 60_000;
const RULES = fileURLToPath(new URL('../../rules', import.meta.url));
const SIGNING_SECRET = `whsec_${Buffer.alloc(32, 'tocsin').toString('base64')}`;
const API_KEY = 'demo-key';
const CLIENT = { id: 'demo-client', secret: 'demo-secret' };

/** `tocsin demo`: the daemon as it is, on a feed, a Slack, a Splunk and a webhook that all live on 127.0.0.1. */
export async function demo(io: Io, options: DemoOptions): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
  const world = await startWorld(io);
  try {
    const daemon = await startOn(io, world, folder);
    try {
      if (options.once) return await untilDelivered(io, world, daemon, systemClock);
      await live(io, world);
      return 0;
    } finally {
      await daemon.stop();
    }
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type World = Awaited<ReturnType<typeof startWorld>>;

async function startWorld(io: Io) {
  const print = { colour: io.colour.out, columns: io.columns };
  const nowS = Math.floor(systemClock.now() / 1_000);
  const made = makeEvents(SEED, EVENTS, { fromS: nowS - 3_000, toS: nowS });
  // What is long past wakes nobody: here it happens now.
  const reference = { ...referenceEvent, timestamp: nowS - 60 };
  const feed = await startAktoSimulator({ apiKey: API_KEY, events: [reference, ...made] });
  const incidents = makeIncidents(SEED, INCIDENTS, { fromS: nowS - 3_000, toS: nowS });
  const identity = await startIncidentsSimulator({ client: CLIENT, incidents });
  const slack = await startSlackReceiver({
    onMessage: (message) => printSlack(message, print).forEach(line),
  });
  const hec = await startHecReceiver({ onEvent: (event) => line(printHec(event, print)) });
  const webhook = await startWebhookReceiver({
    secrets: [SIGNING_SECRET],
    onWebhook: (received) => line(printWebhook(received, print)),
  });
  function line(text: string): void {
    io.out(`${text}\n`);
  }
  const close = async (): Promise<void> => {
    for (const server of [feed, identity, slack, hec, webhook]) await server.close();
  };
  return { feed, identity, slack, hec, webhook, close };
}

async function startOn(io: Io, world: World, folder: string): Promise<Daemon> {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, configFor(world));
  const place = { file, cwd: folder, env: {} };
  const loaded = loadSetup(place);
  if (loaded.setup === undefined) {
    printProblems(io, file, loaded);
    throw new CliError('the demo does not start; its rules or its configuration are damaged');
  }
  heading(
    io,
    'feed',
    `${counted(EVENTS + 1, 'attack waits', 'attacks wait')} at ${world.feed.url}, that of Akto's reference page among them, with their actors and APIs`,
  );
  heading(
    io,
    'identity',
    `${counted(INCIDENTS, 'incident waits', 'incidents wait')} at ${world.identity.url}`,
  );
  heading(io, 'rules', `${counted(loaded.setup.ruleSet.rules.length, 'rule')} from ${RULES}`);
  const telemetry = createTelemetry(createLogger('warn'));
  return startDaemon({ place, setup: loaded.setup, telemetry, clock: systemClock, random: systemRandom });
}

/** A usual configuration, but for its impatience: nobody watches a demo for ten seconds of group_wait. */
function configFor({ feed, identity, slack, hec, webhook }: World): string {
  return `
sources:
  - { name: demo, type: akto, url: "${feed.url}", api_key: ${API_KEY}, schedule: "* * * * * *", initial_lookback: 3650d,
      feeds: [malicious_events, threat_actors, threat_apis] }
  - { name: identity, type: incidents, url: "${identity.url}", client_id: ${CLIENT.id}, client_secret: ${CLIENT.secret}, schedule: "* * * * * *" }
rules: { paths: ["${RULES}"] }
destinations:
  - { name: oncall, type: slack, url: "${slack.url}", rate: { per_minute: 600, burst: 600 } }
  - { name: siem, type: splunk_hec, url: "${hec.url}", token: "${hec.token}", send: [events, alerts], index: security }
  - { name: soar, type: webhook, url: "${webhook.url}", secret: "${SIGNING_SECRET}" }
routes:
  - { name: people, when: { severity: { gte: MEDIUM } }, to: [oncall, siem, soar], group_wait: 1s, group_interval: 10s }
  - { name: record, to: [siem, soar], group_by: [rule], group_wait: 1s, group_interval: 10s }
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
`;
}

function heading(io: Io, name: string, text: string): void {
  const label = name.padEnd(9);
  io.out(`${io.colour.out ? styleText('cyan', label, { validateStream: false }) : label}${text}\n`);
}

async function untilDelivered(io: Io, world: World, daemon: Daemon, clock: Clock): Promise<ExitCode> {
  const deadlineMs = clock.now() + DRAIN_TIMEOUT_MS;
  while (!io.stop.aborted && clock.now() < deadlineMs && !(await isDrained(world, daemon, clock.now()))) {
    await clock.sleep(100, io.stop);
  }
  const waiting = await daemon.store.countDeliveries();
  const shown = shownBy(world);
  const delivered = indexedEvents(world);
  const left = waiting.reduce((sum, { count }) => sum + count, 0);
  const complete = left === 0 && delivered === shown.all && hasReached(world, referenceEvent['id']);
  heading(
    io,
    'summary',
    `${counted(shown.all, 'event')} read (${counted(shown.attacks, 'attack')}, ${counted(shown.actors, 'actor')}, ${counted(shown.apis, 'API')}, ${counted(shown.incidents, 'incident')}), ` +
      `${delivered} in Splunk, each once; ` +
      `${counted(world.slack.messages.length, 'Slack message')}, ${counted(world.webhook.webhooks.length, 'webhook')}; ` +
      `the reference page's event ${complete ? 'reached all three' : 'is missing somewhere'}; ${left} left`,
  );
  return complete ? 0 : 1;
}

/** What the feeds have shown: an object that changes once for each of its states. */
function shownBy({
  feed,
  identity,
}: {
  readonly feed: AktoSimulator;
  readonly identity: IncidentsSimulator;
}) {
  const [attacks, actors, apis] = [feed.eventsShown.size, feed.actorsShown.size, feed.apisShown.size];
  const incidents = identity.shown.size;
  return { attacks, actors, apis, incidents, all: attacks + actors + apis + incidents };
}

/** Distinct events in Splunk, without the notifications that stand beside them. */
function indexedEvents({ hec }: World): number {
  return [...hec.counts.keys()].filter((id) => id.startsWith('demo/') || id.startsWith('identity/')).length;
}

/** Whether an event is told of at every receiver, whole or in an alert's evidence. */
function hasReached({ slack, hec, webhook }: World, id: unknown): boolean {
  const told = [slack.messages, hec.events, webhook.webhooks].map((received) => JSON.stringify(received));
  return told.every((text) => text.includes(String(id)));
}

/** Repeats, and the ends of alerts, are hours away: nobody waits for them. */
async function isDrained(world: World, { store }: Daemon, nowMs: number): Promise<boolean> {
  const { attacks, actors, apis, incidents, all } = shownBy(world);
  if (attacks <= EVENTS || incidents < INCIDENTS || actors * apis === 0) return false;
  if (indexedEvents(world) < all) return false;
  const dueMs = await store.nextGroupDueMs();
  if (dueMs !== undefined && dueMs < nowMs + SOON_MS) return false;
  return (await store.countDeliveries()).length === 0;
}

/** New attacks every few seconds, until somebody has seen enough. */
async function live(io: Io, { feed, identity }: Pick<World, 'feed' | 'identity'>): Promise<void> {
  heading(io, 'running', 'new attacks arrive every few seconds; press Ctrl-C to end');
  for (let round = 1; !io.stop.aborted; round += 1) {
    await systemClock.sleep(LIVE_EVERY_MS, io.stop);
    const nowS = Math.floor(systemClock.now() / 1_000);
    feed.add(makeEvents(SEED + round, 2, { fromS: nowS - 5, toS: nowS }));
    if (round % 3 === 0) identity.add(makeIncidents(SEED + round, 1, { fromS: nowS - 5, toS: nowS }));
  }
}
