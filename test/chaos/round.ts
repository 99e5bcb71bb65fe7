import type { JsonObject } from '../../src/core/json.ts';
import { makeEvents, seededRandom } from '../../src/demo/akto-simulator/index.ts';
import { type DaemonProcess, until } from '../e2e/daemon-process.ts';
import { audit, readProgress, readRecords } from './books.ts';
import { TORN } from './causes.ts';
import { tearWal } from './damage.ts';
import type { Disk } from './full-disk.ts';
import { type Life, type Plan, planRound } from './plan.ts';
import { buildStage, PACE, type Stage } from './stage.ts';
import { type Repeat, repeatsOf } from './standings.ts';

/** A life whose fault point is never reached ends so long after its start. */
const LONGEST_LIFE_MS = 2_000;
const LONGEST_START_MS = 8_000;
/** Some seconds where the machine is idle. */
const DRAIN_MS = 55_000;
const STOP_MS = 10_000;
/** A start on a full disk fails, and says so; whatever watches over the daemon starts it again. */
const BY_ITSELF = 'ended by itself';

export interface RoundResult {
  readonly seed: number;
  readonly plan: Plan;
  /** What does not add up; none is what we want. */
  readonly findings: readonly string[];
  readonly events: number;
  readonly deadLetters: number;
  readonly notifications: number;
  /** How often each kind of fault struck. */
  readonly struck: ReadonlyMap<string, number>;
  /** Re-sends of an id that had been taken, by what made them needful. */
  readonly duplicates: ReadonlyMap<string, number>;
  readonly tookMs: number;
  /** Of the last life. */
  readonly log: string;
}

/** One round: a seeded schedule of faults, then peace until all is quiet, then the books. */
export async function playRound(seed: number, disk: Disk): Promise<RoundResult> {
  const startedMs = performance.now();
  const plan = planRound(seed, seededRandom(seed));
  const stage = await buildStage(plan, disk);
  const findings: string[] = [];
  let daemon: DaemonProcess | undefined;
  try {
    show(stage, plan, 0);
    for (const [number, life] of plan.lives.entries()) {
      daemon = stage.start(life);
      const adding = later(400 + 300 * number, () => show(stage, plan, number + 1));
      const how = await live(stage, daemon, life);
      stage.ended(how);
      if (how.startsWith(BY_ITSELF) && life.diskFull === undefined)
        findings.push(`${how}, on a disk with room`);
      adding();
      show(stage, plan, number + 1);
    }
    daemon = stage.start();
    show(stage, plan, plan.waves.length - 1);
    findings.push(...(await settleDown(stage, daemon, plan)));
    stage.ended('stopped');
    const records = readRecords(stage.database);
    const repeats = [...stage.ledgers.values()].flatMap((ledger) => repeatsOf(ledger, stage.ends));
    findings.push(...audit(stage.feed.eventsShown, records, stage.ledgers, repeats));
    const dead = records.deliveries.filter(({ state }) => state === 'dead');
    findings.push(...unreasoned(dead));
    return {
      ...{ seed, plan, findings, events: stage.feed.eventsShown.size, deadLetters: dead.length },
      ...{
        notifications: records.notifications.size,
        struck: stage.struck,
        duplicates: countCauses(repeats),
      },
      ...{ tookMs: performance.now() - startedMs, log: daemon.log },
    };
  } finally {
    await daemon?.kill();
    await stage.close();
  }
}

const shown = new WeakMap<Stage, Set<number>>();

/** Adds a wave to the feed, once. */
function show(stage: Stage, plan: Plan, wave: number): void {
  const waves = shown.get(stage) ?? new Set();
  shown.set(stage, waves);
  if (waves.has(wave)) return;
  waves.add(wave);
  stage.feed.add(eventsOf(stage, plan, wave));
}

function eventsOf({ epochMs }: Stage, { seed, waves }: Plan, wave: number): JsonObject[] {
  const nowS = Math.floor((epochMs + (Date.now() - epochMs) * PACE) / 1_000);
  const range = wave === 0 ? { fromS: nowS - 660, toS: nowS - 600 } : { fromS: nowS - 20, toS: nowS - 2 };
  const events = makeEvents(seed * 100 + wave, waves[wave] ?? 0, { ...range, ties: 0.6 });
  return events.map((event, index) => ({ ...event, id: `w${wave}-${index}` }));
}

/** @returns what undoes it */
function later(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

/** One life to its violent end. @returns how it ended */
async function live(stage: Stage, daemon: DaemonProcess, life: Life): Promise<string> {
  const { killed, diskFull, clockStep } = life;
  const { disk } = stage;
  const strike = (kind: string): void => void stage.struck.set(kind, (stage.struck.get(kind) ?? 0) + 1);
  let how = 'point' in killed ? `killed at ${killed.point}` : 'killed at an instant';
  const kill = (): void => {
    how = 'killed at an instant';
    void daemon.kill();
  };
  const undo = [
    'atMs' in killed ? later(killed.atMs, kill) : onceStarted(daemon, () => later(LONGEST_LIFE_MS, kill)),
    ...(diskFull === undefined
      ? []
      : [
          later(diskFull.atMs, () => strike(disk.fill(daemon.pid))),
          later(diskFull.atMs + diskFull.forMs, () => disk.free(daemon.pid)),
        ]),
    ...(clockStep === undefined ? [] : [later(clockStep.atMs, () => strike('clock step'))]),
  ];
  const code = await daemon.exited();
  if (code !== null) how = `${BY_ITSELF} with ${code}`;
  for (const each of undo) each();
  disk.free(daemon.pid);
  strike(how);
  if (!life.tearsWal || !tearWal(stage.database)) return how;
  strike('torn write-ahead log');
  return how + TORN;
}

/** A slow machine takes long to start: the faults are to meet a daemon that works. @returns what undoes it */
function onceStarted(daemon: DaemonProcess, work: () => () => void): () => void {
  let undo: (() => void) | undefined;
  const startedMs = performance.now();
  const timer = setInterval(() => {
    if (!daemon.log.includes('"msg":"started"') && performance.now() - startedMs < LONGEST_START_MS) return;
    clearInterval(timer);
    undo = work();
  }, 20);
  return () => {
    clearInterval(timer);
    undo?.();
  };
}

/** Lets the last life go on until nothing waits; then asks it to stop. */
async function settleDown(stage: Stage, daemon: DaemonProcess, plan: Plan): Promise<string[]> {
  for (let wave = 0; wave < plan.waves.length; wave += 1) show(stage, plan, wave);
  const total = plan.waves.reduce((sum, count) => sum + count, 0);
  const findings: string[] = [];
  try {
    await until(() => isQuiet(stage, total), 'nothing to wait any more', DRAIN_MS, 100);
  } catch {
    const { events, waiting } = readProgress(stage.database);
    findings.push(
      `STUCK: ${events} of ${total} events are read, ${waiting} things wait, after ${DRAIN_MS} ms`,
    );
  }
  const { code, tookMs } = await daemon.terminate();
  if (code !== 0 || tookMs > STOP_MS) findings.push(`asked to stop, it ended with ${code} in ${tookMs} ms`);
  return findings;
}

async function isQuiet({ database, feed }: Stage, total: number): Promise<boolean> {
  if (feed.eventsShown.size < total) return false;
  try {
    const { events, waiting } = readProgress(database);
    return events >= total && waiting === 0;
  } catch {
    return false;
  }
}

function unreasoned(
  dead: readonly { readonly id: string; readonly destination: string; readonly reason: string }[],
) {
  return dead
    .filter(({ reason }) => reason === '')
    .map(({ destination, id }) => `${destination} has a dead letter without a reason: ${id}`);
}

function countCauses(repeats: readonly Repeat[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { because = 'without a cause' } of repeats) counts.set(because, (counts.get(because) ?? 0) + 1);
  return counts;
}
