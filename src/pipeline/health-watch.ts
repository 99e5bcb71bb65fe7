import { fingerprint } from '../alerts/fingerprint.ts';
import type { Clock } from '../core/clock.ts';
import type { Problem } from '../core/problem.ts';
import { formatProblem } from '../core/problem.ts';
import { type Store, StoreError, type StoreTx } from '../core/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type LastingFact, openAmong, raiseLasting, rememberLook } from './lasting.ts';
import type { StoreUsage } from './maintain.ts';
import type { OperationalFact } from './operations.ts';
import {
  deadLetters,
  destinationFailing,
  destinationHeld,
  destinationOverBudget,
  reloadRefused,
  storeFull,
  storeNearlyFull,
} from './operations-health.ts';
import type { Audience } from './raise.ts';
import type { Health } from './settle.ts';

const INTERVAL_MS = 30_000;
/** Shorter troubles mend themselves. */
const FAILING_MS = 15 * 60_000;
/** How long ago a dead letter is news. */
const RECENT_MS = 10 * 60_000;
/** Shares of `retention.max_size`: from the one on it is told, down to the other it goes on. */
const NEARLY_FULL = 0.8;
const NO_LONGER = 0.77;

export interface DestinationHealth {
  readonly name: string;
  readonly health: Health;
  /** Deliveries that wait for it. */
  readonly waiting: number;
  /** Why reading waits for it. */
  readonly overBudget?: string;
  /** Dead letters of late: all, those since the last look, and why the newest is one. */
  readonly dead: { readonly recent: number; readonly fresh: number; readonly reason?: string };
}

/** What is known of the daemon at one moment. */
export interface HealthSnapshot {
  readonly destinations: readonly DestinationHealth[];
  /** Absent before the first pruning. */
  readonly store?: StoreUsage;
  /** Why the configuration on disk is not the one that runs; empty where it is. */
  readonly refused: readonly Problem[];
}

type IsOpen = (rule: OperationalFact['rule'], group: OperationalFact['group']) => boolean;

/**
 * What a person must know, as long as it is true. What is told of already goes on until it is over; what is not
 * must have lasted, or be large enough, to be worth a page: so nothing flaps around a bound.
 *
 * @param isOpen whether that was told of and is not over
 */
export function judgeHealth(snapshot: HealthSnapshot, isOpen: IsOpen, nowMs: number): readonly LastingFact[] {
  const { destinations, store, refused } = snapshot;
  const ofDestinations = destinations.flatMap((each) => judgeDestination(each, isOpen, nowMs));
  const unfit = destinations.filter(({ health }) => isUnfit(health, nowMs)).map(({ name }) => name);
  const ofStore = store === undefined ? [] : judgeStore(store, isOpen, nowMs);
  const [first, ...others] = refused;
  const ofReload =
    first === undefined ? [] : [{ fact: reloadRefused(formatProblem(first), others.length, nowMs) }];
  return [...ofDestinations, ...ofStore, ...ofReload].map(({ fact, ...rest }) => ({
    fact: { ...fact, unfit: [...new Set([...unfit, ...(fact.unfit ?? [])])] },
    ...rest,
  }));
}

/** Nobody hears through it now. */
function isUnfit({ heldBecause, failingSinceMs }: Health, nowMs: number): boolean {
  return heldBecause !== undefined || (failingSinceMs !== undefined && nowMs - failingSinceMs >= FAILING_MS);
}

function judgeDestination(
  { name, health, waiting, overBudget, dead }: DestinationHealth,
  isOpen: IsOpen,
  nowMs: number,
): readonly LastingFact[] {
  const group = { destination: name };
  const { heldBecause, failingSinceMs, problem = 'see the log' } = health;
  const facts: LastingFact[] = [];
  // With nothing to send it is not asked whether it still fails.
  if (waiting > 0 && heldBecause !== undefined) {
    facts.push({ fact: destinationHeld(name, heldBecause, waiting, nowMs) });
  } else if (waiting > 0 && failingSinceMs !== undefined) {
    const isLong = nowMs - failingSinceMs >= FAILING_MS;
    if (isLong || isOpen('tocsin-destination-failing', group))
      facts.push({ fact: destinationFailing(name, problem, failingSinceMs, waiting, nowMs) });
  }
  if (overBudget !== undefined) facts.push({ fact: destinationOverBudget(name, overBudget, waiting, nowMs) });
  if (dead.recent > 0) {
    const more = isOpen('tocsin-dead-letters', group) ? dead.fresh : dead.recent;
    facts.push({ fact: deadLetters(name, dead.recent, dead.reason, nowMs), more });
  }
  return facts;
}

function judgeStore(
  { bytes, maxBytes, overBound, filledBy = 'it is being cleared' }: StoreUsage,
  isOpen: IsOpen,
  nowMs: number,
): readonly LastingFact[] {
  const wasNear = isOpen('tocsin-store-nearly-full', {});
  const isNear = bytes >= maxBytes * (wasNear ? NO_LONGER : NEARLY_FULL);
  const near = { fact: storeNearlyFull(bytes, maxBytes, filledBy, nowMs) };
  if (!overBound) return isNear ? [near] : [];
  // One page for what is worse; and no word that the lesser is over.
  return [{ fact: storeFull(bytes, maxBytes, filledBy, nowMs) }, ...(wasNear ? [near] : [])];
}

export interface HealthWatchDeps extends Audience {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly health: (destination: string) => Health;
  /** Why reading waits for a destination. */
  readonly overBudget?: (destination: string) => string | undefined;
  readonly storeUsage: () => StoreUsage | undefined;
  readonly refused: () => readonly Problem[];
  /** A group waits. */
  readonly onRaised: () => void;
}

/** Makes operational alerts of what the daemon knows of itself, and keeps them open while it is so. */
export function createHealthWatch(deps: HealthWatchDeps) {
  const { store, clock, telemetry, onRaised } = deps;
  let lookedMs: number | undefined;

  async function pass(): Promise<number> {
    try {
      const nowMs = clock.now();
      const snapshot = await look(nowMs);
      const opened = await store.transaction((tx) => tell(tx, snapshot, nowMs));
      lookedMs = nowMs;
      await rememberLook(store, nowMs);
      telemetry.alertsOpened(opened);
      if (opened.length > 0) onRaised();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      telemetry.storeFailed(error.kind, error.message);
    }
    return clock.now() + INTERVAL_MS;
  }

  async function tell(tx: StoreTx, snapshot: HealthSnapshot, nowMs: number) {
    const open = await openAmong(tx, candidates(snapshot));
    const facts = judgeHealth(snapshot, (rule, group) => open.has(fingerprint(rule, group)), nowMs);
    return raiseLasting(tx, deps, facts, nowMs);
  }

  async function look(nowMs: number): Promise<HealthSnapshot> {
    const counts = await store.countDeliveries();
    // Of this very millisecond more may come: it is the next look's.
    const { deadLetters: recent } = await store.countInSlice({ fromMs: nowMs - RECENT_MS, toMs: nowMs - 1 });
    const { deadLetters: fresh } =
      lookedMs === undefined || recent.length === 0
        ? { deadLetters: [] }
        : await store.countInSlice({ fromMs: lookedMs, toMs: nowMs - 1 });
    const usage = deps.storeUsage();
    const destinations: DestinationHealth[] = [];
    // Those that a reload took away have dead letters too.
    const names = [...deps.destinations, ...recent.map(({ destination: name }) => ({ name }))];
    for (const name of new Set(names.map((each) => each.name))) {
      const pending = counts.find(({ destination, state }) => destination === name && state === 'pending');
      const overBudget = deps.overBudget?.(name);
      const dead = { recent: countOf(recent, name), fresh: countOf(fresh, name) };
      destinations.push({
        ...{ name, health: deps.health(name), waiting: pending?.count ?? 0 },
        ...(overBudget === undefined ? {} : { overBudget }),
        dead: { ...dead, ...(dead.recent > 0 && (await newestReason(name))) },
      });
    }
    return { destinations, ...(usage && { store: usage }), refused: deps.refused() };
  }

  async function newestReason(destination: string): Promise<{ reason?: string }> {
    const reason = await store.newestDeadReason(destination);
    return reason === undefined ? {} : { reason };
  }

  /** `lookedMs`: when it last looked; undefined before the first look. Wall time. */
  return { pass, lookedMs: () => lookedMs };
}

function countOf(counts: readonly { destination: string; count: number }[], name: string): number {
  return counts.find(({ destination }) => destination === name)?.count ?? 0;
}

function candidates({ destinations }: HealthSnapshot): readonly string[] {
  const rules = ['tocsin-destination-failing', 'tocsin-dead-letters'];
  return [
    fingerprint('tocsin-store-nearly-full', {}),
    ...destinations.flatMap(({ name }) => rules.map((rule) => fingerprint(rule, { destination: name }))),
  ];
}
