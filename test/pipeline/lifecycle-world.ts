import { expect } from 'vitest';
import { acknowledge } from '../../src/alerts/lifecycle.ts';
import type { Notification } from '../../src/core/alert.ts';
import type { Digest } from '../../src/core/digest.ts';
import { type Store, type StoredSilence, StoreError, type StoreTx } from '../../src/core/store.ts';
import type { FiredRule } from '../../src/pipeline/firing.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { raise } from '../../src/pipeline/raise.ts';
import type { TermSource } from '../../src/rules/index.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { recordedTelemetry } from './bench.ts';
import type { How, Verdict } from './lifecycle-happenings.ts';
import { Model, type ModelRoute } from './lifecycle-model.ts';
import {
  actorOf,
  groupOf,
  INHIBITOR,
  MODEL_ROUTES,
  nameOf,
  RESOLVE_AFTER,
  ROUTES,
  ruleOf,
  SILENCES,
  SLACK,
  TICK,
} from './lifecycle-stage.ts';
import type { Place, Step } from './lifecycle-steps.ts';
import { ManualClock, START_MS } from './manual-clock.ts';

interface Reported {
  readonly notification: Notification;
  readonly spread: readonly string[];
}

/** How it was told, by what became of it. */
const HOW: Readonly<Record<string, How>> = {
  sent: 'message',
  was_muted: 'summary',
  returned: 'summary',
  not_for_it: 'quietly',
};

/** One summary a minute at most. Seconds. */
const SUMMARY_INTERVAL = 60;

/** The real thing: raise, notifier and store; beside it the model, that is told what has happened and is asked what must. */
export class World {
  readonly #clock = new ManualClock();
  readonly #model = new Model(
    MODEL_ROUTES,
    (alert) => RESOLVE_AFTER[ruleOf(alert)] ?? 0,
    (alert) => (ruleOf(alert) === 'r2' ? nameOf(INHIBITOR, actorOf(alert)) : undefined),
  );
  /** What was made of groups since the last look, and what became of it. */
  readonly #notified: { readonly id: string; readonly spread: readonly string[] }[] = [];
  readonly #written = new Map<string, Notification>();
  readonly #telemetry: Telemetry = {
    ...recordedTelemetry().telemetry,
    notified: ({ id }, spread) => void this.#notified.push({ id, spread }),
  };
  readonly #place: Place;
  #store: Store;
  #breaksAt = 0;
  #notifier: ReturnType<typeof createNotifier>;
  #dueMs: number | undefined;
  #isEnqueued = false;
  #events = 0;
  #unheard = 0;
  #told = 0;
  readonly #silenceIds: string[] = [];
  readonly #tellableSince = new Map<string, number>();
  /** Matches that wait to be summed up, by destination; and when it had its last summary. */
  readonly #owed = new Map<string, number>();
  readonly #summedUpAt = new Map<string, number>();

  constructor(place: Place) {
    this.#place = place;
    this.#store = place.open();
    this.#notifier = this.#start();
  }

  get #at(): number {
    return (this.#clock.now() - START_MS) / 1_000;
  }

  #start() {
    const transaction: Store['transaction'] = (work) => {
      this.#breaksAt -= 1;
      const breaks = this.#breaksAt === 0;
      return this.#store.transaction(async (tx) => {
        const result = await work(this.#reading(tx));
        if (breaks) throw new StoreError('full', 'no space left; free some');
        return result;
      });
    };
    const store = new Proxy(this.#store, {
      get: (target, key) => (key === 'transaction' ? transaction : Reflect.get(target, key).bind(target)),
    });
    return createNotifier({
      ...{ store, clock: this.#clock, telemetry: this.#telemetry, routes: ROUTES, silences: [] },
      listeners: ['oncall', 'chat', 'mail'].map((name) => ({ name })),
      compileSilence: ({ id, startsMs, endsMs, when }: StoredSilence) => ({
        ...{ id, startsMs, endsMs },
        when: {
          matches: (s: TermSource) =>
            SILENCES[when]?.(nameOf(String(s.get('rule')), String(s.get('actor')))) ?? false,
        },
      }),
      inhibitions: [
        {
          name: 'worse',
          source: { matches: (s) => s.get('rule') === INHIBITOR },
          target: { matches: (s) => s.get('rule') === 'r2' },
          equal: ['actor'],
        },
      ],
      onEnqueued: () => {
        this.#isEnqueued = true;
      },
    });
  }

  /** Reads along what is written down. */
  #reading(tx: StoreTx): StoreTx {
    const insertNotification: StoreTx['insertNotification'] = async (notification) => {
      this.#written.set(notification.id, notification);
      await tx.insertNotification(notification);
    };
    return new Proxy(tx, {
      get: (target, key) =>
        key === 'insertNotification' ? insertNotification : Reflect.get(target, key).bind(target),
    });
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'matches':
        if (step.breaks) await expect(this.#raise(step, true)).rejects.toThrow('no space');
        await this.#raise(step, false);
        return this.look();
      case 'update':
        if (this.#model.alert(step.alert).episode === 0) return;
        await this.#raise(step, false);
        return this.look();
      case 'ack':
        return this.#acknowledge(step.alert);
      case 'silence':
        return this.#silence(step.what, step.seconds);
      case 'expire':
        return this.#expire();
      case 'sleep':
        await this.#clock.advance(step.seconds * 1_000);
        return this.look();
      case 'wait':
        for (let second = 0; second < step.seconds; second += TICK) await this.#tick();
        return;
      case 'restart':
        return this.#restart();
      case 'crash':
        this.#breaksAt = step.at;
        await this.#notifier.pass();
        this.#breaksAt = 0;
        await this.#restart();
        return this.look();
    }
  }

  async #raise(step: Extract<Step, { kind: 'matches' | 'update' }>, breaks: boolean): Promise<void> {
    const nowMs = this.#clock.now();
    const { severity, isExploit } = step;
    const isUpdate = step.kind === 'update';
    const alerts = isUpdate ? [step.alert] : step.alerts;
    const fired = alerts.map((alert): FiredRule => {
      this.#events += 1;
      const labels = { rule: ruleOf(alert), actor: actorOf(alert) };
      return {
        firing: {
          ...{
            fingerprint: alert,
            rule: labels.rule,
            ruleName: labels.rule,
            severity,
            source: 'akto',
            feed: 'malicious_events',
          },
          ...{
            group: { actor: labels.actor },
            labels,
            resolveAfterMs: (RESOLVE_AFTER[labels.rule] ?? 0) * 1_000,
          },
          event: {
            ...{ id: `e${this.#events}`, timeMs: nowMs, actor: labels.actor },
            ...(isExploit ? { successfulExploit: true } : {}),
          },
        },
        subject: { get: (term) => new Map(Object.entries(labels)).get(term), nowSeconds: 0 },
        ...(isUpdate ? { isUpdate } : {}),
      };
    });
    await this.#store.transaction(async (tx) => {
      await raise(tx, { routes: ROUTES, destinations: [] }, fired, nowMs);
      if (breaks) throw new StoreError('full', 'no space left; free some');
    });
    const kind = isUpdate ? 'update' : 'match';
    for (const alert of alerts) this.#model.happened.push({ kind, at: this.#at, alert, severity, isExploit });
  }

  async #acknowledge(alert: string): Promise<void> {
    const by = { atMs: this.#clock.now(), by: 'ann' };
    await this.#store.transaction(async (tx) => {
      const [known] = await tx.readAlerts([alert]);
      const verdict = known === undefined ? undefined : acknowledge(known, by);
      if (verdict?.reason === 'acknowledged') await tx.writeAlerts([verdict.alert], by.atMs);
    });
    this.#model.happened.push({ kind: 'ack', at: this.#at, alert });
  }

  async #silence(what: string, seconds: number): Promise<void> {
    const hides = SILENCES[what] ?? (() => false);
    const id = `s${this.#silenceIds.length}`;
    this.#silenceIds.push(id);
    const startsMs = this.#clock.now();
    await this.#store.transaction((tx) =>
      tx.writeSilence({
        ...{ id, when: what, reason: 'test', createdBy: 'ann', createdMs: startsMs, startsMs },
        endsMs: startsMs + seconds * 1_000,
      }),
    );
    this.#model.silences.push({ hides, from: this.#at, until: this.#at + seconds });
  }

  async #expire(): Promise<void> {
    const index = this.#model.silences.findLastIndex(({ until }) => until > this.#at);
    const silence = this.#model.silences[index];
    if (silence === undefined) return;
    expect(await this.#store.expireSilence(this.#silenceIds[index] ?? '', this.#clock.now())).toBe(true);
    silence.until = this.#at;
    return this.look();
  }

  async #restart(): Promise<void> {
    if (this.#place.lasts) {
      await this.#store.close();
      this.#store = this.#place.open();
    }
    this.#notifier = this.#start();
  }

  /** A look where one is due; and a check that nothing was due where none is. */
  async #tick(): Promise<void> {
    await this.#clock.advance(TICK * 1_000);
    if (this.#dueMs !== undefined && this.#dueMs <= this.#clock.now()) return this.look();
    for (const { to } of MODEL_ROUTES)
      expect(this.#isSummaryDue(to), `${to} is to be told in a summary at ${this.#at}`).toBe(false);
    for (const { route: each, group } of this.#model.groups())
      this.#expectNothing(group, this.#model.verdict(each, group, this.#at));
  }

  #expectNothing(group: string, verdict: Verdict | 'close' | undefined): void {
    if (verdict === 'close') throw new Error(`${group} is to be closed at ${this.#at}`);
    if (verdict === undefined || verdict.isEarly) return void this.#tellableSince.delete(group);
    const since = this.#tellableSince.get(group) ?? this.#at;
    this.#tellableSince.set(group, since);
    const slack = group.startsWith('page') && group !== 'page r2' ? 0 : SLACK;
    expect(this.#at - since, `${group} is told as ${verdict.reason} at ${since}, not later`).toBeLessThan(
      slack || 1,
    );
  }

  /** The notifier looks; whatever it told must be what the model says, and whatever the model says must be told. */
  async look(): Promise<void> {
    this.#dueMs = await this.#notifier.pass();
    const told = await this.#take();
    this.#model.happened.push({ kind: 'look', at: this.#at });
    const verdicts = this.#model.groups().map((each) => ({
      ...each,
      verdict: this.#model.verdict(each.route, each.group, this.#at),
    }));
    for (const { route: each, group, verdict } of verdicts) {
      const reported = told.get(group);
      told.delete(group);
      if (reported !== undefined) this.#compare(each, group, reported, verdict);
      else if (verdict === 'close') this.#close(each, group);
      else this.#expectNothing(group, verdict);
    }
    expect([...told.keys()], 'told of groups that nobody knows').toEqual([]);
    await this.#compareAlerts();
  }

  #compare(
    each: ModelRoute,
    group: string,
    { notification, spread }: Reported,
    verdict: Verdict | 'close' | undefined,
  ): void {
    const { reason, severity, newCount, alerts } = notification;
    const counts = Object.fromEntries(alerts.map((alert) => [alert.fingerprint, alert.newCount]));
    const how = spread.map((name) => HOW[name])[0];
    const foretold: Partial<Verdict> = verdict === 'close' || verdict === undefined ? {} : verdict;
    const { isEarly: _when, isFace = false, ...expected } = foretold;
    expect({ group, reason, how, severity, counts }, `at ${this.#at}`).toEqual(expected);
    expect(alerts.reduce((sum, alert) => sum + alert.newCount, 0)).toBe(newCount);
    this.#tellableSince.delete(group);
    this.#told += newCount;
    const closes = this.#model.isOver(each, group) && (reason === 'resolved' || !each.sendResolved);
    const names = isFace ? [] : alerts.map(({ fingerprint }) => fingerprint);
    this.#model.happened.push({
      ...{ kind: 'told', at: this.#at, group, reason, how: how ?? 'message', alerts: names },
    });
    if (closes && how !== 'quietly') this.#close(each, group);
  }

  #close(each: ModelRoute, group: string): void {
    this.#unheard += this.#model.members(each, group).reduce((sum, { untold }) => sum + untold, 0);
    this.#model.happened.push({ kind: 'closed', at: this.#at, group });
    this.#tellableSince.delete(group);
  }

  /** What was made of groups since the last time, by group; each group once, and what is a message at its destination. */
  async #take(): Promise<Map<string, Reported>> {
    const told = new Map<string, Reported>();
    for (const { id, spread } of this.#notified.splice(0)) {
      const notification = this.#written.get(id);
      if (notification === undefined) throw new Error(`${id} was told of and not written down`);
      const group = groupOf(notification);
      expect(told.has(group), `${group} is told twice at ${this.#at}`).toBe(false);
      told.set(group, { notification, spread });
    }
    for (const { notification, spread } of told.values()) {
      const to = MODEL_ROUTES.find(({ name }) => name === notification.route)?.to ?? '';
      if (spread.some((name) => HOW[name] === 'summary'))
        this.#owed.set(to, (this.#owed.get(to) ?? 0) + notification.newCount);
    }
    const sent = [...told.values()].filter(({ spread }) => spread.includes('sent'));
    const ids = sent.map(({ notification }) => notification.id);
    expect((await this.#receive()).sort(), `messages at ${this.#at}`).toEqual(ids.sort());
    return told;
  }

  #isSummaryDue(to: string): boolean {
    const last = this.#summedUpAt.get(to);
    return this.#owed.has(to) && (last === undefined || this.#at >= last + SUMMARY_INTERVAL);
  }

  /** What had no message is summed up at once, once a minute, to the last match. */
  #compareSummaries(to: string, digests: readonly Digest[]): void {
    const matches = digests.map(({ totals }) => totals.find(({ name }) => name === 'Matches')?.count);
    const expected = this.#isSummaryDue(to) ? [this.#owed.get(to)] : [];
    expect(matches, `summaries at ${to} at ${this.#at}`).toEqual(expected);
    if (expected.length === 0) return;
    this.#owed.delete(to);
    this.#summedUpAt.set(to, this.#at);
  }

  /** @returns the ids of notifications that destinations were sent */
  async #receive(): Promise<string[]> {
    const ids: string[] = [];
    for (const { to } of MODEL_ROUTES) {
      const claimed = this.#isEnqueued ? await this.#store.claim(to, this.#clock.now(), 1, 1_000) : [];
      const digests = claimed.flatMap(({ delivery }) =>
        delivery.kind === 'digest' ? [delivery.digest] : [],
      );
      ids.push(...claimed.flatMap(({ delivery }) => (delivery.kind === 'alert' ? [delivery.id] : [])));
      this.#compareSummaries(to, digests);
      await this.#store.settle(
        claimed.map(({ seq }) => ({ seq, state: 'done' as const })),
        this.#clock.now(),
      );
    }
    this.#isEnqueued = false;
    return ids;
  }

  async #compareAlerts(): Promise<void> {
    for (const real of await this.#store.listAlerts({ limit: 100 })) {
      const { isOpen, isAcked, episode, severity } = this.#model.alert(real.fingerprint);
      const state = isAcked ? 'acknowledged' : isOpen ? 'open' : 'resolved';
      expect({
        alert: real.fingerprint,
        state: real.state,
        episode: real.episode,
        severity: real.severity,
      }).toEqual({
        ...{ alert: real.fingerprint, state, episode, severity },
      });
    }
  }

  /** Nothing happens any more: everything ends, and the books are balanced. */
  async end(): Promise<void> {
    await this.look();
    for (let round = 0; this.#dueMs !== undefined; round += 1) {
      expect(round, 'it never ends').toBeLessThan(1_000);
      expect(this.#dueMs, 'a look that changes nothing').toBeGreaterThan(this.#clock.now());
      await this.#clock.advance(this.#dueMs - this.#clock.now());
      await this.look();
    }
    const matches = this.#model.happened.flatMap((each) => (each.kind === 'match' ? [each.alert] : []));
    const routed = matches.reduce(
      (sum, alert) => sum + MODEL_ROUTES.filter(({ takes }) => takes(alert)).length,
      0,
    );
    const booked = await this.#store.countUnheard({ fromMs: START_MS, toMs: this.#clock.now() });
    const unheard = booked.reduce((sum, { count }) => sum + count, 0);
    expect([...this.#owed], 'not summed up').toEqual([]);
    expect(unheard, 'unheard').toBe(this.#unheard);
    expect(this.#told + unheard, 'every match is told of or in the books').toBe(routed);
  }

  async close(): Promise<void> {
    await this.#store.close();
    this.#place.remove();
  }
}
