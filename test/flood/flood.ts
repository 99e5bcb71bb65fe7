import { type DaemonProcess, until } from '../e2e/daemon-process.ts';
import { audit } from './audit.ts';
import { type Books, bytesByTable, readBooks, readProgress } from './books.ts';
import { buildStage, type Peaks, type Stage, type StageOptions } from './stage.ts';

export interface FloodOptions extends StageOptions {
  /** So often the daemon's clock is moved on by `stepMs` afterwards: past `resolve_after`, and the day by which windows outlive their time. */
  readonly steps: number;
  /** How long what grows without being told of yet is waited for. */
  readonly settleMs: number;
  /** Without any progress for so long, it is stuck. */
  readonly patienceMs: number;
  /** Told of what happens. */
  readonly say?: (line: string) => void;
}

/** The time from the commit of a successful exploit to the first message that names its actor. */
export interface PageTime {
  readonly actor: string;
  /** Undefined where nobody was told. */
  readonly tookMs?: number;
  /** Named as one of several in a summary, not in a message of its own. */
  readonly isSummary?: true;
}

export interface FloodResult {
  /** What does not add up; none is what we want. */
  readonly findings: readonly string[];
  readonly floodMs: number;
  readonly peaks: Peaks;
  readonly logBytes: number;
  readonly messages: number;
  readonly notifications: number;
  readonly afterFlood: Books;
  readonly tablesAfterFlood: ReadonlyMap<string, number>;
  readonly afterQuiet: Books;
  readonly tablesAfterQuiet: ReadonlyMap<string, number>;
  readonly pages: readonly PageTime[];
  readonly log: string;
  /** What people were sent. */
  readonly texts: readonly string[];
}

const LOOK_MS = 250;

/** The flood, the daemon killed in its middle, then a day of quiet; and whether the books add up. */
export async function playFlood(options: FloodOptions): Promise<FloodResult> {
  const stage = await buildStage(options);
  const say = options.say ?? (() => undefined);
  const startedMs = performance.now();
  const findings: string[] = [];
  let daemon = stage.start();
  let log = '';
  try {
    await reach(stage, daemon, Math.floor(options.events / 2), options.patienceMs).catch(noted(findings));
    await daemon.kill();
    log += daemon.log;
    say(`killed after ${seconds(startedMs)} s with ${readProgress(stage.database).events} events`);
    daemon = stage.start();
    await reach(stage, daemon, options.events, options.patienceMs).catch(noted(findings));
    await drained(stage, daemon, options).catch(noted(findings));
    const floodMs = performance.now() - startedMs;
    const afterFlood = readBooks(stage.database);
    const tablesAfterFlood = bytesByTable(stage.database);
    say(`all read and delivered after ${seconds(startedMs)} s`);
    findings.push(...audit(stage, afterFlood, options.events));
    const pages = stage.exploits.map((exploit) => pageOf(stage, exploit, afterFlood));
    const messages = stage.received.messages.length;
    await quiet(stage, daemon, options.steps);
    const afterQuiet = readBooks(stage.database);
    say(`a day of quiet after ${seconds(startedMs)} s`);
    findings.push(...audit(stage, afterQuiet, options.events, afterFlood));
    const tablesAfterQuiet = bytesByTable(stage.database);
    const { code } = await daemon.terminate();
    if (code !== 0) findings.push(`asked to stop, the daemon ended with ${code}`);
    log += daemon.log;
    return {
      ...{ findings, floodMs, peaks: stage.peaks, logBytes: Buffer.byteLength(log), messages },
      ...{ notifications: stage.received.notifications.size, afterFlood, afterQuiet },
      ...{ tablesAfterFlood, tablesAfterQuiet, pages, log },
      texts: stage.received.messages.map(({ text }) => text),
    };
  } finally {
    await daemon.kill();
    await stage.close();
  }
}

const noted =
  (findings: string[]) =>
  (error: unknown): void =>
    void findings.push(error instanceof Error ? error.message : String(error));

const seconds = (sinceMs: number): number => Math.round((performance.now() - sinceMs) / 1_000);

/** Waits until so many events are committed; fails where nothing moves for too long. */
async function reach(stage: Stage, daemon: DaemonProcess, events: number, patienceMs: number): Promise<void> {
  let seen = -1;
  let movedMs = performance.now();
  await until(
    () => {
      stage.measure(daemon);
      const now = progressOf(stage);
      if (now > seen) movedMs = performance.now();
      seen = now;
      if (performance.now() - movedMs > patienceMs) throw new Error(`STUCK at ${now} of ${events} events`);
      return now >= events;
    },
    `${events} events to be read`,
    3_600_000,
    LOOK_MS,
  );
}

/** 0 while there is no database to read. */
function progressOf({ database }: Stage): number {
  try {
    return readProgress(database).events;
  } catch {
    return 0;
  }
}

/** Waits until nothing is to be delivered; repetitions of notifications and summaries may still come. */
async function drained(
  stage: Stage,
  daemon: DaemonProcess,
  { events, patienceMs, settleMs }: FloodOptions,
): Promise<void> {
  let seen = -1;
  let movedMs = performance.now();
  await until(
    () => {
      stage.measure(daemon);
      const { pendingDeliveries, pending } = readBooks(stage.database);
      const { events: taken, notifications } = stage.received;
      const now = taken.size + notifications.size;
      if (now > seen) movedMs = performance.now();
      seen = now;
      const isStill = performance.now() - movedMs > patienceMs;
      if (isStill && (pendingDeliveries > 0 || taken.size < events))
        throw new Error(`STUCK: ${pendingDeliveries} deliveries wait and the SIEM has ${taken.size} events`);
      const isOver = pendingDeliveries === 0 && taken.size >= events;
      // What has grown is told of when its interval is over: that is not waited for.
      return isOver && (pending === 0 || performance.now() - movedMs > settleMs);
    },
    'everything to be delivered',
    3_600_000,
    1_000,
  );
}

/** Lets a day pass in steps, each time until the daemon has come to rest. */
async function quiet(stage: Stage, daemon: DaemonProcess, steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    await stage.step(daemon);
    await rest(stage, daemon);
  }
}

/** Until the store has not changed for a second, half a minute at most. */
async function rest(stage: Stage, daemon: DaemonProcess): Promise<void> {
  let before = '';
  let sameMs = performance.now();
  const startedMs = performance.now();
  while (performance.now() - sameMs < 1_200 && performance.now() - startedMs < 30_000) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    stage.measure(daemon);
    const now = JSON.stringify([readProgress(stage.database), stage.received.notifications.size]);
    if (now !== before) sameMs = performance.now();
    before = now;
  }
}

function pageOf(
  { received }: Stage,
  { feedId, actor }: Stage['exploits'][number],
  { exploitsCommittedMs }: Books,
): PageTime {
  const committedMs = exploitsCommittedMs.get(feedId);
  const naming = received.messages.filter(({ text }) => namesActor(text, actor) && text.includes('CRITICAL'));
  const own = naming.find(({ text }) => !text.includes('Summed up'));
  const first = naming[0];
  if (committedMs === undefined || first === undefined) return { actor };
  if (own === undefined) return { actor, tookMs: first.atMs - committedMs, isSummary: true };
  return { actor, tookMs: own.atMs - committedMs };
}

function namesActor(text: string, actor: string): boolean {
  return new RegExp(`(?<![\\d.])${actor.replaceAll('.', '\\.')}(?![\\d.])`).test(text);
}
