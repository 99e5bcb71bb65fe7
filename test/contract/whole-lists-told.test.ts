import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectNotification } from '../../src/alerts/group.ts';
import type { Route } from '../../src/alerts/route.ts';
import type { StoredAlert } from '../../src/core/alert.ts';
import type { Destination } from '../../src/core/delivery.ts';
import { isJsonObject, type Json, readJson } from '../../src/core/json.ts';
import { startReceiver } from '../../src/demo/receivers/server.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { createNotifier } from '../../src/pipeline/notify.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import type { TermSource } from '../../src/rules/index.ts';
import { type Bench, createBench, listening } from '../pipeline/bench.ts';

// From the notifier through the outbox to the receiver: what somebody's Alertmanager-shaped list shows at the end.

const open: { close(): unknown }[] = [];
let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
  await bench.close();
});

const MINUTE_MS = 60_000;
const timing = { groupWaitMs: 10_000, groupIntervalMs: 5 * MINUTE_MS, repeatIntervalMs: 240 * MINUTE_MS };
const ROUTE: Route<TermSource> = {
  ...{ name: 'all', to: ['list'], continue: false, groupBy: ['rule'], timing, sendResolved: true },
  speaking: { active: [], mute: [] },
};

const alertOf = (i: number, longest: number): StoredAlert => ({
  ...{
    fingerprint: `f${i}`,
    rule: 'r',
    ruleName: 'Rule',
    severity: 'HIGH',
    source: 'akto',
    feed: 'malicious_events',
  },
  ...{ group: { actor: `a${i}` }, count: 1, firstSeenMs: 0, lastSeenMs: 0, sample: [], labels: {} },
  ...{ state: 'open', episode: 1, matchedAtMs: bench.clock.now(), openedAtMs: bench.clock.now() },
  ...{ resolveAfterMs: (i < 7 ? 10 : 60) * MINUTE_MS, description: 'x'.repeat(longest) },
  ...{ actors: { count: 1 }, apis: { count: 1 }, seen: { actors: [], apis: [] } },
});

async function openGroup(count: number, longest: number): Promise<void> {
  const nowMs = bench.clock.now();
  await bench.store.transaction(async (tx) => {
    const target = { route: 'all', labels: { rule: 'r' }, to: ['list'], timing };
    const group = expectNotification(undefined, target, { stir: 'news', urgency: 7 }, nowMs);
    const alerts = Array.from({ length: count }, (_, i) => alertOf(i, longest));
    await tx.writeAlerts(alerts, nowMs);
    await tx.writeGroups([group], nowMs);
    await tx.addPending(alerts.map(({ fingerprint }) => ({ group: group.id, fingerprint, count: 1 })));
  });
}

/** A receiver that keeps what each fingerprint was last said to be. */
async function stage() {
  const states = new Map<string, string>();
  const keys = new Set<string>();
  const receiver = await startReceiver({}, ({ body }) => {
    const payload = readJson(body.toString());
    const { groupKey, alerts } = isJsonObject(payload) ? payload : {};
    keys.add(String(groupKey));
    for (const each of Array.isArray(alerts) ? alerts : []) note(states, each);
    return { status: 200, body: '' };
  });
  const config = { name: 'list', type: 'webhook', format: 'alertmanager', url: receiver.origin };
  const { clock, store, telemetry } = bench;
  const random = (): number => 0.5;
  const destination: Destination = webhookDestination.create(webhookConfig.parse(config), { clock, random });
  open.push(receiver, destination);
  const { hearing } = destination;
  const listeners = [{ name: 'list', ...(hearing === undefined ? {} : { hearing }) }];
  const onEnqueued = (): void => {};
  const notifier = createNotifier({
    ...listening(['list'], [ROUTE]),
    store,
    clock,
    telemetry,
    listeners,
    onEnqueued,
  });
  const deliverer = createDeliverer({
    store,
    destination,
    clock,
    random,
    telemetry,
    redactor: createRedactor(),
  });
  const after = async (ms: number): Promise<string> => {
    await clock.advance(ms);
    await notifier.pass();
    while ((await deliverer.pass(new AbortController().signal)) !== undefined);
    const firing = [...states.values()].filter((state) => state === 'firing').length;
    return `${firing} of ${states.size}`;
  };
  return { after, keys, receiver };
}

function note(states: Map<string, string>, alert: Json): void {
  if (isJsonObject(alert)) states.set(String(alert['fingerprint']), String(alert['status']));
}

it.each([
  [25, 'in one request', 200, 3],
  [300, 'in parts', 2_000, 9],
])('%i alerts fire and end at a receiver, %s', async (count, _, longest, least) => {
  const { after, keys, receiver } = await stage();
  await openGroup(count, longest);
  expect(await after(MINUTE_MS)).toBe(`${count} of ${count}`);
  expect(await after(16 * MINUTE_MS), 'seven of them end within the group').toBe(`${count - 7} of ${count}`);
  expect(await after(60 * MINUTE_MS), 'and the rest with it').toBe(`0 of ${count}`);
  expect(keys.size).toBe(1);
  expect(receiver.requests.length).toBeGreaterThanOrEqual(least);
  expect(Math.max(...receiver.requests.map(({ body }) => body.length))).toBeLessThan(256 * 1_024);
});
