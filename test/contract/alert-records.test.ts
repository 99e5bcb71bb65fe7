import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Delivery, Destination, DestinationMemory } from '../../src/core/delivery.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import {
  type HecReceiverOptions,
  startHecReceiver,
  startSyslogReceiver,
} from '../../src/demo/receivers/index.ts';
import { fileConfig } from '../../src/destinations/file/config.ts';
import { fileDestination } from '../../src/destinations/file/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { syslogConfig } from '../../src/destinations/syslog/config.ts';
import { syslogDestination } from '../../src/destinations/syslog/index.ts';
import { alert, alertDelivery, eventDelivery } from './deliveries.ts';

const open: { close(): unknown }[] = [];
const deps = { clock: systemClock, random: () => 0.5 };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-records-'));
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
  await rm(folder, { recursive: true, force: true });
});

function opened<T extends { close(): unknown }>(thing: T): T {
  open.push(thing);
  return thing;
}

const deliver = (to: Destination, ...batch: readonly Delivery[]) =>
  to.deliver(batch, new AbortController().signal);

/** Larger together than one syslog message may be. */
const group = (count: number, id = 'alert/g/o/1', longest = 0): Delivery =>
  alertDelivery(
    {
      id,
      alerts: Array.from({ length: count }, (_, i) =>
        alert({ fingerprint: `f${i}`, description: 'x'.repeat(i === 2 ? longest : 900) }),
      ),
    },
    id,
  );
const idsOf = (count: number, id = 'alert/g/o/1'): string[] =>
  Array.from({ length: count }, (_, i) => (i === 0 ? id : `${id}#${i + 1}`));
const idIn = ({ event }: JsonObject): string =>
  isJsonObject(event) && typeof event['tocsin_id'] === 'string' ? event['tocsin_id'] : '';

describe('Splunk', () => {
  async function splunk(options: HecReceiverOptions = {}, more: object = {}, memory?: DestinationMemory) {
    const receiver = opened(await startHecReceiver(options));
    const { url, token } = receiver;
    const config = splunkHecConfig.parse({
      name: 's',
      type: 'splunk_hec',
      url,
      token,
      schema: 'cim',
      ...more,
    });
    const to = opened(splunkHecDestination.create(config, { ...deps, ...(memory && { memory }) }));
    return { receiver, to };
  }
  const indexed = ({ receiver }: Awaited<ReturnType<typeof splunk>>) =>
    receiver.events.map(({ envelope }) => idIn(envelope));

  it('is sent an event for each alert, each under its id, whatever requests they go in', async () => {
    const stage = await splunk({}, { batch: { max_bytes: '16KiB' } });
    expect(stage.to.hearing).toBe('list');
    expect(await deliver(stage.to, group(80), eventDelivery())).toEqual({ kind: 'done' });
    expect(indexed(stage)).toEqual([...idsOf(80), 'akto-prod/malicious_events/e1']);
    expect(stage.receiver.requests.length).toBeGreaterThan(2);
  });

  it('has all that it takes where it rejects one of them; that delivery is buried, others go on', async () => {
    const poison = (envelope: JsonObject) => (/#[35]$/.test(idIn(envelope)) ? 6 : undefined);
    const stage = await splunk({ poison });
    const outcome = await deliver(stage.to, group(7), group(2, 'alert/h/o/1'));
    expect(outcome).toEqual({
      kind: 'partial',
      items: [
        { kind: 'dead', reason: expect.stringMatching(/^2 of its 7 records: Splunk rejected the event/) },
        expect.objectContaining({ kind: 'retry' }),
      ],
    });
    expect(indexed(stage)).toEqual(idsOf(7).filter((id) => !/#[35]$/.test(id)));
    expect(await deliver(stage.to, group(2, 'alert/h/o/1'))).toEqual({ kind: 'done' });
  });

  it('is tried again as a whole where it took a part, under the same ids', async () => {
    const stage = await splunk(
      { faults: (number) => (number === 2 ? { kind: 'status', status: 503 } : undefined) },
      { batch: { max_bytes: '16KiB' } },
    );
    expect(await deliver(stage.to, group(40))).toMatchObject({ kind: 'retry' });
    expect(await deliver(stage.to, group(40))).toEqual({ kind: 'done' });
    expect([...stage.receiver.counts.keys()].toSorted()).toEqual(idsOf(40).toSorted());
  });

  it('with acknowledgements indexes nothing twice: the next attempt sends what the last one did not', async () => {
    const kept = new Map<string, string>();
    const memory: DestinationMemory = {
      get: async (key) => kept.get(key),
      set: async (key, value) => void kept.set(key, value),
    };
    let events = 0;
    const faults: HecReceiverOptions['faults'] = (_, path) => {
      if (path.endsWith('/ack')) return undefined;
      events += 1;
      return events === 2 ? { kind: 'status', status: 503 } : undefined;
    };
    const more = { acknowledge: true, ack_timeout: '5s', batch: { max_bytes: '16KiB' } };
    const stage = await splunk({ faults, acknowledge: true }, more, memory);
    expect(await deliver(stage.to, group(40))).toMatchObject({ kind: 'retry' });
    const before = stage.receiver.counts.size;
    expect(before).toBeGreaterThan(1);
    expect(await deliver(stage.to, group(40))).toEqual({ kind: 'done' });
    expect([...stage.receiver.counts.values()]).toEqual(idsOf(40).map(() => 1));
  });
});

describe('syslog', () => {
  it('is sent a message for each alert, all of them short enough for it', async () => {
    const receiver = opened(await startSyslogReceiver({}));
    const config = {
      host: '127.0.0.1',
      port: receiver.port,
      transport: 'tcp',
      confirm_after: '60ms',
      schema: 'raw',
    };
    const parsed = syslogConfig.parse({ name: 's', type: 'syslog', max_message: '4KiB', ...config });
    const to = opened(syslogDestination.create(parsed, deps));
    expect(to.hearing).toBe('list');
    expect(await deliver(to, group(60), group(5, 'alert/h/o/1', 9_000))).toEqual({
      kind: 'partial',
      items: [
        { kind: 'done' },
        { kind: 'dead', reason: expect.stringMatching(/^1 of its 5 records: the message has \d+ bytes/) },
      ],
    });
    const ids = receiver.messages.map(({ id }) => id);
    const others = idsOf(5, 'alert/h/o/1').filter((id) => !id.endsWith('#3'));
    expect(ids).toEqual([...idsOf(60), ...others]);
  });

  it('that cannot be reached buries nothing, though one record is too long', async () => {
    const config = { host: '127.0.0.1', port: 1, transport: 'tcp', schema: 'raw', max_message: '4KiB' };
    const to = opened(
      syslogDestination.create(syslogConfig.parse({ name: 's', type: 'syslog', ...config }), deps),
    );
    const outcome = await deliver(to, group(5, 'alert/h/o/1', 9_000));
    expect(outcome).toMatchObject({ kind: 'partial', items: [{ kind: 'retry' }] });
  });
});

describe('a file', () => {
  it('has a line for each alert', async () => {
    const path = join(folder, 'alerts.jsonl');
    const to = opened(fileDestination.create(fileConfig.parse({ name: 'f', type: 'file', path }), deps));
    expect(to.hearing).toBe('list');
    expect(await deliver(to, group(300))).toEqual({ kind: 'done' });
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).tocsin_id)).toEqual(idsOf(300));
  });

  it('that people read has the first part of a group, and counts what it lacks', async () => {
    const path = join(folder, 'alerts.jsonl');
    const config = fileConfig.parse({ name: 'f', type: 'file', path, rate: { per_minute: 4, burst: 5 } });
    const to = opened(fileDestination.create(config, deps));
    expect(to.hearing).toBeUndefined();
    await deliver(to, alertDelivery({ part: { number: 1, of: 2 }, omittedAlerts: 40, newCount: 90 }));
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ omitted_alerts: 40, new_count: 90 });
  });
});
