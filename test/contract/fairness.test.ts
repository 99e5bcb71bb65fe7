import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startHecReceiver, startWebhookReceiver } from '../../src/demo/receivers/index.ts';
import { startRunning } from '../pipeline/running.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Takes connections and what is sent on them, and never says anything. */
async function startSilent(): Promise<{ readonly url: string; readonly asked: () => number }> {
  let asked = 0;
  const server: Server = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = isAddress(address) ? address.port : 0;
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${port}`, asked: () => asked };
}

const isAddress = (address: unknown): address is AddressInfo =>
  typeof address === 'object' && address !== null && 'port' in address;

const EVENTS = 60;

describe('one destination that hangs', () => {
  it('delays no other: those get everything while it has not answered once', async () => {
    const silent = await startSilent();
    const running = await startRunning();
    const second = await startHecReceiver();
    const hook = await startWebhookReceiver();
    open.push(second.close, hook.close, running.stop);
    const more = [
      `{ name: hanging-siem, type: splunk_hec, url: "${silent.url}", token: t, send: [events, alerts], timeout: 3m }`,
      `{ name: hanging-hook, type: webhook, url: "${silent.url}", send: [events, alerts], timeout: 1m }`,
      `{ name: second, type: splunk_hec, url: "${second.url}", token: "${second.token}", send: [events] }`,
      `{ name: hook, type: webhook, url: "${hook.url}", send: [events, alerts] }`,
    ].map((each) => `  - ${each}\n`);
    const routes = 'routes: [{ to: [people, hanging-siem, hanging-hook, hook], group_wait: 0s }]\n';
    await running.configure(running.config({ more: routes }).replace('store:', `${more.join('')}store:`));
    const ids = Array.from({ length: EVENTS }, (_, number) => running.show(`e${number}`, 'First'));
    await vi.waitFor(
      () => {
        for (const { counts } of [running.siem, second])
          for (const id of ids) expect(counts.has(id)).toBe(true);
        expect(hook.counts.size).toBeGreaterThan(EVENTS);
      },
      { timeout: 30_000, interval: 50 },
    );
    expect(silent.asked(), 'the hanging ones were sent to as well').toBeGreaterThanOrEqual(2);
    const waiting = await running.daemon.store.countDeliveries();
    const held = waiting.filter(({ state }) => state === 'pending');
    expect(held.map(({ destination }) => destination).toSorted()).toEqual(['hanging-hook', 'hanging-siem']);
    for (const { count } of held) expect(count).toBeGreaterThanOrEqual(EVENTS);
  }, 60_000);
});
