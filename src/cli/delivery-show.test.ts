import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alertDelivery } from '../../test/contract/deliveries.ts';
import { digestDelivery } from '../../test/contract/digests.ts';
import { type Bench, createBench, event, idOf } from '../../test/pipeline/bench.ts';
import { type Ran, runTocsin } from '../../test/pipeline/fake-io.ts';
import { systemClock } from '../core/clock.ts';
import { stepsFor } from './delivery-steps.ts';

let bench: Bench;
let config: string;
beforeEach(() => {
  bench = createBench();
  config = join(bench.folder, 'config.yaml');
  mkdirSync(join(bench.folder, 'rules'));
  writeFileSync(join(bench.folder, 'rules', 'a.yaml'), 'id: a\nfilter: { filter_id: { eq: X } }\n');
  const text = `
sources:
  - { name: akto, type: akto, url: "https://akto.example", api_key: k }
destinations:
  - { name: siem, type: splunk_hec, url: "https://splunk.example", token: t, send: [events], acknowledge: true }
store: sqlite:./tocsin.db
`;
  writeFileSync(config, text);
});
afterEach(() => bench.close());

const show = (...args: readonly string[]): Promise<Ran> =>
  runTocsin(['deliveries', 'show', ...args, '-c', config], { cwd: bench.folder });

async function enqueue(destination = 'siem', raw = {}): Promise<void> {
  await bench.store.transaction(async (tx) => {
    const rules = [{ rule: 'a', name: 'A', severity: 'HIGH' }] as const;
    await tx.insertEvents([{ event: event('e1', raw), rules }], bench.clock.now());
    await tx.enqueue([{ destination, kind: 'event', deliveryId: idOf('e1') }], bench.clock.now());
  });
}

describe('tocsin deliveries show', () => {
  it('tells each attempt, what is sent with its secrets masked, and what to do', async () => {
    await enqueue('siem', { url: '/a?api_key=planted-7c1e9b2d44', text: 'turn \u202e round' });
    const nowMs = bench.clock.now();
    await bench.store.settle(
      [{ seq: 1, state: 'pending', reason: 'Splunk is busy (9)', dueMs: nowMs, counted: true }],
      nowMs,
    );
    await bench.store.settle(
      [{ seq: 1, state: 'dead', reason: 'the index does not exist (7)' }],
      nowMs + 60_000,
    );
    const { code, out } = await show('1');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`delivery 1: event ${idOf('e1')} to siem`);
    expect(lines[1]).toMatch(/^ {2}given up 2026-03-01 00:01:00Z/);
    expect(lines[2]).toMatch(/^ {2}2 attempts, queued 2026-03-01 00:00:00Z/);
    expect(lines[3]).toMatch(/retry: Splunk is busy \(9\)$/);
    expect(lines[4]).toMatch(/dead: the index does not exist \(7\)$/);
    expect(out).toContain('[redacted:');
    expect(out).not.toContain('planted');
    expect(out).toContain('turn \\u{202e} round');
    expect(lines.slice(-4)).toEqual([
      'what to do:',
      '  tocsin deliveries redrive 1   sends it again, under the id that it has',
      '  tocsin deliveries discard 1   gives it up for good',
      '',
    ]);
  });

  it('says of what is due already that it waits its turn', async () => {
    await enqueue();
    expect((await show('1')).out).toMatch(/\n {2}waits, due since 2026-03-01 00:00:00Z .*: for its turn/);
  });

  it('passes nothing on that a terminal obeys, in JSON either', async () => {
    await enqueue('siem', { url: '/\u009b2J\u202e', text: '\u001b]0;x\u0007' });
    for (const args of [['1'], ['1', '--json']]) {
      const { out } = await show(...args);
      expect(out).toMatch(/^[\x20-\x7e\n]+$/);
    }
    expect(JSON.parse((await show('1', '--json')).out)).toMatchObject({
      content: { event: { raw: { url: '/\u009b2J\u202e', text: '\u001b]0;x\u0007' } } },
    });
  });

  it('tells programs the same', async () => {
    await enqueue();
    await bench.store.settle([{ seq: 1, state: 'dead', reason: 'too long' }], bench.clock.now());
    const { out } = await show('1', '--json');
    expect(JSON.parse(out)).toMatchObject({
      ...{ number: 1, destination: 'siem', kind: 'event', id: idOf('e1'), state: 'dead', attempts: 1 },
      history: [{ outcome: 'dead', times: 1, reason: 'too long', at: '2026-03-01T00:00:00.000Z' }],
      content: { event: { id: idOf('e1'), raw: { id: 'e1' } }, rules: [{ rule: 'a' }] },
      next: [expect.stringContaining('redrive 1'), expect.stringContaining('discard 1')],
    });
  });

  it.each([
    ['a notification', alertDelivery({ id: 'n-1' }, 'n-1')],
    ['a digest', digestDelivery()],
  ])('shows %s', async (_, delivery) => {
    await bench.store.transaction(async (tx) => {
      if (delivery.kind === 'alert') await tx.insertNotification(delivery.notification);
      if (delivery.kind === 'digest') await tx.insertDigest(delivery.digest);
      await tx.enqueue(
        [{ destination: 'siem', kind: delivery.kind, deliveryId: delivery.id }],
        bench.clock.now(),
      );
    });
    const { out } = await show('1', '--json');
    expect(JSON.parse(out)).toMatchObject({ kind: delivery.kind, content: { id: delivery.id } });
  });

  it('says what Splunk has said of it, and while it is under way', async () => {
    await enqueue();
    const { store, clock } = bench;
    const mark = createHash('sha256').update(idOf('e1')).digest('base64url').slice(0, 20);
    const request = { channel: 'c', ackId: 7, cookie: '', sentMs: clock.now(), marks: [mark] };
    const remember = (indexed: boolean) =>
      store.writeMemory('siem', 'acks/0', JSON.stringify({ ...request, indexed }), clock.now());
    await remember(false);
    expect((await show('1')).out).toContain(
      'Splunk received it at 2026-03-01T00:00:00.000Z (acknowledgement 7) and has not said that it is indexed',
    );
    await remember(true);
    expect((await show('1')).out).toContain('Splunk has acknowledged it: it is indexed');
    // The command lives by the wall's clock.
    await store.claim('siem', systemClock.now(), 600_000, 1);
    expect((await show('1')).out).toContain('\n  under way now\n');
    expect(JSON.parse((await show('1', '--json')).out)).toMatchObject({ underWay: true });
  });

  it.each<[string, readonly string[], number, string]>([
    ['there is none', ['99'], 1, 'there is no delivery 99'],
    ['it is no number', ['first'], 2, '"first" is not a delivery\'s number'],
    ['nothing is said', [], 2, "missing required argument 'number'"],
  ])('ends where %s', async (_, args, code, message) => {
    await enqueue();
    const ran = await show(...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(message);
    expect(ran.out).toBe('');
  });
});

describe('what to do about a delivery', () => {
  it.each<[string, Parameters<typeof stepsFor>, readonly RegExp[]]>([
    ['delivered', [{ seq: 1, state: 'done' }, true, true], [/nothing: it was delivered/]],
    ['discarded', [{ seq: 1, state: 'done', reason: 'discarded' }, true, true], [/nothing: it is closed/]],
    ['waiting', [{ seq: 1, state: 'pending' }, true, true], [/nothing: it is sent by itself/]],
    ['waiting for nobody', [{ seq: 1, state: 'pending' }, false, true], [/bring its destination back/]],
    ['dead', [{ seq: 1, state: 'dead' }, true, true], [/redrive 1/, /discard 1/]],
    [
      'dead, its destination gone',
      [{ seq: 1, state: 'dead' }, false, true],
      [/bring its destination back/, /redrive 1/, /discard 1/],
    ],
    [
      'dead, its content gone: it can only be closed',
      [{ seq: 1, state: 'dead' }, true, false],
      [/discard 1/],
    ],
  ])('%s', (_, args, expected) => {
    const steps = stepsFor(...args);
    expect(steps).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(steps[index]).toMatch(pattern);
  });
});
