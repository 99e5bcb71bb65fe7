import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Destination } from '../../src/core/delivery.ts';
import type { Event } from '../../src/core/event.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Fault } from '../../src/demo/receivers/faults.ts';
import {
  startHecReceiver,
  startSlackReceiver,
  startSyslogReceiver,
  startWebhookReceiver,
} from '../../src/demo/receivers/index.ts';
import { fileConfig } from '../../src/destinations/file/config.ts';
import { fileDestination } from '../../src/destinations/file/index.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { slackDestination } from '../../src/destinations/slack/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { syslogConfig } from '../../src/destinations/syslog/config.ts';
import { syslogDestination } from '../../src/destinations/syslog/index.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import { type Bench, listening, page, reader, rules } from '../pipeline/bench.ts';
import { wholeIngest } from '../pipeline/whole-ingest.ts';
import { startPagerDuty } from './webhook-stands.ts';

const RULES = rules(
  'id: attack\nfilter: { filter_id: { eq: Attack } }\ninfo: { severity: HIGH }\ngroup_by: [actor]',
  'id: probe\nfilter: { filter_id: { eq: Probe } }\ninfo: { severity: LOW }\ngroup_by: [actor]',
);
const MINUTE_MS = 60_000;
const ROUTING_KEY = 'R'.repeat(32);
const ROUTE = {
  ...{ name: 'all', to: ['oncall', 'pager'], continue: false, groupBy: ['rule'], sendResolved: true },
  timing: { groupWaitMs: 10_000, groupIntervalMs: 5 * MINUTE_MS, repeatIntervalMs: 240 * MINUTE_MS },
  speaking: { active: [], mute: [] },
};

/** What one destination got, as ids, repeats and all, in the order in which it came. */
export type Arrivals = Record<'hec' | 'hook' | 'syslog' | 'file', () => readonly string[]>;

export interface Everywhere {
  /** Of events. */
  readonly arrivals: Arrivals;
  /** What people read. */
  readonly slack: () => readonly string[];
  /** Every event that the pager took, repeats too. */
  readonly pager: () => readonly JsonObject[];
  /** Takes every far side away, or brings all back. */
  away(isAway: boolean): void;
  take(events: readonly Event[]): Promise<void>;
  /** Lets simulated time pass until then, stopping where something is due. */
  runUntil(endMs: number): Promise<void>;
  /** Until nothing is due any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** A daemon's loops on simulated time, with a real destination of every kind and a real far side for each. */
export async function everywhere({ store, clock, telemetry, folder }: Bench): Promise<Everywhere> {
  let isAway = false;
  const faults = (): Fault | undefined => (isAway ? { kind: 'reset-before' } : undefined);
  const hook: string[] = [];
  const syslog: string[] = [];
  const hec = await startHecReceiver({ faults });
  const soar = await startWebhookReceiver({
    faults,
    onWebhook: ({ payload }) => void hook.push(idIn(payload)),
  });
  const pager = await startPagerDuty(ROUTING_KEY, { faults });
  const chat = await startSlackReceiver({ faults });
  const logs = await startSyslogReceiver({
    faults: () => (isAway ? 'reset-before' : undefined),
    onMessage: ({ id }) => void syslog.push(id),
  });
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const path = join(disk, 'events.jsonl');

  // Its waits are for far sides that are real.
  const near: Clock = { now: clock.now, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 2), signal) };
  const deps = { clock: near, random: () => 0.5 };
  const memory = { get: async () => undefined, set: async () => undefined };
  const destinations: readonly Destination[] = [
    splunkHecDestination.create(
      splunkHecConfig.parse({
        name: 'hec',
        type: 'splunk_hec',
        url: hec.url,
        token: hec.token,
        send: ['events'],
      }),
      { ...deps, memory },
    ),
    webhookDestination.create(
      webhookConfig.parse({ name: 'hook', type: 'webhook', url: soar.url, send: ['events'] }),
      deps,
    ),
    syslogDestination.create(
      syslogConfig.parse({
        ...{ name: 'syslog', type: 'syslog', host: '127.0.0.1', port: logs.port, transport: 'tcp' },
        ...{ send: ['events'], confirm_after: '5ms' },
      }),
      deps,
    ),
    fileDestination.create(fileConfig.parse({ name: 'file', type: 'file', path, send: ['events'] }), deps),
    slackDestination.create(slackConfig.parse({ name: 'oncall', type: 'slack', url: chat.url }), deps),
    webhookDestination.create(
      webhookConfig.parse({
        ...{ name: 'pager', type: 'webhook', url: pager.origin, format: 'pagerduty' },
        routing_key: ROUTING_KEY,
      }),
      deps,
    ),
  ];
  const shared = { store, clock, telemetry };
  const ingest = wholeIngest({
    ...{ ...shared, ruleSet: RULES, routes: [ROUTE], resolveAfterMs: 60 * MINUTE_MS, destinations },
    ...{ storeFull: () => undefined, onCommitted: () => undefined },
  });
  const notifier = createNotifier({
    ...{ ...shared, ...listening([], [ROUTE]), onEnqueued: () => undefined },
    listeners: destinations
      .filter(({ send }) => send.has('alerts'))
      .map(({ name, rate }) => ({ name, ...(rate === undefined ? {} : { rate }) })),
  });
  const redactor = createRedactor();
  const deliverers = destinations.map((destination) =>
    createDeliverer({ ...shared, destination, redactor, random: () => 0.5 }),
  );
  const { signal } = new AbortController();

  /** Everything that is due now. @returns when something is due next */
  async function work(): Promise<number | undefined> {
    for (;;) {
      const due = [await notifier.pass()];
      const each = deliverers.map(async (deliverer) => {
        const nextMs = await deliverer.pass(signal);
        await deliverer.ended();
        return nextMs;
      });
      due.push(...(await Promise.all(each)));
      const next = Math.min(...due.filter((at) => at !== undefined));
      if (next > clock.now()) return Number.isFinite(next) ? next : undefined;
    }
  }

  return {
    arrivals: {
      hec: () => hec.events.map(({ event }) => String(Object(event).tocsin_id)),
      hook: () => hook,
      syslog: () => syslog,
      file: () => linesOf(path).map((line) => String(line['tocsin_id'])),
    },
    slack: () => chat.messages.map(({ text }) => text),
    pager: () => pager.events,
    away(value) {
      if (value === isAway) return;
      isAway = value;
      if (value) renameSync(disk, `${disk}-away`);
      else renameSync(`${disk}-away`, disk);
    },
    take: (events) => ingest(reader(), page(events)),
    async runUntil(endMs) {
      for (let dueMs = await work(); dueMs !== undefined && dueMs <= endMs; dueMs = await work())
        await clock.advance(dueMs - clock.now());
      await clock.advance(Math.max(0, endMs - clock.now()));
    },
    async drain() {
      for (let dueMs = await work(); dueMs !== undefined; dueMs = await work())
        await clock.advance(dueMs - clock.now());
    },
    async close() {
      await Promise.all(destinations.map((each) => each.close()));
      await Promise.all([hec, soar, pager, chat, logs].map((each) => each.close()));
    },
  };
}

function idIn(payload: unknown): string {
  return String(Object(Object(payload).data).id ?? Object(payload).id ?? '');
}

function linesOf(path: string): readonly JsonObject[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
