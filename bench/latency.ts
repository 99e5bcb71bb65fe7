import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startNode, waitFor } from './children.ts';

/*
 * `npm run bench -- latency [--rate N] [--seconds N]`: from an event's showing itself in the feed to its alert's arrival
 * at Slack, beside the same without the wait for the next poll: from the first answer that had it. Polls every second;
 * the group waits for nothing; every event is of an actor of its own, and one in a hundred is an alert with a message of its own: Slack takes one a second.
 */

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { rate: { type: 'string', default: '100' }, seconds: { type: 'string', default: '30' } },
});
/** One event in so many matches. */
const TOLD_EVERY = 100;
const COUNT = Math.ceil((Number(values.rate) * Number(values.seconds)) / TOLD_EVERY);
const POLL_MS = 1_000;

interface Times {
  readonly shownMs: number;
  readonly answeredMs: number;
  readonly toldMs: number;
}

const here = (file: string): string => resolve(import.meta.dirname, file);

const RULE = `
id: bench
filter: { filter_id: { eq: Bench } }
info: { name: Bench, severity: HIGH }
`;

function configuration(port: string, folder: string): string {
  return `
sources:
  - { name: feed, type: akto, url: "http://127.0.0.1:${port}", api_key: key, schedule: "* * * * * *", initial_lookback: 1h }
rules: { paths: [${JSON.stringify(join(folder, 'rule.yaml'))}] }
destinations:
  - { name: slack, type: slack, url: "http://127.0.0.1:${port}/slack", send: [alerts], rate: { per_minute: 600, burst: 600 } }
routes:
  - { to: [slack], group_by: [rule, actor], group_wait: 0s }
store: ${JSON.stringify(`sqlite:${join(folder, 'tocsin.db')}`)}
server: { listen: "127.0.0.1:0" }
log: { level: warn }
`;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function row(name: string, milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const shares = [0.5, 0.9, 0.99, 1].map((share) => percentile(sorted, share).toFixed(0).padStart(9));
  return `${name.padEnd(44)}${String(sorted.length).padStart(8)}${shares.join('')}`;
}

function print(times: readonly Times[]): void {
  const sincePoll = times.map(({ answeredMs, toldMs }) => toldMs - answeredMs);
  const sinceShown = times.map(({ shownMs, toldMs }) => toldMs - shownMs);
  console.log(
    `${'milliseconds'.padEnd(44)}${'alerts'.padStart(8)}${['p50', 'p90', 'p99', 'most'].map((word) => word.padStart(9)).join('')}`,
  );
  console.log(row(`shown to Slack, polled every ${POLL_MS} ms`, sinceShown));
  console.log(row('of that, after the answer that showed it', sincePoll));
  const p99 = percentile(
    sincePoll.toSorted((a, b) => a - b),
    0.99,
  );
  console.log(
    `\n${p99 < 300 ? 'met   ' : 'MISSED'} p99 without the poll interval, below 300 ms: ${p99.toFixed(0)}`,
  );
  console.log(`${times.length} of ${COUNT} alerts arrived.`);
}

async function main(): Promise<void> {
  if (!existsSync(here('../dist/main.js'))) throw new Error('dist is missing; run "npm run build" first');
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  const feed = startNode(here('latency-feed.ts'), values.rate, values.seconds);
  const port = await feed.said;
  const heard = async (): Promise<readonly Times[]> =>
    (await fetch(`http://127.0.0.1:${port}/`)).json() as Promise<readonly Times[]>;
  writeFileSync(join(folder, 'rule.yaml'), RULE);
  writeFileSync(join(folder, 'config.yaml'), configuration(port, folder));
  const daemon = startNode(here('../bin/tocsin.mjs'), 'run', '--config', join(folder, 'config.yaml'));
  try {
    // It has started and polls an empty feed by then; what it takes to start is not what is measured.
    await new Promise((done) => setTimeout(done, 4_000));
    await fetch(`http://127.0.0.1:${port}/`, { method: 'PUT' });
    const endsMs = performance.now() + Number(values.seconds) * 1_000 + 10_000;
    const isOver = async (): Promise<boolean> =>
      performance.now() > endsMs || (await heard()).length >= COUNT;
    await waitFor(isOver, 'the alerts', Number(values.seconds) * 1_000 + 30_000);
    print(await heard());
    console.log(
      `load: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}`,
    );
    if (daemon.log() !== '') console.log(daemon.log().slice(0, 3_000));
  } finally {
    await Promise.all([daemon.stop(), feed.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
