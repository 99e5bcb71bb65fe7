import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { createAuthority } from './certificates.ts';
import { eventDelivery } from './deliveries.ts';
import { pour } from './faulty-server.ts';

const running = new AbortController().signal;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Real time, but for sleeps, which are kept. */
function impatient(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    await systemClock.sleep(Math.min(ms, 1));
  };
  return { ...systemClock, sleep, slept };
}

async function listen(server: Server): Promise<number> {
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return address.port;
}

function destination(url: string, more: Record<string, unknown> = {}) {
  const clock = impatient();
  const input = { name: 'siem', type: 'splunk_hec', url, token: 't', timeout: '60s', ...more };
  const created = splunkHecDestination.create(splunkHecConfig.parse(input), { clock, random: Math.random });
  open.push(() => created.close());
  const deliver = (batch: readonly Delivery[] = [eventDelivery()]) => created.deliver(batch, running);
  return { deliver, clock };
}

const answers =
  (body: string, headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    request.resume().on('end', () => response.writeHead(200, headers).end(body));
  };

describe('Splunk that is nearly full', () => {
  it.each([24, 25])(
    'with code %i has taken what it was sent, and is sent the rest more slowly',
    async (code) => {
      let requests = 0;
      const port = await listen(
        createServer((request, response) => {
          requests += 1;
          answers(JSON.stringify({ text: 'Success', code: requests < 3 ? code : 0 }))(request, response);
        }),
      );
      const { deliver, clock } = destination(`http://127.0.0.1:${port}`, { batch: { max_bytes: '10kB' } });
      const batch = Array.from({ length: 60 }, (_, i) => eventDelivery(`e${i}`));
      const first = await deliver(batch);
      if (first.kind !== 'partial') throw new Error(first.kind);
      expect(first.items[0]).toEqual({ kind: 'done' });
      expect(first.items.at(-1)).toMatchObject({ kind: 'retry', afterMs: 1_000 });
      expect(requests).toBe(1);
      expect(await deliver([eventDelivery()])).toEqual({ kind: 'done' });
      expect(await deliver([eventDelivery()])).toEqual({ kind: 'done' });
      expect(await deliver([eventDelivery()])).toEqual({ kind: 'done' });
      expect(clock.slept.map((ms) => Math.round(ms / 1_000))).toEqual([1, 2]);
    },
  );
});

describe('a certificate', () => {
  const authority = createAuthority('A private CA');
  const serve = (options: { cert: string; key: string }) =>
    listen(createTlsServer(options, answers('{"text":"Success","code":0}')));
  const withAcks = (options: { cert: string; key: string }) =>
    listen(
      createTlsServer(options, (request, response) => {
        const body = request.url?.includes('/ack') ? '{"acks":{"0":true}}' : '{"code":0,"ackId":0}';
        answers(body)(request, response);
      }),
    );

  it('of a private CA is taken where that is named, for events and for acknowledgements', async () => {
    const port = await withAcks(authority.issue({ commonName: 'splunk', names: ['127.0.0.1'] }));
    const { deliver } = destination(`https://127.0.0.1:${port}`, { ca: authority.cert, acknowledge: true });
    expect(await deliver()).toEqual({ kind: 'done' });
  });

  it.each<[string, () => ReturnType<typeof authority.issue>, boolean]>([
    ['of a CA that nobody trusts', () => authority.issue({ commonName: 's', names: ['127.0.0.1'] }), false],
    ['for another name', () => authority.issue({ commonName: 's', names: ['splunk.example'] }), true],
    [
      'that is over',
      () => authority.issue({ commonName: 's', names: ['127.0.0.1'], notAfter: Date.now() - 1 }),
      true,
    ],
  ])('%s is sent nothing; it is tried again, and the reason says TLS', async (_, issue, trusted) => {
    let requests = 0;
    const server = createTlsServer(issue(), () => {
      requests += 1;
    });
    const port = await listen(server);
    const more = trusted ? { ca: authority.cert } : {};
    const outcome = await destination(`https://127.0.0.1:${port}`, more).deliver();
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no trusted TLS') });
    expect(requests).toBe(0);
  });

  it('counts for nothing where verify_tls is false, and a text that is none is refused at the load', async () => {
    const port = await serve(authority.issue({ commonName: 'other' }));
    expect(await destination(`https://127.0.0.1:${port}`, { verify_tls: false }).deliver()).toEqual({
      kind: 'done',
    });
    expect(() => destination('https://127.0.0.1:1', { ca: 'planted' })).toThrow(/PEM/);
  });
});

it('keeps what it has where the name means nothing', async () => {
  const outcome = await destination('http://splunk.invalid:8088').deliver();
  expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('could not be resolved') });
});

const MEGABYTE = 1_048_576;

describe('an ack endpoint', () => {
  const acks = (answer: RequestListener) =>
    listen(
      createServer((request, response) => {
        if (request.url?.includes('/ack'))
          return void request.resume().on('end', () => answer(request, response));
        answers('{"code":0,"ackId":0}')(request, response);
      }),
    );

  it.each<[string, RequestListener]>([
    ['100 MB', (_, response) => pour(response, 100 * MEGABYTE)],
    ['a page', answers('<html>log in</html>', { 'content-type': 'text/html' })],
    ['an answer that never ends', (_, response) => void response.write('{"acks":')],
  ])('that answers with %s proves nothing, and little of it is read', async (_, answer) => {
    let written = (): number => 0;
    const port = await acks((request, response) => {
      const { socket } = request;
      written = () => socket.bytesWritten;
      answer(request, response);
    });
    const url = `http://127.0.0.1:${port}`;
    const { deliver } = destination(url, { acknowledge: true, timeout: '2s', ack_timeout: '2s' });
    expect(await deliver()).toMatchObject({ kind: 'retry', reason: expect.stringContaining('acknowledge') });
    expect(written()).toBeLessThan(20 * MEGABYTE);
  });
});
