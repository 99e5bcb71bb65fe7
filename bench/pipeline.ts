import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Child, type Cost, databaseBytes, startNode, startWith, waitFor } from './children.ts';
import { containerRun } from './container.ts';

/*
 * `npm run bench -- pipeline [--events N] [--rounds N] [--alarming N]`: the built daemon, run as its container runs it, reads
 * a feed of 6 KB events, judges them by the shipped rules, writes them down and sends every one to a collector, beside a bare
 * loop that only fetches, parses and posts, and beside splunk-logging used as it comes. One event in `--alarming` raises an
 * alert, 8 unless told. Feed, collector and contestant are a process each. TOCSIN_BENCH_NODE: more flags for the daemon's Node.
 */

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    events: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    'max-size': { type: 'string', default: '256MiB' },
    alarming: { type: 'string', default: '8' },
  },
});
const EVENTS = Number(values.events);
const ROUNDS = Number(values.rounds);
/** It opens a connection an event. */
const NAIVE_EVENTS = Math.min(EVENTS, 2_000);
/** Slower than this is told as a failure. */
const SLOWEST_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 250;

interface Came {
  readonly events: number;
  readonly distinct: number;
  readonly requests: number;
  readonly bytes: number;
  /** Since the first request, whose events are not counted here: starting a process is not what is raced. */
  readonly timed: number;
  readonly ms: number;
}

interface Figure extends Came {
  readonly name: string;
  /** µs, once it sends. */
  readonly cpuPerEvent: number;
  readonly peakBytes: number;
  readonly databaseBytes?: number;
  /** Of the machine, when it ended: more than its processors is others' work. */
  readonly load: number;
}

interface Stage {
  readonly feedPort: string;
  readonly receiverPort: string;
}

const here = (file: string): string => resolve(import.meta.dirname, file);

const takesPart = (name: string): boolean => values.only === undefined || values.only === name;

async function came({ receiverPort }: Stage): Promise<Came> {
  return (await fetch(`http://127.0.0.1:${receiverPort}/`)).json() as Promise<Came>;
}

/** From the contestant's start until the collector has every event. */
async function race(
  name: string,
  events: number,
  stage: Stage,
  contestant: Child,
  file?: string,
): Promise<Figure> {
  let largest = 0;
  let cost = contestant.cost();
  let atFirst: (Cost & { readonly distinct: number }) | undefined;
  const sample = (): void => {
    const now = contestant.cost();
    // Of a process that has ended nothing is known any more.
    if (now.peakBytes > 0) cost = now;
    if (file !== undefined) largest = Math.max(largest, databaseBytes(file));
  };
  const sampler = setInterval(sample, SAMPLE_EVERY_MS);
  try {
    let isGone = false;
    void contestant.exited.then(() => {
      isGone = true;
    });
    const isDone = async (): Promise<boolean> => {
      const wasGone = isGone;
      const { distinct } = await came(stage);
      if (distinct > 0) atFirst ??= { ...contestant.cost(), distinct };
      if (distinct >= events) return true;
      if (wasGone) throw new Error(`${name} ended before all was sent: ${contestant.log()}`);
      return false;
    };
    await waitFor(isDone, `${name} to send everything`, 30_000 + (events / SLOWEST_PER_SECOND) * 1_000);
    sample();
  } finally {
    clearInterval(sampler);
  }
  const sizes = file === undefined ? {} : { databaseBytes: largest };
  const cpuMs = cost.cpuMs - (atFirst?.cpuMs ?? 0);
  const cpuPerEvent = (cpuMs * 1_000) / (events - (atFirst?.distinct ?? 0));
  return { name, ...cost, cpuPerEvent, ...sizes, ...(await came(stage)), load: loadavg()[0] ?? 0 };
}

async function forget({ receiverPort }: Stage): Promise<void> {
  await fetch(`http://127.0.0.1:${receiverPort}/`, { method: 'DELETE' });
}

async function loop(kind: 'bare' | 'splunk-logging', events: number, stage: Stage): Promise<Figure> {
  await forget(stage);
  const { feedPort, receiverPort } = stage;
  const child = startNode(here('pipeline-loop.ts'), kind, feedPort, receiverPort, String(events));
  try {
    return await race(kind === 'bare' ? 'bare loop' : kind, events, stage, child);
  } finally {
    await child.stop('SIGKILL');
  }
}

function configuration({ feedPort, receiverPort }: Stage, file: string): string {
  return `
sources:
  - { name: feed, type: akto, url: "http://127.0.0.1:${feedPort}", api_key: key, schedule: "* * * * * *", initial_lookback: 30d, deadline: 1h }
rules: { paths: [${JSON.stringify(resolve(here('../rules')))}] }
destinations:
  - { name: siem, type: splunk_hec, url: "http://127.0.0.1:${receiverPort}", token: key, send: [events, alerts] }
store: ${JSON.stringify(`sqlite:${file}`)}
retention: { max_size: ${values['max-size']} }
server: { listen: "127.0.0.1:0" }
log: { level: warn }
`;
}

async function tocsin(stage: Stage): Promise<Figure> {
  await forget(stage);
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  const config = join(folder, 'config.yaml');
  const file = join(folder, 'tocsin.db');
  writeFileSync(config, configuration(stage, file));
  const { nodeFlags, env } = containerRun();
  const more = process.env['TOCSIN_BENCH_NODE']?.split(' ') ?? [];
  const program = [here('../bin/tocsin.mjs'), 'run', '--config', config];
  const daemon = startWith(env, ...nodeFlags, ...more, ...program);
  try {
    const figure = await race('tocsin', EVENTS, stage, daemon, file);
    await daemon.stop();
    if (daemon.log().includes('"level":"warn"')) console.log(daemon.log());
    return figure;
  } finally {
    await daemon.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(12))).join('');
}

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '' : (bytes / 1e6).toFixed(0);
const rate = ({ timed, ms }: Figure): number => (timed * 1_000) / ms;

function print(figures: readonly Figure[]): void {
  console.log(
    row(['', 'events', 'events/s', 'CPU µs/event', 'requests', 'RSS MB', 'database MB', 'twice', 'load']),
  );
  for (const figure of figures) {
    const { name, distinct, events, cpuPerEvent, requests, peakBytes, load } = figure;
    const numbers = [distinct, rate(figure), cpuPerEvent, requests].map((n) => n.toFixed(0));
    const sizes = [megabytes(peakBytes), megabytes(figure.databaseBytes)];
    console.log(row([name, ...numbers, ...sizes, String(events - distinct), load.toFixed(1)]));
  }
}

/** Others' work on the machine only ever takes away: each at its best. */
function best(figures: readonly Figure[], name: string): Figure | undefined {
  return figures.filter((figure) => figure.name === name).toSorted((a, b) => rate(b) - rate(a))[0];
}

function printGoals(figures: readonly Figure[]): void {
  const ours = best(figures, 'tocsin');
  const bare = best(figures, 'bare loop');
  const naive = best(figures, 'splunk-logging');
  if (ours === undefined || bare === undefined || naive === undefined) return;
  const goal = (what: string, value: number, isMet: boolean): void =>
    console.log(`${isMet ? 'met   ' : 'MISSED'} ${what}: ${value.toFixed(2)}`);
  const share = rate(ours) / rate(bare);
  goal('of the bare loop, at least 0.5', share, share >= 0.5);
  goal('events/s, at least 3,000', rate(ours), rate(ours) >= 3_000);
  goal('peak RSS in MB, below 200', ours.peakBytes / 1e6, ours.peakBytes < 200e6);
  console.log(`\ntimes as fast as splunk-logging as it comes: ${(rate(ours) / rate(naive)).toFixed(1)}`);
}

async function main(): Promise<void> {
  if (!existsSync(here('../dist/main.js'))) throw new Error('dist is missing; run "npm run build" first');
  // Old enough that no event can still arrive late, young enough for the first poll to reach.
  const firstS = Math.floor(Date.now() / 1_000) - 7_200 - Math.ceil(EVENTS / 10);
  const feed = startNode(here('pipeline-feed.ts'), String(EVENTS), String(firstS), values['alarming']);
  const receiver = startNode(here('pipeline-receiver.ts'));
  const figures: Figure[] = [];
  try {
    const stage = { feedPort: await feed.said, receiverPort: await receiver.said };
    console.log(
      `load before: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}; Node ${process.version}\n`,
    );
    for (let round = 0; round < ROUNDS; round += 1) {
      if (takesPart('bare')) figures.push(await loop('bare', EVENTS, stage));
      if (takesPart('tocsin')) figures.push(await tocsin(stage));
    }
    if (takesPart('splunk-logging')) figures.push(await loop('splunk-logging', NAIVE_EVENTS, stage));
    print(figures);
    console.log('');
    printGoals(figures);
  } finally {
    await Promise.all([feed.stop(), receiver.stop()]);
  }
}

await main();
