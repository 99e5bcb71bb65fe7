import type { Delivery, Outcome } from '../../src/core/delivery.ts';
import type { Event } from '../../src/core/event.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { type Bench, event, listening, page, reader, recording, rules } from './bench.ts';
import { START_MS } from './manual-clock.ts';
import { wholeIngest } from './whole-ingest.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

const RULES = rules(
  'id: attack\nfilter: { filter_id: { eq: Attack } }\ninfo: { severity: HIGH }\ngroup_by: [actor]',
);
/** As Slack's, where nothing is configured. */
const RATE = { perMinute: 4, burst: 5 };

/** What a far side took, and when. */
export interface Message {
  readonly atMs: number;
  readonly delivery: Delivery;
}

export interface Storming {
  /** What people were sent. */
  readonly oncall: readonly Message[];
  /** What a machine was sent that takes every notification. */
  readonly soar: readonly Message[];
  /** Ids of the events that the SIEM took. */
  readonly siem: ReadonlySet<string>;
  take(events: readonly Event[]): Promise<void>;
  /** What the far side of `oncall` answers from now on. */
  answer(outcome: Outcome): void;
  /** Lets time pass until then, stopping where something is due. */
  runUntil(endMs: number): Promise<void>;
  /** Until nothing is due any more. */
  drain(): Promise<void>;
}

/** A daemon's loops, driven by hand: people who want few messages, a machine that takes all, and a SIEM. */
export function storming(
  { store, clock, telemetry }: Bench,
  groupBy: readonly string[] = ['actor'],
): Storming {
  const deps = { store, clock, telemetry };
  const route = {
    ...{ name: 'all', to: ['oncall', 'soar'], continue: false, groupBy, sendResolved: true },
    timing: { groupWaitMs: 10_000, groupIntervalMs: 5 * MINUTE_MS, repeatIntervalMs: 4 * HOUR_MS },
    speaking: { active: [], mute: [] },
  };
  const ingest = wholeIngest({
    ...{ ...deps, ruleSet: RULES, routes: [route], resolveAfterMs: HOUR_MS },
    destinations: [{ name: 'siem', send: new Set(['events']) }],
    ...{ storeFull: () => undefined, onCommitted: () => undefined },
  });
  const notifier = createNotifier({
    ...{ ...deps, ...listening([], [route]) },
    listeners: [{ name: 'oncall', rate: RATE }, { name: 'soar' }],
    onEnqueued: () => undefined,
  });
  const received = { oncall: [] as Message[], soar: [] as Message[], siem: new Set<string>() };
  let answer: Outcome = { kind: 'done' };
  const redactor = { delivery: (delivery: Delivery) => delivery, text: (text: string) => text };
  const deliverers = [
    recording('oncall', (batch) => {
      if (answer.kind === 'done')
        received.oncall.push(...batch.map((delivery) => ({ atMs: clock.now(), delivery })));
      return answer;
    }),
    recording(
      'soar',
      (batch) => {
        received.soar.push(...batch.map((delivery) => ({ atMs: clock.now(), delivery })));
        return { kind: 'done' };
      },
      { maxItems: 1_000 },
    ),
    recording(
      'siem',
      (batch) => {
        for (const { id } of batch) received.siem.add(id);
        return { kind: 'done' };
      },
      { maxItems: 1_000 },
    ),
  ].map((destination) => createDeliverer({ ...deps, destination, redactor, random: () => 0.5 }));

  /** Everything that is due now. @returns when something is due next */
  async function work(): Promise<number | undefined> {
    const { signal } = new AbortController();
    for (;;) {
      const due = [await notifier.pass()];
      for (const deliverer of deliverers) due.push(await deliverer.pass(signal));
      const next = Math.min(...due.filter((at) => at !== undefined));
      if (next > clock.now()) return Number.isFinite(next) ? next : undefined;
    }
  }

  return {
    ...received,
    take: (events) => ingest(reader(), page(events)),
    answer: (outcome) => {
      answer = outcome;
    },
    async runUntil(endMs) {
      for (let dueMs = await work(); dueMs !== undefined && dueMs <= endMs; dueMs = await work())
        await clock.advance(dueMs - clock.now());
      await clock.advance(endMs - clock.now());
    },
    async drain() {
      for (let dueMs = await work(); dueMs !== undefined; dueMs = await work())
        await clock.advance(dueMs - clock.now());
    },
  };
}

/** A match of the one rule, by one of so many actors. `atS`: event time, seconds after the start. */
export const attack = (index: number, actors: number, atS: number): Event => {
  const actor = index % actors;
  return event(
    `e${index}`,
    { filterId: 'Attack', actor: `203.${actor >> 16}.${(actor >> 8) & 255}.${actor & 255}` },
    atS,
  );
};

/** Matches that a message counts. */
export function matchesOf({ delivery }: Message): number {
  if (delivery.kind === 'alert') return delivery.notification.newCount;
  if (delivery.kind !== 'digest') return 0;
  return delivery.digest.totals.find(({ name }) => name === 'Matches')?.count ?? 0;
}

export const sum = (messages: readonly Message[]): number =>
  messages.reduce((total, message) => total + matchesOf(message), 0);

/** The most messages in any sixty seconds. */
export function busiestMinute(messages: readonly Message[]): number {
  const within = (from: Message): number =>
    messages.filter(({ atMs }) => atMs >= from.atMs && atMs < from.atMs + MINUTE_MS).length;
  return Math.max(0, ...messages.map(within));
}

/** Messages by the minute in which they came. */
export function perMinute(messages: readonly Message[]): Readonly<Record<string, number>> {
  const minutes = messages.map(({ atMs }) => Math.floor((atMs - START_MS) / MINUTE_MS));
  return Object.fromEntries(
    [...new Set(minutes)].map((minute) => [minute, minutes.filter((each) => each === minute).length]),
  );
}
