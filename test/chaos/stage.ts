import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { type AktoSimulator, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import {
  type Fault,
  type FaultSchedule,
  type Receiver,
  startHecReceiver,
  startSlackReceiver,
  startWebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { mountSmallDisk, unmount } from './damage.ts';
import { type Disk, type FullDisk, fullDisk } from './full-disk.ts';
import { Ledger } from './ledger.ts';
import { type Burst, type Life, type Plan, RECEIVERS, type ReceiverName } from './plan.ts';
import { type LifeEnd, readLifeEnd } from './standings.ts';

/** So many of the daemon's seconds pass in one: its back-off and its time-outs need not be waited for. */
export const PACE = 10;
const API_KEY = 'planted-akto-key';
const SMALL_DISK_MB = 24;
const FAULT_POINTS = new URL('./fault-points.ts', import.meta.url).href;
/** After these the sender cannot know whether the request was taken. */
const AMBIGUOUS: readonly Fault['kind'][] = ['reset-after', 'truncate', 'hang', 'slow-body'];

export const RULES = ['EveryEvent', 'EveryEventAgain'] as const;
const ruleText = (id: string): string => `
id: ${id}
group_by: [ref_id]
filter: { filter_id: { regex: ["."] } }
info: { name: ${id}, description: d, severity: HIGH, category: { name: T, displayName: T }, subCategory: T }
`;

/** The world around the daemon: a feed, receivers that fail on schedule, a folder, and their books. */
export interface Stage {
  readonly folder: string;
  readonly database: string;
  readonly feed: AktoSimulator;
  readonly ledgers: ReadonlyMap<string, Ledger>;
  /** How often each kind of fault struck. */
  readonly struck: Map<string, number>;
  readonly epochMs: number;
  readonly disk: FullDisk;
  /** The lives that are over. */
  readonly ends: readonly LifeEnd[];
  /** Starts the daemon's next life. Without one, nothing happens to it. */
  start(life?: Life): DaemonProcess;
  /** Puts down how a life ended, what it wrote to its file, and what its database held. */
  ended(how: string): void;
  close(): Promise<void>;
}

export const EVENT_ID = 'akto-prod/malicious_events/';

export async function buildStage(plan: Plan, disk: Disk): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-chaos-'));
  const database = join(folder, 'tocsin.db');
  const archive = join(folder, 'archive.jsonl');
  if (disk === 'mount') mountSmallDisk(folder, SMALL_DISK_MB);
  const epochMs = Date.now();
  const ends: LifeEnd[] = [];
  let fileRead = 0;
  const struck = new Map<string, number>();
  const strike = (kind: string): void => void struck.set(kind, (struck.get(kind) ?? 0) + 1);
  const ledgers = new Map([...RECEIVERS, 'archive'].map((name) => [name, new Ledger(name)]));
  const servers = new Map<string, Receiver>();
  /** Of the request that a receiver deals with: its fault, and the life that sent it. */
  const present = new Map<string, { readonly life: number; readonly ambiguous?: string }>();

  const faultsOf =
    (name: ReceiverName): FaultSchedule =>
    (number) => {
      const fault = faultAt(plan.receivers[name], number);
      const ambiguous = ambiguityOf(fault);
      const life = Number(servers.get(name)?.requests.at(-1)?.headers['x-chaos-life']);
      present.set(name, { life, ...(ambiguous === undefined ? {} : { ambiguous }) });
      if (fault !== undefined) strike(fault.kind === 'status' ? `answer ${fault.status}` : fault.kind);
      return fault;
    };
  const take = (name: string, id: string, content: Json): void =>
    ledgers.get(name)?.take({ id, life: ends.length, ...present.get(name) }, content);

  const feed = await startAktoSimulator({ apiKey: API_KEY });
  feed.setHazards({
    answer: ({ index }) => {
      const hazard = faultAt(plan.feed, index);
      if (hazard !== undefined) strike(`feed: ${hazard.kind}`);
      return hazard;
    },
  });
  const collector = (name: 'siem' | 'indexer', acknowledge: boolean) => {
    let asked = 0;
    return startHecReceiver({
      acknowledge,
      faults: faultsOf(name),
      rejects: (envelope) => {
        const isRejected = isPoison(envelope, plan.poisonEvery);
        if (isRejected) strike('partial acceptance');
        return isRejected;
      },
      loses: () => {
        asked += 1;
        const lost = acknowledge && plan.loseEvery > 0 && asked % plan.loseEvery === 0;
        if (lost) strike('lost after 200');
        return lost;
      },
      onEvent: ({ event }) => take(name, idOf(event), event),
    });
  };
  const hook = (name: 'soar' | 'pager') =>
    startWebhookReceiver({
      faults: faultsOf(name),
      onWebhook: ({ id, payload }) => take(name, id, payload),
    });
  const slack = await startSlackReceiver({
    faults: faultsOf('oncall'),
    onMessage: ({ payload }) => take('oncall', slackId(payload), payload),
  });
  const [siem, indexer] = [await collector('siem', false), await collector('indexer', true)];
  const [soar, pager] = [await hook('soar'), await hook('pager')];
  for (const [name, server] of Object.entries({ oncall: slack, siem, indexer, soar, pager }))
    servers.set(name, server);
  const config = join(folder, 'config.yaml');
  for (const id of RULES) writeFileSync(join(folder, `${id}.yaml`), ruleText(id));
  writeFileSync(
    config,
    `
sources:
  - { name: akto-prod, type: akto, url: "${feed.url}", api_key: ${API_KEY}, schedule: "*/5 * * * * *", page_size: 40, timeout: 10s }
rules: { paths: [${RULES.map((id) => `${id}.yaml`).join(', ')}] }
destinations:
  - { name: oncall, type: slack, url: "${slack.url}", rate: { per_minute: 600, burst: 600 }, timeout: 12s }
  - { name: siem, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [events, alerts], batch: { max_items: 25 }, timeout: 12s }
  - { name: indexer, type: splunk_hec, url: "${indexer.url}", token: "${indexer.token}", acknowledge: true, send: [events], batch: { max_items: 25 }, timeout: 12s, ack_timeout: 15s }
  - { name: soar, type: webhook, url: "${soar.url}", send: [events, alerts], timeout: 12s }
  - { name: pager, type: webhook, url: "${pager.url}", send: [alerts], rate: ${plan.stormy ? '{ per_minute: 6, burst: 2 }' : '{ per_minute: 600, burst: 600 }'}, timeout: 12s }
  - { name: archive, type: file, path: archive.jsonl, send: [events, alerts], batch: { max_items: 25 } }
routes:
  - { to: [oncall, siem, soar, pager, archive], group_by: [rule], group_wait: 1s, group_interval: 5s }
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
`,
  );
  return {
    ...{ folder, database, feed, ledgers, struck, epochMs, ends },
    disk: fullDisk(disk, folder, [`${database}-wal`, archive]),
    start: (life) => new DaemonProcess(config, environment(epochMs, ends.length, life)),
    ended: (how) => {
      const text = existsSync(archive) ? readFileSync(archive, 'utf8') : '';
      // A torn line is mended by the next life; only whole ones count.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      for (const line of whole
        .slice(fileRead)
        .split('\n')
        .filter((each) => each !== '')) {
        const content: Json = JSON.parse(line);
        take('archive', idOf(content), content);
      }
      fileRead = whole.length;
      ends.push(readLifeEnd(database, how));
    },
    close: async () => {
      for (const server of [feed, ...servers.values()]) await server.close();
      if (disk === 'mount') unmount(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function faultAt<F>(bursts: readonly Burst<F>[], number: number): F | undefined {
  return bursts.find(({ from, to }) => from <= number && number <= to)?.fault;
}

function ambiguityOf(fault: Fault | undefined): string | undefined {
  return fault !== undefined && AMBIGUOUS.includes(fault.kind) ? fault.kind : undefined;
}

function environment(epochMs: number, number: number, life?: Life): Record<string, string> {
  const env: Record<string, string> = {
    NODE_OPTIONS: `--import=${FAULT_POINTS}`,
    CHAOS_PACE: String(PACE),
    CHAOS_EPOCH_MS: String(epochMs),
    CHAOS_LIFE: String(number),
  };
  if (life !== undefined && 'point' in life.killed)
    env['CHAOS_KILL'] = `${life.killed.point}:${life.killed.nth}`;
  if (life?.clockStep !== undefined) env['CHAOS_STEP'] = `${life.clockStep.atMs}:${life.clockStep.byMs}`;
  return env;
}

function idOf(content: Json): string {
  return isJsonObject(content) ? String(content['tocsin_id']) : '';
}

/** Slack has no ids: what a message says of itself. */
function slackId(payload: JsonObject): string {
  const text = JSON.stringify(payload);
  return /`(alert\/[^`]+)`/.exec(text)?.[1] ?? `digest:${text}`;
}

/** Splunk refuses every so many-th event: by its id, so that the same one is refused each time. */
function isPoison(envelope: JsonObject, every: number): boolean {
  const id = idOf(envelope['event'] ?? null);
  if (every === 0 || !id.startsWith(EVENT_ID)) return false;
  const sum = [...id].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
  return sum % every === 0;
}
