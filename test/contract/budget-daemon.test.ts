import { afterEach, expect, it, vi } from 'vitest';
import { startWebhookReceiver } from '../../src/demo/receivers/index.ts';
import { messages } from '../pipeline/bench.ts';
import { startRunning } from '../pipeline/running.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 30_000, interval: 50 });

it('a whole daemon stops reading while a destination is beyond its budget, tells those that work, and catches up by itself', async () => {
  const running = await startRunning();
  const hook = await startWebhookReceiver();
  open.push(hook.close, running.stop);
  const far = (url: string): string =>
    running
      .config({ more: 'routes: [{ to: [people], group_wait: 0s }]' })
      .replace(
        'store:',
        `  - { name: far, type: webhook, url: "${url}", send: [events], batch: { max_items: 100 }, budget: { max_bytes: 1MB } }\nstore:`,
      );
  await running.configure(far('http://127.0.0.1:9/x'));
  // About 5 KB each.
  const many = Array.from({ length: 300 }, (_, number) => running.show(`e${number}`, 'First'));
  await eventually(async () =>
    expect((await running.ready()).body).toContain('destination far is beyond its budget'),
  );
  expect((await running.ready()).status).toBe(503);
  const late = running.show('late', 'First');
  const alerts = (): string => JSON.stringify(running.siem.events.map(({ event }) => event));
  await eventually(() => expect(alerts()).toContain('tocsin-destination-over-budget'));
  expect(running.siem.counts.has(late), 'it has not been read').toBe(false);
  expect(messages(running.logs).filter((line) => line.startsWith('reading stopped'))).toHaveLength(1);

  await running.configure(far(hook.url));
  await eventually(() => expect(running.siem.counts.has(late)).toBe(true));
  await eventually(() => {
    const taken = JSON.stringify(hook.webhooks.map(({ payload }) => payload));
    for (const id of [...many, late]) expect(taken).toContain(id);
  });
  await eventually(async () => expect(await running.ready()).toMatchObject({ status: 200 }));
  expect(await running.daemon.store.listDeliveries({ state: 'dead', limit: 1 })).toEqual([]);
}, 90_000);
