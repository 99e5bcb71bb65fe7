import { expect } from 'vitest';
import { expectAcknowledged } from '../../src/alerts/group.ts';
import { acknowledge } from '../../src/alerts/lifecycle.ts';
import { urgencyFrom } from '../../src/alerts/urgency.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import { groupOfNotification } from '../../src/core/notification-id.ts';
import { highestSeverity, type Severity } from '../../src/core/severity.ts';
import { type ClaimedDelivery, type Store, type StoredSilence, StoreError } from '../../src/core/store.ts';
import type { FiredRule } from '../../src/pipeline/firing.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { raise } from '../../src/pipeline/raise.ts';
import type { TermSource } from '../../src/rules/index.ts';
import { recordedTelemetry } from './bench.ts';
import { type Receiver, receiverOf } from './contract-receivers.ts';
import {
  actorOf,
  DESTINATIONS,
  INHIBITION,
  nameOf,
  RESOLVE_AFTER,
  ruleOf,
  SILENCES,
  type Step,
  toRoutes,
  type Written,
} from './contract-stage.ts';
import type { Place } from './lifecycle-steps.ts';
import { ManualClock, START_MS } from './manual-clock.ts';

const MATCHES_ARE_TOLD = 'every match is told of once, or in the books of what nobody heard';

/**
 * The real alerting over a real store, and far sides that know nothing of it: they only see what they are sent. What is
 * held against them is the contract of docs/guarantees.md.
 */
export class ContractWorld {
  readonly #clock = new ManualClock();
  readonly #telemetry = recordedTelemetry().telemetry;
  readonly #place: Place;
  readonly #inhibits: boolean;
  readonly #receivers = new Map<string, Receiver>();
  readonly #downUntilMs = new Map<string, number>();
  #store: Store;
  #routes: readonly Written[];
  #notifier: ReturnType<typeof createNotifier>;
  #dueMs: number | undefined;
  #breaksAt = 0;
  #matches = 0;
  #silences = 0;

  constructor(place: Place, routes: readonly Written[], inhibits: boolean) {
    this.#inhibits = inhibits;
    this.#place = place;
    this.#routes = routes;
    this.#store = place.open();
    this.#notifier = this.#start();
    for (const name of Object.keys(DESTINATIONS)) this.#receivers.set(name, receiverOf(name));
  }

  #start() {
    const transaction: Store['transaction'] = (work) => {
      this.#breaksAt -= 1;
      const breaks = this.#breaksAt === 0;
      return this.#store.transaction(async (tx) => {
        const result = await work(tx);
        if (breaks) throw new StoreError('full', 'no space left; free some');
        return result;
      });
    };
    const store = new Proxy(this.#store, {
      get: (target, key) => (key === 'transaction' ? transaction : Reflect.get(target, key).bind(target)),
    });
    return createNotifier({
      ...{ store, clock: this.#clock, telemetry: this.#telemetry, routes: toRoutes(this.#routes) },
      listeners: Object.entries(DESTINATIONS).map(([name, habits]) => ({ name, ...habits })),
      compileSilence: ({ id, startsMs, endsMs, when }: StoredSilence) => ({
        ...{ id, startsMs, endsMs },
        when: {
          matches: (s: TermSource) =>
            SILENCES[when]?.(nameOf(String(s.get('rule')), String(s.get('actor')))) ?? false,
        },
      }),
      ...{ silences: [], inhibitions: this.#inhibits ? [INHIBITION] : [], onEnqueued: () => undefined },
    });
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'matches':
        await this.#raise(step.alerts, step.severity, step.exploit);
        return this.#work();
      case 'ack':
        await this.#acknowledge(step.alert);
        return this.#work();
      case 'silence':
        await this.#silence(step.what, step.seconds);
        return;
      case 'wait':
        return this.#runUntil(this.#clock.now() + step.seconds * 1_000);
      case 'reload':
        this.#routes = step.routes;
        await this.#store.lookAtHeld(this.#clock.now());
        this.#notifier = this.#start();
        return this.#work();
      case 'restart':
        return this.#restart();
      case 'crash':
        this.#breaksAt = step.at;
        await this.#notifier.pass();
        this.#breaksAt = 0;
        return this.#restart();
      case 'outage':
        this.#downUntilMs.set(step.destination, this.#clock.now() + step.seconds * 1_000);
        return;
    }
  }

  async #raise(alerts: readonly string[], severity: Severity, exploit: boolean): Promise<void> {
    const nowMs = this.#clock.now();
    const fired = alerts.map((alert): FiredRule => {
      this.#matches += 1;
      const labels = { rule: ruleOf(alert), actor: actorOf(alert) };
      const terms = new Map<string, string>(Object.entries({ ...labels, severity, source: 'akto' }));
      const successfulExploit = exploit && severity === 'CRITICAL';
      return {
        firing: {
          ...{ fingerprint: alert, rule: labels.rule, ruleName: labels.rule, severity },
          ...{ source: 'akto', feed: 'malicious_events', group: { actor: labels.actor }, labels },
          resolveAfterMs: (RESOLVE_AFTER[labels.rule] ?? 0) * 1_000,
          event: { id: `e${this.#matches}`, timeMs: nowMs, actor: labels.actor, successfulExploit },
        },
        subject: { get: (term) => terms.get(term), nowSeconds: 0 },
      };
    });
    const audience = { routes: toRoutes(this.#routes), destinations: [], instance: 'here' };
    await this.#store.transaction(async (tx) => {
      await raise(tx, audience, fired, nowMs);
    });
  }

  async #acknowledge(alert: string): Promise<void> {
    const by = { atMs: this.#clock.now(), by: 'ann' };
    await this.#store.transaction(async (tx) => {
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
  }

  async #silence(what: string, seconds: number): Promise<void> {
    const startsMs = this.#clock.now();
    this.#silences += 1;
    const silence = { id: `s${this.#silences}`, when: what, reason: 'test', createdBy: 'ann' };
    await this.#store.transaction((tx) =>
      tx.writeSilence({ ...silence, createdMs: startsMs, startsMs, endsMs: startsMs + seconds * 1_000 }),
    );
  }

  async #restart(): Promise<void> {
    if (this.#place.lasts) {
      await this.#store.close();
      this.#store = this.#place.open();
    }
    this.#notifier = this.#start();
    return this.#work();
  }

  /** The notifier looks, and everybody is delivered what is due. */
  async #work(): Promise<void> {
    this.#dueMs = await this.#notifier.pass();
    for (const [name, receiver] of this.#receivers) await this.#deliver(name, receiver);
  }

  async #deliver(name: string, receiver: Receiver): Promise<void> {
    const nowMs = this.#clock.now();
    for (;;) {
      const waiting = await this.#store.listDeliveries({ destination: name, state: 'pending', limit: 1_000 });
      const claimed = await this.#store.claim(name, nowMs, 1_000, 1_000);
      if (claimed.length === 0) return;
      expectOrder(
        claimed,
        waiting.map(({ deliveryId }) => deliveryId),
      );
      const isDown = nowMs < (this.#downUntilMs.get(name) ?? 0);
      if (!isDown) for (const { delivery } of claimed) receiver.take(delivery);
      const retry = { state: 'pending' as const, reason: 'down', dueMs: nowMs + 20_000, counted: true };
      await this.#store.settle(
        claimed.map(({ seq }) => (isDown ? { seq, ...retry } : { seq, state: 'done' as const })),
        nowMs,
      );
    }
  }

  async #runUntil(endMs: number): Promise<void> {
    for (;;) {
      await this.#work();
      const nextMs = await this.#nextMs();
      if (nextMs === undefined || nextMs > endMs) break;
      await this.#clock.advance(Math.max(1, nextMs - this.#clock.now()));
    }
    await this.#clock.advance(endMs - this.#clock.now());
    return this.#work();
  }

  async #nextMs(): Promise<number | undefined> {
    const dues = await Promise.all(
      [...this.#receivers.keys()].map((name) => this.#store.nextDeliveryDueMs(name)),
    );
    const known = [this.#dueMs, ...dues].filter((dueMs) => dueMs !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** Nothing happens any more: everything ends, and everybody who was told of a beginning knows it. */
  async end(): Promise<void> {
    this.#downUntilMs.clear();
    await this.#work();
    for (let round = 0; ; round += 1) {
      const nextMs = await this.#nextMs();
      if (nextMs === undefined) break;
      expect(round, 'it never ends').toBeLessThan(3_000);
      await this.#clock.advance(Math.max(1, nextMs - this.#clock.now()));
      await this.#work();
    }
    for (const [name, { open }] of this.#receivers) expect(open, `still open at ${name}`).toEqual([]);
    const open = await this.#store.listAlerts({ states: ['open', 'acknowledged'], limit: 100 });
    expect(open.map(({ fingerprint }) => fingerprint)).toEqual([]);
    const booked = await this.#store.countUnheard({ fromMs: START_MS, toMs: this.#clock.now() });
    const unheard = booked.reduce((sum, { count }) => sum + count, 0);
    const told = this.#receivers.get('siem')?.matches ?? 0;
    expect(told, MATCHES_ARE_TOLD).toBeLessThanOrEqual(this.#matches);
    expect(told + unheard, MATCHES_ARE_TOLD).toBeGreaterThanOrEqual(this.#matches);
    if (this.#silences === 0 && !this.#inhibits) expect(told, MATCHES_ARE_TOLD).toBe(this.#matches);
  }

  async close(): Promise<void> {
    await this.#store.close();
    this.#place.remove();
  }
}

/** What is more urgent leaves first, unless it follows something of its own group. */
function expectOrder(claimed: readonly ClaimedDelivery[], waiting: readonly string[]): void {
  const all = claimed.map(({ delivery }) => delivery);
  const taken = new Set(all.map(({ id }) => id));
  const behind = new Set(waiting.filter((id) => !taken.has(id)).map(groupOfNotification));
  for (const [index, later] of all.entries()) {
    if (later.kind !== 'alert') continue;
    for (const [before, earlier] of all.slice(0, index).entries()) {
      if (urgency(earlier) >= urgency(later)) continue;
      const group = groupOfNotification(earlier.id);
      // What is behind it in its group pulls it along, and waits until it has been taken.
      if (behind.has(group)) continue;
      const pulls = all
        .slice(before)
        .some((each) => groupOfNotification(each.id) === group && urgency(each) >= urgency(later));
      expect(pulls, `${earlier.id} leaves before ${later.id}, which is worse`).toBe(true);
    }
  }
}

/** How urgent what it tells is, as far as can be seen from outside. */
function urgency(delivery: Delivery): number {
  // What sums up is as urgent as what it sums up, which does not stand on it.
  if (delivery.kind !== 'alert') return Number.POSITIVE_INFINITY;
  const { reason, alerts, isQuiet } = delivery.notification;
  const isAside = isQuiet === true || ['shrank', 'acknowledged', 'resolved'].includes(reason);
  // What is over and known is not urgent, however bad it was; what nobody has heard of is.
  const urgent = alerts.filter(({ state, newCount }) => state !== 'resolved' || newCount > 0);
  const severities = urgent.map(({ severity }) => severity);
  return urgencyFrom(isAside ? 'INFO' : severities.reduce(highestSeverity, 'INFO'));
}
