import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Destination, Outcome } from '../../src/core/delivery.ts';
import { type FaultyServer, pour, startFaultyServer, trickle, truncate } from './faulty-server.ts';
import { PLANTED, type Settings, SUBJECTS, type Subject } from './subjects.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const SOON = new Date(Date.now() + 120_000).toUTCString();
/** Waits are short here: the pace of Slack's webhooks has its own test. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) };
const open: { close(): unknown }[] = [];
let shown = '';

beforeEach(() => {
  shown = '';
  for (const method of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => {
      shown += `${inspect(args)} printed to the console`;
    });
  }
});

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
  vi.restoreAllMocks();
  expect(shown).not.toContain(PLANTED);
  expect(shown).not.toContain(Buffer.from(PLANTED, 'base64').toString('latin1'));
  expect(shown).not.toContain('printed to the console');
});

async function serve(answer: RequestListener, tls = false): Promise<FaultyServer> {
  const server = await startFaultyServer(answer, { tls });
  open.push(server);
  return server;
}

function create(subject: Subject, settings: Settings): Destination {
  const destination = subject.create(settings, { clock, random: () => 0.5 });
  open.push(destination);
  return destination;
}

/** One attempt; whatever could be seen of it is kept for the search for secrets. */
async function attempt(subject: Subject, settings: Settings, signal?: AbortSignal): Promise<Outcome> {
  const destination = create(subject, settings);
  const outcome = await destination.deliver(subject.batch, signal ?? new AbortController().signal);
  const depth = { depth: 12, showHidden: true };
  shown += inspect(destination, depth) + JSON.stringify(destination) + inspect(outcome, depth);
  return outcome;
}

async function attemptAt(subject: Subject, answer: RequestListener, timeoutMs = 60_000): Promise<Outcome> {
  const { port } = await serve(answer);
  return attempt(subject, { origin: `http://127.0.0.1:${port}`, timeoutMs });
}

const says =
  (status: number, headers: Record<string, string> = {}, body = ''): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

describe.each(SUBJECTS)('the $type$way destination', (subject) => {
  const ignoresBodies = subject.ignoresBodies === true;
  const { status: okStatus, type, body: okBody } = subject.success;
  const done = says(okStatus, { 'content-type': type }, okBody);

  it('delivers, over a connection that is kept', async () => {
    const ports = new Set<number | undefined>();
    const server = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      done(request, response);
    });
    const destination = create(subject, { origin: `http://127.0.0.1:${server.port}`, timeoutMs: 60_000 });
    for (let i = 0; i < 3; i += 1) {
      const outcome = await destination.deliver(subject.batch, new AbortController().signal);
      expect(outcome).toEqual({ kind: 'done' });
    }
    expect([server.requests(), ports.size]).toEqual([3, 1]);
  });

  it('delivers to a server that closes each connection after its answer', async () => {
    const server = await serve((request, response) => {
      response.setHeader('connection', 'close');
      done(request, response);
    });
    const destination = create(subject, { origin: `http://127.0.0.1:${server.port}`, timeoutMs: 60_000 });
    for (let i = 0; i < 3; i += 1) {
      expect(await destination.deliver(subject.batch, new AbortController().signal)).toEqual({
        kind: 'done',
      });
    }
  });

  it.each<[number, string, string]>([
    [400, 'a refusal', { slack: 'dead', splunk_hec: 'hold', webhook: 'dead' }[subject.type] ?? ''],
    [401, 'a wrong key', 'hold'],
    [403, 'often a firewall, at what one message says', subject.type === 'slack' ? 'hold' : 'retry'],
    [404, 'a wrong path', 'hold'],
    [407, 'a proxy', 'hold'],
    [408, 'too slow', 'retry'],
    [410, 'gone', 'hold'],
    [413, 'too large', 'dead'],
    [425, 'too early', 'retry'],
    [429, 'too many', 'retry'],
    [500, 'broken', 'retry'],
    [502, 'a broken proxy', 'retry'],
    [503, 'away', 'retry'],
    [504, 'away behind a proxy', 'retry'],
  ])('answered %i (%s) is %s', async (status, _, kind) => {
    const outcome = await attemptAt(subject, says(status, {}, `<p>${PLANTED}</p>`));
    expect(outcome.kind).toBe(kind);
  });

  it.each<[string, string, number | undefined]>([
    ['seconds', '7', 7_000],
    ['a year', '31536000', 3_600_000],
    ['garbage', 'soon', undefined],
    ['nothing', '', undefined],
  ])('answered 429 with a Retry-After of %s waits as it says, within reason', async (_, value, afterMs) => {
    const outcome = await attemptAt(subject, says(429, { 'retry-after': value }));
    expect(outcome.kind).toBe('retry');
    expect('afterMs' in outcome ? outcome.afterMs : undefined).toBe(afterMs);
  });

  it('answered 503 with a Retry-After of a date waits until then', async () => {
    const outcome = await attemptAt(subject, says(503, { 'retry-after': SOON }));
    const afterMs = 'afterMs' in outcome ? (outcome.afterMs ?? 0) : 0;
    // Slack names seconds on 429 alone.
    if (subject.type !== 'slack') expect(afterMs).toBeGreaterThan(60_000);
    expect(outcome.kind).toBe('retry');
  });

  it.each([301, 302, 307, 308])('does not follow a %i to another host', async (status) => {
    const elsewhere = await serve(done);
    const location = `http://localhost:${elsewhere.port}/`;
    const outcome = await attemptAt(subject, says(status, { location }));
    expect(['retry', 'hold']).toContain(outcome.kind);
    expect(elsewhere.requests()).toBe(0);
  });

  it.each<[string, RequestListener]>([
    ['resets the connection before it answers', (request) => request.socket.destroy()],
    ['never answers', () => {}],
    ['answers with a broken head', (request) => void request.socket.end('HTTP/1.1 2xx\r\n\r\n')],
  ])('tries again later, however often, where the far side %s', async (_, answer) => {
    expect((await attemptAt(subject, answer, 400)).kind).toBe('retry');
  });

  it('is held where the far side changes to another protocol', async () => {
    const outcome = await attemptAt(
      subject,
      (request) => void request.socket.end('HTTP/1.1 101 x\r\nupgrade: y\r\n\r\n'),
    );
    expect(outcome.kind).toBe('hold');
  });

  it.each<[string, RequestListener]>([
    ['a log-in page', says(200, { 'content-type': 'text/html' }, '<html>log in</html>')],
    [
      'a log-in page that calls itself text',
      says(200, {}, ' <!-- x -->\n<!DOCTYPE HTML><title>Log in</title>'),
    ],
    ['a piece of a page', says(200, { 'content-type': 'text/html' }, '<script>location="/sso"</script>')],
  ])('cannot tell what 200 with %s means', async (_, answer) => {
    expect((await attemptAt(subject, answer)).kind).toBe('unclear');
  });

  it.each<[string, RequestListener, boolean]>([
    ['with half a JSON document', says(200, JSON_TYPE, '{"text":"Succ'), true],
    ['in a charset nobody knows', says(200, { 'content-type': 'text/plain;charset=x' }, 'o'), true],
    ['and claims a compression', says(200, { 'content-encoding': 'gzip' }, 'ok'), true],
    // The connection is to blame, and Splunk removes by their ids what comes twice.
    ['and breaks off', (_, response) => truncate(response, '{"text":'), subject.type !== 'splunk_hec'],
    ['and trickles', (_, response) => trickle(response, 20), subject.type !== 'splunk_hec'],
    ['with 100 MB', (_, response) => pour(response, 100_000_000), true],
  ])('knows what an answer of 200 means %s', async (_, answer, isAnswer) => {
    const outcome = await attemptAt(subject, answer, ignoresBodies ? 1_000 : 400);
    expect(outcome.kind).toBe(ignoresBodies ? 'done' : isAnswer ? 'unclear' : 'retry');
  });

  it('reads little of an endless answer', async () => {
    const server = await serve((_, response) => pour(response, 100_000_000));
    await attempt(subject, { origin: `http://127.0.0.1:${server.port}`, timeoutMs: 60_000 });
    await vi.waitFor(() => expect(server.bytesWritten()).toBeGreaterThan(0), { timeout: 60_000 });
    expect(server.bytesWritten()).toBeLessThan(20_000_000);
  });

  it('tries again later where nothing listens, where the name is unknown, and says which', async () => {
    const refused = await attempt(subject, { origin: 'http://127.0.0.1:1', timeoutMs: 60_000 });
    expect(refused).toMatchObject({ kind: 'retry', reason: expect.stringContaining('127.0.0.1:1 refused') });
    const unknown = await attempt(subject, { origin: 'http://no-such-host.invalid', timeoutMs: 60_000 });
    expect(unknown).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('could not be resolved'),
    });
  });

  it('sends nothing to a server whose certificate nobody vouches for', async () => {
    const server = await serve(done, true);
    const outcome = await attempt(subject, { origin: `https://127.0.0.1:${server.port}`, timeoutMs: 60_000 });
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('trusted TLS') });
    expect(server.requests()).toBe(0);
  });

  it('takes any certificate only where it was told to', async () => {
    if (subject.type === 'slack') return;
    const { port } = await serve(done, true);
    const settings = { origin: `https://127.0.0.1:${port}`, timeoutMs: 60_000, verifyTls: false };
    expect(await attempt(subject, settings)).toEqual({ kind: 'done' });
  });

  it.each(['before', 'while'])('stops at once when it is told to %s it sends', async (when) => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort());
    if (when === 'before') stop.abort();
    // Far beyond the time that a test is given.
    const settings = { origin: `http://127.0.0.1:${server.port}`, timeoutMs: 3_600_000 };
    const outcome = await attempt(subject, settings, stop.signal);
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('stopped') });
    expect(server.requests()).toBe(when === 'before' ? 0 : 1);
  });

  it('is of use again after whatever went wrong', async () => {
    const faults: RequestListener[] = [
      (request) => request.socket.destroy(),
      (_, response) => truncate(response, '{'),
      () => {},
      (_, response) => pour(response, 1_000_000),
      says(503),
    ];
    const queue = [...faults];
    const server = await serve((request, response) => (queue.shift() ?? done)(request, response));
    const destination = create(subject, { origin: `http://127.0.0.1:${server.port}`, timeoutMs: 1_000 });
    for (const _ of faults) await destination.deliver(subject.batch, new AbortController().signal);
    const outcome = await destination.deliver(subject.batch, new AbortController().signal);
    expect(outcome).toEqual({ kind: 'done' });
  });
});
