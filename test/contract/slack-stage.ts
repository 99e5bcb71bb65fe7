import type { Notification } from '../../src/core/alert.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Delivery, Destination, DestinationMemory, Outcome } from '../../src/core/delivery.ts';
import { type SlackReceiver, startSlackReceiver } from '../../src/demo/receivers/index.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { slackDestination } from '../../src/destinations/slack/index.ts';
import { NOW_MS } from './deliveries.ts';

type Options = Parameters<typeof startSlackReceiver>[0];

const open: { close(): unknown }[] = [];
const running = new AbortController().signal;

/** To be closed after the test. */
export async function closeAll(): Promise<void> {
  for (const thing of open.splice(0).reverse()) await thing.close();
}

export function opened<T extends { close(): unknown }>(thing: T): T {
  open.push(thing);
  return thing;
}

/** Sleeps by moving its time. */
export function fastClock(): Clock {
  let nowMs = NOW_MS;
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  return { now: () => nowMs, sleep };
}

/** For faults that take their time. */
export const slowClock: Clock = { now: () => NOW_MS, sleep: systemClock.sleep };

/** A memory that outlives destinations; `fails` as a store does. */
export function paper({ fails = false } = {}): DestinationMemory & { fails: boolean } {
  const pages = new Map<string, string>();
  const memory = {
    fails,
    get: async (key: string) => pages.get(key),
    set: async (key: string, value: string) => {
      if (memory.fails) throw new Error('the store is full');
      pages.set(key, value);
    },
  };
  return memory;
}

export async function slack(
  options: Options = {},
  more: { channel?: string; memory?: DestinationMemory; timeoutMs?: number } = {},
) {
  const clock = fastClock();
  const receiver = opened(await startSlackReceiver({ clock, ...options }));
  const memory = more.memory ?? paper();
  const restart = (input: Record<string, unknown> = {}): Destination =>
    createBot(
      receiver,
      clock,
      memory,
      { channel: more.channel ?? receiver.channel, ...input },
      more.timeoutMs,
    );
  return { receiver, memory, clock, restart, destination: restart() };
}

export function createBot(
  { apiUrl, token }: SlackReceiver,
  clock: Clock,
  memory: DestinationMemory,
  input: Record<string, unknown>,
  timeoutMs = 60_000,
): Destination {
  const config = slackConfig.parse({ name: 'oncall', type: 'slack', token, api_url: apiUrl, ...input });
  const deps = { clock, random: () => 0.5, memory };
  return opened(slackDestination.create({ ...config, timeout: timeoutMs }, deps));
}

export const alerted = (notification: Notification): Delivery => ({
  kind: 'alert',
  id: `${notification.id}/oncall`,
  notification,
});

export const deliver = (destination: Destination, delivery: Delivery): Promise<Outcome> =>
  destination.deliver([delivery], running);
export const methods = ({ requests }: SlackReceiver): string[] =>
  requests.map(({ path }) => path.slice('/api/'.length));
export const firstLine = (payload: { readonly text?: unknown }): string =>
  String(payload.text).split('\n')[0] ?? '';
