import { counted } from '../core/counted.ts';
import { type OperationalFact, WHILE_IT_LASTS_MS } from './operations.ts';

const MEGABYTE = 1e6;

/** @param waiting deliveries that wait for it */
export function destinationHeld(
  destination: string,
  reason: string,
  waiting: number,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-destination-held',
    name: 'Destination held',
    description:
      `Destination ${destination} takes nothing until somebody acts: ${reason}. ` +
      `Nothing is lost: what is for it waits (${waiting} now) and goes out by itself once it takes deliveries again.`,
    severity: 'HIGH',
    ...lastingAbout(destination),
    atMs,
  };
}

export function destinationFailing(
  destination: string,
  reason: string,
  sinceMs: number,
  waiting: number,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-destination-failing',
    name: 'Destination failing',
    description:
      `Destination ${destination} has taken nothing for ${counted(Math.round((atMs - sinceMs) / 60_000), 'minute')}: ${reason}. ` +
      `It is tried again and again and what is for it waits (${waiting} now); see whether it is up and can be reached from here.`,
    severity: 'HIGH',
    ...lastingAbout(destination),
    atMs,
  };
}

/** @param why what waits, of how much, and what to do */
export function destinationOverBudget(
  destination: string,
  why: string,
  waiting: number,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-destination-over-budget',
    name: 'Destination over budget',
    description:
      `No feed is read and attacks go unseen: ${why}. Nothing is lost: ${counted(waiting, 'delivery waits', 'deliveries wait')}, and the feeds are read on ` +
      'from where they were by themselves.',
    severity: 'CRITICAL',
    ...lastingAbout(destination),
    atMs,
  };
}

/** @param reason why the latest of them was given up */
export function deadLetters(
  destination: string,
  count: number,
  reason: string | undefined,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-dead-letters',
    name: 'Dead letters',
    description:
      `Deliveries to destination ${destination} went to the dead letters, ${count} of late${reason === undefined ? '' : `: ${reason}`}. ` +
      `They are kept for a while: "tocsin deliveries list --state dead" shows them, "redrive" sends them again, "discard" gives them up.`,
    severity: 'MEDIUM',
    ...lastingAbout(destination),
    atMs,
  };
}

/** @param filledBy what fills it, and what to do */
export function storeNearlyFull(
  bytes: number,
  maxBytes: number,
  filledBy: string,
  atMs: number,
): OperationalFact {
  return {
    rule: 'tocsin-store-nearly-full',
    name: 'Store nearly full',
    description:
      `The store holds ${megabytes(bytes)} that cannot go yet, of the ${megabytes(maxBytes)} of retention.max_size; once it is full ` +
      `nothing more is read: ${filledBy}.`,
    severity: 'MEDIUM',
    group: {},
    ...LASTING,
    atMs,
  };
}

/** @param filledBy what fills it, and what to do */
export function storeFull(bytes: number, maxBytes: number, filledBy: string, atMs: number): OperationalFact {
  return {
    rule: 'tocsin-store-full',
    name: 'Store full',
    description:
      `The store holds ${megabytes(bytes)} that cannot go yet, more than retention.max_size (${megabytes(maxBytes)}), so no feed is ` +
      `read and attacks go unseen until there is room: ${filledBy}.`,
    severity: 'CRITICAL',
    group: {},
    ...LASTING,
    atMs,
  };
}

/** @param problem what is wrong with it, as it is told everywhere: without a secret */
export function reloadRefused(problem: string, more: number, atMs: number): OperationalFact {
  return {
    rule: 'tocsin-reload-refused',
    name: 'Configuration refused',
    description:
      'The configuration on disk is not the one that runs: it was refused, and a restart would not start with it. ' +
      `${problem}${more > 0 ? ` (and ${more} more)` : ''}. "tocsin check" shows everything; it is loaded by itself once it is right.`,
    severity: 'MEDIUM',
    group: {},
    ...LASTING,
    atMs,
  };
}

const LASTING = { resolveAfterMs: WHILE_IT_LASTS_MS };

function lastingAbout(destination: string) {
  return { ...LASTING, group: { destination }, unfit: [destination] };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MEGABYTE)} MB`;
}
