import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Delivery, Destination, Outcome } from '../../src/core/delivery.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type SyslogReceiverOptions, startSyslogReceiver } from '../../src/demo/receivers/index.ts';
import { createFrameReader } from '../../src/demo/receivers/octet-counting.ts';
import { parseSyslog } from '../../src/demo/receivers/syslog-message.ts';
import { syslogConfig } from '../../src/destinations/syslog/config.ts';
import { syslogDestination } from '../../src/destinations/syslog/index.ts';
import { type MessageOptions, toFrame } from '../../src/destinations/syslog/message.ts';
import { runs } from '../seed.ts';
import { createAuthority } from './certificates.ts';
import { alert, alertDelivery, eventDelivery, HOSTILE, RAW_EVENT } from './deliveries.ts';
import { digestDelivery } from './digests.ts';

const open: { close(): unknown }[] = [];
const running = new AbortController().signal;
const CA = createAuthority('Test CA');
const LOCAL = { commonName: 'localhost', names: ['localhost', '127.0.0.1'] };
const SERVER = CA.issue(LOCAL);
const CLIENT = CA.issue({ commonName: 'tocsin' });
let shown = '';

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
  expect(shown).not.toMatch(/BEGIN|PRIVATE|CERTIFICATE-----/);
  for (const line of CLIENT.key.split('\n').slice(1, 3)) expect(shown).not.toContain(line);
  shown = '';
});

function opened<T extends { close(): unknown }>(thing: T): T {
  open.push(thing);
  return thing;
}

function syslog(port: number, more: Record<string, unknown> = {}): Destination {
  const input = { name: 'siem', type: 'syslog', host: '127.0.0.1', port, transport: 'tcp', ...more };
  const config = syslogConfig.parse({ confirm_after: '60ms', schema: 'raw', ...input });
  return opened(syslogDestination.create(config, { clock: systemClock, random: () => 0.5 }));
}

/** For a far side that says no: to wait for that costs no more than it takes. */
const PATIENT = { timeout: '60s', confirm_after: '29s' };

const tls = (port: number, more: Record<string, unknown> = {}): Destination =>
  syslog(port, { transport: 'tls', ca: CA.cert, ...more });

async function receive(options: SyslogReceiverOptions = {}) {
  return opened(await startSyslogReceiver(options));
}

async function deliver(
  destination: Destination,
  batch: readonly Delivery[] = [alertDelivery()],
  signal = running,
): Promise<Outcome> {
  const outcome = await destination.deliver(batch, signal);
  shown += inspect([destination, outcome], { depth: 12, showHidden: true });
  return outcome;
}

const events = (count: number, from = 0): Delivery[] =>
  Array.from({ length: count }, (_, i) => eventDelivery(`e${from + i}`));

const unmatched = (raw: JsonObject): Delivery => {
  const delivery = eventDelivery('e', raw);
  return delivery.kind === 'event' ? { ...delivery, rules: [] } : delivery;
};

/** A server of the test's own on a free port. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const isDone = { kind: 'done' };
const kind = (outcome: Outcome): string => outcome.kind;
const says = (kindOf: string, reason: string) => ({ kind: kindOf, reason: expect.stringContaining(reason) });

describe('what a receiver gets', () => {
  const sender = { facility: 'local0', hostname: 'h', appName: 'tocsin', enterpriseNumber: 32_473 } as const;
  const options: MessageOptions = { sender, schema: 'raw', bom: true, maxBytes: 16_777_216 };

  it('is RFC 5424, its count in bytes, its text UTF-8 behind a byte order mark', () => {
    const frame = toFrame(eventDelivery('é1', { ...RAW_EVENT, url: '/ü€😀' }), options);
    const text = Buffer.isBuffer(frame) ? frame.toString() : '';
    const [count = '', rest = ''] = [text.slice(0, text.indexOf(' ')), text.slice(text.indexOf(' ') + 1)];
    expect(Number(count)).toBe(Buffer.byteLength(rest));
    expect(rest).toMatch(
      /^<131>1 2026-11-21T20:44:05\.250Z h tocsin - event \[tocsin@32473 id="akto-prod\/malicious_events\/é1" schema="raw"\] \ufeff\{"time":"2026-11-21T20:44:05\.250Z","tocsin_id":/u,
    );
  });

  it.each<[string, Delivery, number, string]>([
    ['the worst rule', eventDelivery(), 3, 'event'],
    ['the source itself', unmatched(RAW_EVENT), 3, 'event'],
    ['nobody', unmatched({ severity: 'dire' }), 6, 'event'],
    ['an alert', alertDelivery({ alerts: [alert({ severity: 'CRITICAL' })] }), 2, 'alert.opened'],
    ['the end of an alert', alertDelivery({ reason: 'resolved' }), 6, 'alert.resolved'],
    ['a digest', digestDelivery(), 6, 'digest'],
  ])('has the severity that %s says', (_, delivery, severity, messageId) => {
    const frame = toFrame(delivery, options);
    const [bytes] = Buffer.isBuffer(frame) ? createFrameReader(1e6).push(frame) : [];
    expect(bytes && parseSyslog(bytes)).toMatchObject({ facility: 16, severity, messageId });
  });

  it('has no time where the source gave an impossible one', () => {
    const delivery = eventDelivery();
    if (delivery.kind !== 'event') return;
    const frame = toFrame({ ...delivery, event: { ...delivery.event, timeMs: 1e15 } }, options);
    expect(String(frame)).toContain('<131>1 - h tocsin');
  });

  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom(...HOSTILE.map(([, text]) => text.slice(0, 3_000)), '"] x', '\\', '12 <1>1 - - - - - -'),
    fc
      .array(fc.constantFrom(0xd800, 0xdc00, 0x0a, 0x85, 0x2028, 0x22, 0x5d, 0x5c))
      .map((units) => String.fromCharCode(...units)),
  );

  it.each(['raw', 'cim', 'ocsf', 'ecs', 'cef'] as const)(
    'as %s comes apart again whatever an attacker wrote, however the stream is cut',
    (schema) => {
      fc.assert(
        fc.property(fc.array(fc.tuple(hostile, hostile), { maxLength: 6 }), fc.nat(200), (texts, size) => {
          const deliveries = texts.map(([id, url]) => eventDelivery(id, { ...RAW_EVENT, url, host: id }));
          const frames = deliveries.map((each) => toFrame(each, { ...options, schema }));
          const stream = Buffer.concat(frames.filter((each) => Buffer.isBuffer(each)));
          const reader = createFrameReader(16_777_216);
          const pieces: Buffer[] = [];
          for (let at = 0; at < stream.length; at += size + 1)
            pieces.push(...reader.push(stream.subarray(at, at + size + 1)));
          expect(pieces).toHaveLength(deliveries.length);
          for (const [i, piece] of pieces.entries()) {
            const message = parseSyslog(piece);
            expect(message?.text).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
            expect(message?.params.get('schema')).toBe(schema);
            expect(message?.params.get('id')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
            if (schema === 'cef') expect(message?.text).toMatch(/^CEF:0\|/);
            else expect(() => JSON.parse(message?.text ?? '')).not.toThrow();
            const id = deliveries[i]?.id ?? '';
            if (/^[ -~]{0,500}$/.test(id)) expect(message?.params.get('id')).toBe(id);
          }
        }),
        { numRuns: runs(40) },
      );
    },
  );

  it('is the same message on every attempt', () => {
    expect(toFrame(alertDelivery(), options)).toEqual(toFrame(alertDelivery(), options));
  });
});

describe.each(['tcp', 'tls'])('syslog over %s', (transport) => {
  const far = transport === 'tls' ? { tls: SERVER } : {};
  const to = (port: number, more: Record<string, unknown> = {}): Destination =>
    transport === 'tls' ? tls(port, more) : syslog(port, more);

  it('delivers every message once, over one connection', async () => {
    const receiver = await receive(far);
    const destination = to(receiver.port);
    for (let i = 0; i < 3; i += 1) expect(await deliver(destination, events(200, i * 200))).toEqual(isDone);
    expect([receiver.messages.length, receiver.connections()]).toEqual([600, 1]);
    expect([...receiver.counts.values()].every((count) => count === 1)).toBe(true);
    expect(receiver.complaints).toEqual([]);
  });

  it('shares the connection among deliveries at the same time, frame by frame', async () => {
    const receiver = await receive(far);
    const destination = to(receiver.port);
    const outcomes = await Promise.all(
      [0, 100, 200, 300].map((from) => deliver(destination, events(100, from))),
    );
    expect(outcomes).toEqual([isDone, isDone, isDone, isDone]);
    expect([receiver.counts.size, receiver.connections(), receiver.complaints]).toEqual([400, 1, []]);
  });

  it.each([
    ['reset-before', 'reset'],
    ['reset-after', 'reset'],
    ['close-after', 'closed'],
  ] as const)('sends the whole batch again after a %s in its middle', async (fault, reason) => {
    const receiver = await receive({ ...far, faults: (number) => (number === 50 ? fault : undefined) });
    const destination = to(receiver.port, { confirm_after: '1s' });
    const first = await deliver(destination, events(100));
    expect(first.kind).toBe('retry');
    expect('reason' in first ? first.reason : '').toMatch(
      new RegExp(`127.0.0.1:\\d+ (${reason}|closed|reset)`),
    );
    expect(await deliver(destination, events(100))).toEqual(isDone);
    expect([receiver.counts.size, receiver.connections(), receiver.complaints]).toEqual([100, 2, []]);
  });

  it('takes no batch for delivered that a receiver resets shortly after', async () => {
    const receiver = await receive({
      ...far,
      faults: (number) => (number === 100 ? 'reset-before' : undefined),
    });
    expect(kind(await deliver(to(receiver.port, PATIENT), events(100)))).toBe('retry');
  });

  it('opens a new connection where the old one ended while nothing was sent', async () => {
    const receiver = await receive(far);
    const destination = to(receiver.port);
    expect(await deliver(destination, events(1))).toEqual(isDone);
    const { port } = receiver;
    await receiver.close();
    open.splice(open.indexOf(receiver), 1);
    const next = await receive({ ...far, port });
    await vi.waitFor(async () => expect(await deliver(destination, events(1, 1))).toEqual(isDone), {
      timeout: 60_000,
    });
    expect(next.counts.size).toBe(1);
  });

  it('gives up a receiver that reads nothing, once it is full', async () => {
    const receiver = await receive({ ...far, faults: () => 'deaf' });
    const destination = to(receiver.port, { timeout: '1s', max_message: '16MiB' });
    const big = Array.from({ length: 12 }, (_, i) =>
      eventDelivery(`e${i}`, { ...RAW_EVENT, payload: 'x'.repeat(2_000_000) }),
    );
    const full = await deliver(destination, big);
    expect(full).toMatchObject(says('retry', 'did not acknowledge all that it was sent in time (1000 ms)'));
  });

  it.each(['before', 'while'])('stops at once when it is told to %s it sends', async (when) => {
    const receiver = await receive(far);
    const stop = new AbortController();
    if (when === 'before') stop.abort();
    else setTimeout(() => stop.abort(), 100);
    // Far beyond the time that a test is given.
    const destination = to(receiver.port, { timeout: '5m', confirm_after: '30s' });
    expect(await deliver(destination, events(1), stop.signal)).toMatchObject(says('retry', 'stopped'));
  });

  it('buries the message that is too long, whole, and sends the others', async () => {
    const receiver = await receive(far);
    const long = eventDelivery('long', { ...RAW_EVENT, payload: 'x'.repeat(70_000) });
    const outcome = await deliver(to(receiver.port), [...events(1), long, ...events(1, 1)]);
    expect(outcome).toMatchObject({
      kind: 'partial',
      items: [isDone, says('dead', 'max_message is 65536: raise it here and at the receiver'), isDone],
    });
    expect([...receiver.counts.keys()]).toEqual(events(2).map(({ id }) => id));
  });

  it('tries again later where nothing listens, where the name is unknown, and says which', async () => {
    expect(await deliver(to(1))).toMatchObject(says('retry', '127.0.0.1:1 refused the connection'));
    const unknown = to(6_514, { host: 'no-such-host.invalid' });
    expect(await deliver(unknown)).toMatchObject(
      says('retry', 'no-such-host.invalid:6514 has a name that could'),
    );
  });

  it('bounds the time of a far side that takes the connection and then says nothing', async () => {
    const port = await listen(createServer(() => {}));
    const outcome = await deliver(to(port, { timeout: transport === 'tls' ? '1s' : '60s' }), events(1));
    // Plain text went into its kernel: that it never reads cannot be known.
    expect(kind(outcome)).toBe(transport === 'tls' ? 'retry' : 'done');
  });

  // Our own kernel takes megabytes that nobody reads: without asking what was acknowledged, this would be done.
  it.runIf(process.platform === 'linux' && transport === 'tcp').each([
    [undefined, 'retry'],
    [300, 'done'],
  ])('a receiver that begins to read after %s ms: %s', async (afterMs, expected) => {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      if (afterMs !== undefined) setTimeout(() => socket.resume(), afterMs);
    });
    const destination = to(await listen(server), { timeout: afterMs === undefined ? '1s' : '60s' });
    const batch = Array.from({ length: 30 }, (_, i) =>
      eventDelivery(`e${i}`, { ...RAW_EVENT, payload: 'x'.repeat(50_000) }),
    );
    expect(kind(await deliver(destination, batch))).toBe(expected);
  });

  it('drops an endless answer, and is none the worse for it', async () => {
    const receiver = await receive(far);
    const destination = to(receiver.port);
    expect(await deliver(destination)).toEqual(isDone);
    const port = await listen(
      createServer((socket) => {
        const pour = (): boolean => socket.writable && socket.write(Buffer.alloc(65_536, 0x20), pour);
        pour();
      }),
    );
    const outcome = await deliver(to(port, { timeout: '1s' }));
    expect(['done', 'hold', 'retry']).toContain(kind(outcome));
  });

  it('holds where an HTTP server listens', async () => {
    const port = await listen(createHttpServer());
    const reason = transport === 'tls' ? 'does not speak TLS' : 'no syslog receiver';
    expect(await deliver(to(port, PATIENT))).toMatchObject(says('hold', reason));
  });
});

describe('certificates', () => {
  const day = 86_400_000;
  const other = createAuthority('Other CA');
  const expired = { notBefore: Date.now() - 9 * day, notAfter: Date.now() - day };
  const future = { notBefore: Date.now() + day, notAfter: Date.now() + 9 * day };

  it.each([
    ['has expired', CA.issue({ ...LOCAL, ...expired }), 'has expired'],
    ['is not valid yet', CA.issue({ ...LOCAL, ...future }), 'not valid yet'],
    ["is another name's", CA.issue({ commonName: 'x', names: ['other.example'] }), 'of another name'],
    ["is another CA's", other.issue(LOCAL), 'not trusted here'],
    ['is signed by itself', other, 'signed by itself'],
  ])('one that %s holds, in a sentence, and is sent nothing', async (_, server, sentence) => {
    const receiver = await receive({ tls: server });
    expect(await deliver(tls(receiver.port))).toMatchObject(says('hold', sentence));
    expect(receiver.counts.size).toBe(0);
  });

  it("without ca, only the system's are trusted", async () => {
    const receiver = await receive({ tls: SERVER });
    const destination = syslog(receiver.port, { transport: 'tls' });
    expect(await deliver(destination)).toMatchObject(says('hold', 'give that CA as "ca_file"'));
  });

  it('takes the name that server_name says, and asks for it', async () => {
    const receiver = await receive({ tls: CA.issue({ commonName: 'x', names: ['logs.example'] }) });
    expect(await deliver(tls(receiver.port, { server_name: 'logs.example' }))).toEqual(isDone);
  });

  it('shows its own where the receiver wants one', async () => {
    const receiver = await receive({ tls: { ...SERVER, ca: CA.cert } });
    const { cert, key } = CLIENT;
    expect(await deliver(tls(receiver.port, { cert, key }))).toEqual(isDone);
    expect(await deliver(tls(receiver.port, PATIENT))).toMatchObject(
      says('hold', 'as "cert_file" and "key_file"'),
    );
    const strange = other.issue({ commonName: 'tocsin' });
    const refused = await deliver(tls(receiver.port, { ...PATIENT, cert: strange.cert, key: strange.key }));
    expect(refused.kind).not.toBe('done');
    expect(receiver.counts.size).toBe(1);
  });

  it('TLS to a plain receiver holds, and so does plain text to a TLS one', async () => {
    const [plain, secured] = [await receive(), await receive({ tls: SERVER })];
    const toPlain = await deliver(tls(plain.port, { timeout: '1s' }));
    expect(['hold', 'retry']).toContain(kind(toPlain));
    expect(kind(await deliver(syslog(secured.port, PATIENT)))).not.toBe('done');
    expect(plain.counts.size + secured.counts.size).toBe(0);
  });
});

describe('its configuration', () => {
  const base = { name: 's', type: 'syslog', host: 'h' };
  const { cert, key } = CLIENT;

  it.each<[Record<string, unknown>, string]>([
    [{ transport: 'tcp' }, 'port: is required with transport: tcp'],
    [{ transport: 'tcp', port: 601, ca: CA.cert }, 'ca: means nothing with transport: tcp'],
    [{ cert }, 'cert: needs "key"'],
    [{ key }, 'key: needs "cert"'],
    [{ cert, key: SERVER.key }, 'key: is not the key of the certificate'],
    [{ ca: 'x' }, 'ca: expected a certificate in PEM form'],
    [{ cert, key: 'x' }, 'key: expected a private key in PEM form'],
    [{ host: 'h:6514' }, 'host: expected a host name or an IP address, without port'],
    [{ host: '::1' }, 'none'],
    [{ host: 'https://h' }, 'host: expected a host name'],
    [{ app_name: 'a b' }, 'app_name: expected 1 to 48'],
    [{ timeout: '1s', confirm_after: '1s' }, 'confirm_after: must be less'],
  ])('%j: %s', (more, problem) => {
    const [issue] = syslogConfig.safeParse({ ...base, ...more }).error?.issues ?? [];
    expect(issue === undefined ? 'none' : `${issue.path.join('.')}: ${issue.message}`).toContain(problem);
  });

  it('has the port of RFC 5425', () => {
    expect(syslogConfig.parse(base).port).toBe(6_514);
  });
});
