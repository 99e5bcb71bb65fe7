import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { referenceEvent } from '../../src/demo/akto-simulator/index.ts';
import { startHecReceiver, startWebhookReceiver } from '../../src/demo/receivers/index.ts';
import { type Running, startRunning } from '../pipeline/running.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 });
/** Where nobody listens. */
const NOWHERE = 'http://127.0.0.1:9';

interface Stage {
  readonly running: Running;
  /** Puts a configuration in force in which that is the one destination besides the usual ones. */
  use(destination: string): Promise<void>;
  /** Until so many deliveries are in that state for the destination `far`. */
  until(state: 'pending' | 'done' | 'dead', count: number): Promise<void>;
}

async function stage(): Promise<Stage> {
  const running = await startRunning();
  open.push(running.stop);
  const { daemon, configure, config } = running;
  return {
    running,
    async use(destination) {
      const line = destination === '' ? '' : `  - ${destination}\n`;
      await configure(config().replace('store:', `${line}store:`));
    },
    until: (state, count) =>
      eventually(async () => {
        const found = await daemon.store.listDeliveries({ destination: 'far', state, limit: 100 });
        expect(found).toHaveLength(count);
      }),
  };
}

/** Waits until it was tried and put off: only then is it what was queued before the change. */
const tried = ({ daemon }: Running) =>
  eventually(async () => {
    const [first] = await daemon.store.listDeliveries({ destination: 'far', limit: 1 });
    expect(first?.reason).toBeDefined();
  });

describe('a configuration change applies to what is queued', () => {
  it('another url: it goes there, under the id that it has', async () => {
    const { running, use, until } = await stage();
    const hook = await startWebhookReceiver();
    open.push(hook.close);
    await use(`{ name: far, type: webhook, url: "${NOWHERE}/x", send: [matches] }`);
    const ids = ['e1', 'e2', 'e3'].map((name) => running.show(name, 'First'));
    await until('pending', 3);
    await tried(running);
    await use(`{ name: far, type: webhook, url: "${hook.url}", send: [matches] }`);
    await until('done', 3);
    expect(JSON.stringify(hook.webhooks.map(({ payload }) => payload))).toContain(ids[0] ?? 'e1');
    expect([...hook.counts.values()]).toEqual([1, 1, 1]);
  });

  it('another token: the hold is over', async () => {
    const { running, use, until } = await stage();
    const hec = await startHecReceiver();
    open.push(hec.close);
    const far = (token: string) =>
      `{ name: far, type: splunk_hec, url: "${hec.url}", token: ${token}, send: [matches] }`;
    await use(far('revoked'));
    const id = running.show('e1', 'First');
    await until('pending', 1);
    await eventually(async () => expect((await running.ready()).body).toContain('destination far is held'));
    await use(far(hec.token));
    await until('done', 1);
    expect(hec.counts.get(id)).toBe(1);
    await eventually(async () => expect((await running.ready()).body).not.toContain('held'));
  });

  it('another template: what was queued before is worded by it', async () => {
    const { running, use, until } = await stage();
    const hook = await startWebhookReceiver();
    open.push(hook.close);
    const far = (url: string, word: string) =>
      `{ name: far, type: webhook, url: "${url}", send: [matches], template: { body: '{"${word}": {{ title | json }}}' } }`;
    await use(far(`${NOWHERE}/x`, 'before'));
    running.show('e1', 'First');
    await until('pending', 1);
    await tried(running);
    await use(far(hook.url, 'after'));
    await until('done', 1);
    expect(hook.webhooks.map(({ payload }) => payload)).toEqual([{ after: expect.any(String) }]);
  });

  it.each([
    ['off', true],
    ['on', false],
  ])('redact switched to %s', async (now, isShown) => {
    const { running, use, until } = await stage();
    const hook = await startWebhookReceiver();
    open.push(hook.close);
    const far = (url: string, redact: string) =>
      `{ name: far, type: webhook, url: "${url}", send: [matches], redact: ${redact} }`;
    await use(far(`${NOWHERE}/x`, isShown ? 'on' : 'off'));
    const row: JsonObject = {
      ...referenceEvent,
      id: 'e1',
      filterId: 'First',
      url: '/a?api_key=planted-7c1e9b2d44',
    };
    running.feed.add([{ ...row, timestamp: Math.floor(systemClock.now() / 1_000) }]);
    await until('pending', 1);
    await tried(running);
    await use(far(hook.url, now));
    await until('done', 1);
    expect(JSON.stringify(hook.webhooks).includes('planted-7c1e9b2d44')).toBe(isShown);
  });

  it('the destination removed: to the dead letters with the reason; back again: a redrive delivers it, once', async () => {
    const { running, use, until } = await stage();
    const hook = await startWebhookReceiver();
    open.push(hook.close);
    await use(`{ name: far, type: webhook, url: "${NOWHERE}/x", send: [matches] }`);
    running.show('e1', 'First');
    running.show('e2', 'First');
    await until('pending', 2);
    await use('');
    await until('dead', 2);
    const [first] = await running.daemon.store.listDeliveries({ destination: 'far', limit: 1 });
    expect(first?.reason).toMatch(/^its destination is no longer in the configuration: bring it back/);
    await use(`{ name: far, type: webhook, url: "${hook.url}", send: [matches] }`);
    expect(hook.webhooks).toEqual([]);
    expect(await running.daemon.store.redrive({ destination: 'far' }, systemClock.now())).toBe(2);
    running.show('e3', 'First');
    await until('done', 3);
    expect([...hook.counts.values()]).toEqual([1, 1, 1]);
  });
});
