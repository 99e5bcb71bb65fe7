import { expectAcknowledged } from '../../src/alerts/group.ts';
import type { TimeInterval } from '../../src/alerts/intervals.ts';
import { acknowledge } from '../../src/alerts/lifecycle.ts';
import type { Route } from '../../src/alerts/route.ts';
import type { Notification, NotificationReason } from '../../src/core/alert.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { Digest } from '../../src/core/digest.ts';
import type { Severity } from '../../src/core/severity.ts';
import type { Store, StoredSilence } from '../../src/core/store.ts';
import type { FiredRule } from '../../src/pipeline/firing.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { raise } from '../../src/pipeline/raise.ts';
import type { Listener } from '../../src/pipeline/spread.ts';
import type { TermSource } from '../../src/rules/index.ts';
import { openInMemory, recordedTelemetry } from './bench.ts';
import { ManualClock, START_MS } from './manual-clock.ts';

/** What was sent to a destination, and when: seconds since the start. */
export interface Sent {
  readonly at: number;
  readonly delivery: Delivery;
}

export interface Matched {
  readonly severity?: Severity;
  readonly exploit?: boolean;
  /** How old its event is. Seconds. */
  readonly age?: number;
  readonly isLookBack?: boolean;
}

/** One destination of each habit, with the rate that chats have where nothing is configured. */
const RATE = { perMinute: 4, burst: 5 };
const LISTENERS: readonly Listener[] = [
  { name: 'list', hearing: 'list' },
  { name: 'pager', hearing: 'incidents' },
  { name: 'manager', hearing: 'incidents' },
  { name: 'bot', hearing: 'edits', rate: RATE },
  { name: 'chat', rate: RATE },
];

export const RESOLVE_AFTER_S = 600;

export const route = (over: Partial<Route<TermSource>> = {}): Route<TermSource> => ({
  ...{ name: 'all', to: ['pager'], continue: false, sendResolved: true },
  timing: { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
  speaking: { active: [], mute: [] },
  ...over,
});

export const severe = {
  matches: (subject: TermSource) => /HIGH|CRITICAL/.test(String(subject.get('severity'))),
};

/** From one minute of the first day to another. */
export const muteTime = (from: number, to: number): TimeInterval => ({
  ...{ name: 'night', timeZone: 'UTC', times: [{ from, to }] },
});

/** Alerting over a real store on a clock that is moved by hand; everything that leaves is written down. */
export class Scene {
  readonly clock = new ManualClock();
  readonly store: Store = openInMemory();
  readonly #telemetry = recordedTelemetry().telemetry;
  readonly #sent = new Map<string, Sent[]>();
  readonly #down = new Set<string>();
  readonly #instance: string;
  #routes: readonly Route<TermSource>[];
  #listeners = LISTENERS;
  #notifier: ReturnType<typeof createNotifier>;
  #dueMs: number | undefined;
  #events = 0;

  constructor(routes: readonly Route<TermSource>[], instance = 'here') {
    this.#routes = routes;
    this.#instance = instance;
    this.#notifier = this.#start();
  }

  #start() {
    return createNotifier({
      ...{ store: this.store, clock: this.clock, telemetry: this.#telemetry, routes: this.#routes },
      listeners: this.#listeners,
      compileSilence: ({ id, startsMs, endsMs, when }: StoredSilence) => ({
        ...{ id, startsMs, endsMs },
        when: { matches: (subject: TermSource) => when === '*' || subject.get('actor') === when },
      }),
      ...{ silences: [], inhibitions: [], onEnqueued: () => undefined },
    });
  }

  /** `rule/actor`, each a match. */
  async match(alerts: readonly string[], matched: Matched = {}): Promise<void> {
    const { severity = 'HIGH', exploit = false, age = 0, isLookBack = false } = matched;
    const nowMs = this.clock.now();
    const fired = alerts.map((alert): FiredRule => {
      this.#events += 1;
      const [rule = '', actor = ''] = alert.split('/');
      const labels = { rule, actor };
      const terms = new Map<string, string>(Object.entries({ ...labels, severity, source: 'akto' }));
      return {
        firing: {
          ...{ fingerprint: alert, rule, ruleName: rule, severity, source: 'akto', feed: 'malicious_events' },
          ...{ group: { actor }, labels, resolveAfterMs: RESOLVE_AFTER_S * 1_000 },
          event: {
            ...{ id: `e${this.#events}`, timeMs: nowMs - age * 1_000, actor },
            ...(exploit ? { successfulExploit: true } : {}),
          },
        },
        subject: { get: (term) => terms.get(term), nowSeconds: 0 },
      };
    });
    const audience = { routes: this.#routes, destinations: [], instance: this.#instance };
    await this.store.transaction(async (tx) => {
      await raise(tx, audience, fired, nowMs, { shownMs: nowMs, isLookBack });
    });
    await this.#work();
  }

  async reload(routes: readonly Route<TermSource>[], without: readonly string[] = []): Promise<void> {
    this.#routes = routes;
    this.#listeners = LISTENERS.filter(({ name }) => !without.includes(name));
    const names = this.#listeners.map(({ name }) => name);
    await this.store.abandonOthers(names, this.clock.now());
    await this.store.lookAtHeld(this.clock.now());
    this.#notifier = this.#start();
    await this.#work();
  }

  async silence(actor: string, seconds: number): Promise<void> {
    const startsMs = this.clock.now();
    const silence = {
      id: `s${startsMs}`,
      when: actor,
      reason: 'test',
      createdBy: 'ann',
      createdMs: startsMs,
    };
    await this.store.transaction((tx) =>
      tx.writeSilence({ ...silence, startsMs, endsMs: startsMs + seconds * 1_000 }),
    );
  }

  async acknowledge(alert: string): Promise<void> {
    const by = { atMs: this.clock.now(), by: 'ann' };
    await this.store.transaction(async (tx) => {
      const [known] = await tx.readAlerts([alert]);
      const verdict = known === undefined ? undefined : acknowledge(known, by);
      if (verdict?.reason !== 'acknowledged') return;
      await tx.writeAlerts([verdict.alert], by.atMs);
      const groups = await tx.groupsOf(alert);
      await tx.writeGroups(
        groups.map((group) => expectAcknowledged(group, by.atMs)),
        by.atMs,
      );
    });
    await this.#work();
  }

  /** What a destination is sent waits, until it is up again. */
  down(name: string): void {
    this.#down.add(name);
  }

  up(name: string): void {
    this.#down.delete(name);
  }

  /** Lets time pass, stopping where something is due. */
  async run(seconds: number): Promise<void> {
    const endMs = this.clock.now() + seconds * 1_000;
    for (;;) {
      await this.#work();
      const dues = await Promise.all(
        this.#listeners.map(({ name }) =>
          this.#down.has(name) ? undefined : this.store.nextDeliveryDueMs(name),
        ),
      );
      const nextMs = Math.min(...[this.#dueMs, ...dues].filter((dueMs) => dueMs !== undefined));
      if (!(nextMs <= endMs)) break;
      await this.clock.advance(Math.max(1, nextMs - this.clock.now()));
    }
    await this.clock.advance(endMs - this.clock.now());
    await this.#work();
  }

  async #work(): Promise<void> {
    this.#dueMs = await this.#notifier.pass();
    for (const { name } of this.#listeners) {
      if (this.#down.has(name)) continue;
      for (;;) {
        const claimed = await this.store.claim(name, this.clock.now(), 1, 1_000);
        if (claimed.length === 0) break;
        const at = (this.clock.now() - START_MS) / 1_000;
        this.#sent.set(name, [
          ...(this.#sent.get(name) ?? []),
          ...claimed.map(({ delivery }) => ({ at, delivery })),
        ]);
        await this.store.settle(
          claimed.map(({ seq }) => ({ seq, state: 'done' as const })),
          this.clock.now(),
        );
      }
    }
  }

  notifications(name: string): readonly Notification[] {
    return this.sent(name).flatMap(({ delivery }) =>
      delivery.kind === 'alert' ? [delivery.notification] : [],
    );
  }

  digests(name: string): readonly Digest[] {
    return this.sent(name).flatMap(({ delivery }) => (delivery.kind === 'digest' ? [delivery.digest] : []));
  }

  sent(name: string): readonly Sent[] {
    return this.#sent.get(name) ?? [];
  }

  reasons(name: string): readonly NotificationReason[] {
    return this.notifications(name).map(({ reason }) => reason);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
