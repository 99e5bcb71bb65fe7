import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { type AktoSimulator, startAktoSimulator } from '../../src/demo/akto-simulator/index.ts';
import { startHecReceiver, startSlackReceiver } from '../../src/demo/receivers/index.ts';
import { DaemonProcess, until } from '../e2e/daemon-process.ts';
import { actorOf, flood, type Traffic } from './traffic.ts';

const API_KEY = 'planted-akto-key';
const CLOCK = new URL('./clock.ts', import.meta.url).href;

/** What one notification told the SIEM. */
export interface ToldOf {
  readonly matches: number;
  /** What Tocsin says of itself. */
  readonly isOwn: boolean;
}

/** The far sides' books. */
export interface Received {
  /** Event id → how often the SIEM took it. */
  readonly events: Map<string, number>;
  /** By notification id. */
  readonly notifications: Map<string, ToldOf>;
  /** Texts of Slack messages, and when each came. */
  readonly messages: { readonly text: string; readonly atMs: number }[];
}

/** The most that was seen of what must stay bounded. */
export interface Peaks {
  databaseBytes: number;
  walBytes: number;
  residentBytes: number;
}

export interface Stage {
  readonly database: string;
  readonly feed: AktoSimulator;
  readonly received: Received;
  readonly peaks: Peaks;
  /** The successful exploits. */
  readonly exploits: readonly { readonly feedId: string; readonly actor: string }[];
  start(): DaemonProcess;
  /** Lets one step of time pass for the daemon. */
  step(daemon: DaemonProcess): Promise<void>;
  /** Looks at the files and the process. */
  measure(daemon: DaemonProcess): void;
  close(): Promise<void>;
}

export interface StageOptions extends Omit<Traffic, 'fromS' | 'toS'> {
  readonly maxSize: string;
  /** How much time one step of the daemon's clock is. */
  readonly stepMs: number;
  /** Lines of `routes:`; none where absent. */
  readonly routes?: string;
}

export async function buildStage(options: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-flood-'));
  const database = join(folder, 'tocsin.db');
  const config = join(folder, 'config.yaml');
  const stepsFile = join(folder, 'steps');
  let steps = 0;
  const nowS = Math.floor(Date.now() / 1_000);
  const events = flood({ ...options, fromS: nowS - 600, toS: nowS - 30 });
  const feed = await startAktoSimulator({ apiKey: API_KEY, events });
  const received: Received = {
    ...{ events: new Map(), notifications: new Map(), messages: [] },
  };
  const slack = await startSlackReceiver({
    onMessage: ({ payload, receivedAtMs }) =>
      received.messages.push({ text: JSON.stringify(payload), atMs: receivedAtMs }),
  });
  const siem = await startHecReceiver({ onEvent: ({ event }) => take(received, event) });
  writeFileSync(
    config,
    `
sources:
  - { name: akto-prod, type: akto, url: "${feed.url}", api_key: ${API_KEY}, schedule: "* * * * * *" }
rules: { paths: ["${resolve('rules')}"] }
destinations:
  - { name: oncall, type: slack, url: "${slack.url}" }
  - { name: siem, type: splunk_hec, url: "${siem.url}", token: "${siem.token}", send: [events, alerts], schema: raw }
${options.routes ?? ''}
retention: { max_size: ${options.maxSize} }
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
`,
  );
  const peaks: Peaks = { databaseBytes: 0, walBytes: 0, residentBytes: 0 };
  const middle = Math.floor(options.events / 2);
  return {
    ...{ database, feed, received, peaks },
    exploits: Array.from({ length: options.exploits }, (_, index) => {
      return { feedId: `flood-${middle + index}`, actor: actorOf(middle + index) };
    }),
    start: () =>
      new DaemonProcess(config, {
        NODE_OPTIONS: `--import=${CLOCK}`,
        FLOOD_STEP_MS: String(options.stepMs),
        FLOOD_STEPS: stepsFile,
      }),
    async step({ pid }) {
      steps += 1;
      process.kill(pid, 'SIGUSR2');
      const taken = (): boolean => existsSync(stepsFile) && Number(readFileSync(stepsFile, 'utf8')) === steps;
      await until(taken, 'the daemon to see time pass');
    },
    measure({ pid }) {
      peaks.databaseBytes = Math.max(peaks.databaseBytes, sizeOf(database));
      peaks.walBytes = Math.max(peaks.walBytes, sizeOf(`${database}-wal`));
      peaks.residentBytes = Math.max(peaks.residentBytes, residentBytes(pid));
    },
    async close() {
      await Promise.all([feed.close(), slack.close(), siem.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function take({ events, notifications }: Received, content: Json): void {
  if (!isJsonObject(content)) return;
  const id = String(content['tocsin_id']);
  if (content['kind'] === 'alert') return void notifications.set(id, toldOf(content));
  if (content['kind'] !== 'event') return;
  events.set(id, (events.get(id) ?? 0) + 1);
}

function toldOf(content: JsonObject): ToldOf {
  const alerts = Array.isArray(content['alerts']) ? content['alerts'].filter(isJsonObject) : [];
  return { matches: Number(content['new_count']), isOwn: alerts.some(({ source }) => source === 'tocsin') };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** 0 where the system does not tell, or the process is gone. */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
