import type { JsonObject } from '../../src/core/json.ts';
import { makeEvents, seededRandom } from '../../src/demo/akto-simulator/index.ts';
import { type DaemonProcess, until } from '../e2e/daemon-process.ts';
import { audit, readProgress, readRecords } from './books.ts';
import { fillDisk, freeDisk, tearWal } from './damage.ts';
import { type Life, type Plan, planRound } from './plan.ts';
import { buildStage, PACE, type Stage } from './stage.ts';

/** A life whose fault point is never reached ends so. */
const LONGEST_LIFE_MS = 2_500;
const DRAIN_MS = 40_000;
const STOP_MS = 10_000;

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
  /** Re-sends of an id that had been taken, by the fault that made them needful. */
  readonly duplicates: ReadonlyMap<string, number>;
  readonly tookMs: number;
  /** Of the last life. */
  readonly log: string;
}

/** One round: a seeded schedule of faults, then peace until all is quiet, then the books. */
export async function playRound(seed: number, smallDisk: boolean): Promise<RoundResult> {
  const startedMs = performance.now();
  const plan = planRound(seed, seededRandom(seed), { smallDisk });
  const stage = await buildStage(plan, smallDisk);
  const findings: string[] = [];
  let daemon: DaemonProcess | undefined;
  try {
    show(stage, plan, 0);
    for (const [number, life] of plan.lives.entries()) {
      daemon = stage.start(life);
      const adding = later(400 + 300 * number, () => show(stage, plan, number + 1));
      const how = await live(stage, daemon, life);
      stage.ended(how, daemon.log);
      adding();
      show(stage, plan, number + 1);
    }
    daemon = stage.start();
    show(stage, plan, plan.waves.length - 1);
    findings.push(...(await settleDown(stage, daemon, plan)));
    stage.ended('stopped', daemon.log);
    const records = readRecords(stage.database);
    findings.push(...audit(stage.feed.eventsShown, records, stage.ledgers));
    const dead = records.deliveries.filter(({ state }) => state === 'dead');
    findings.push(...unreasoned(dead));
    return {
      ...{ seed, plan, findings, events: stage.feed.eventsShown.size, deadLetters: dead.length },
      ...{ notifications: records.notifications.size, struck: stage.struck, duplicates: duplicatesOf(stage) },
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
  const strike = (kind: string): void => void stage.struck.set(kind, (stage.struck.get(kind) ?? 0) + 1);
  const undo = [
    later('atMs' in killed ? killed.atMs : LONGEST_LIFE_MS, () => void daemon.kill()),
    ...(diskFull === undefined
      ? []
      : [
          later(diskFull.atMs, () => {
            fillDisk(stage.folder);
            strike('disk full');
          }),
          later(diskFull.atMs + diskFull.forMs, () => freeDisk(stage.folder)),
        ]),
    ...(clockStep === undefined ? [] : [later(clockStep.atMs, () => strike('clock step'))]),
  ];
  await daemon.exited();
  for (const each of undo) each();
  freeDisk(stage.folder);
  const how = 'point' in killed ? `killed at ${killed.point}` : 'killed at an instant';
  strike(how);
  if (!life.tearsWal || !tearWal(stage.database)) return how;
  strike('torn write-ahead log');
  return `${how}, log torn`;
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

function duplicatesOf({ ledgers }: Stage): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { duplicates } of ledgers.values())
    for (const { because = 'no reason' } of duplicates) counts.set(because, (counts.get(because) ?? 0) + 1);
  return counts;
}
