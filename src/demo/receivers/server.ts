import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Fault, FaultSchedule } from './faults.ts';

/** What every receiver can be told. */
export interface ReceiverOptions {
  /** 0, the default, picks a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly faults?: FaultSchedule;
}

/** A request as it came in, its body whole. */
export interface ReceivedRequest {
  /** From 1. */
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly receivedAtMs: number;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A real HTTP server on 127.0.0.1. */
export interface Receiver {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly origin: string;
  /** The newest requests, bodies and faulty ones included. */
  readonly requests: readonly ReceivedRequest[];
  /** Drops open connections and stops. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1_048_576;
const MAX_KEPT = 100_000;
const MAX_KEPT_REQUESTS = 10_000;
const LOGIN_PAGE = '<!DOCTYPE html><html><body><form action="/login">Please sign in</form></body></html>';

/** Appends; a receiver that runs for days forgets the oldest. */
export function keep<T>(kept: T[], item: T, most = MAX_KEPT): void {
  kept.push(item);
  if (kept.length > most) kept.shift();
}

/** Starts a server that lets `process` answer each request, unless the schedule has a fault for it. */
export async function startReceiver(
  options: ReceiverOptions,
  process: (request: ReceivedRequest) => Reply,
): Promise<Receiver> {
  const clock = options.clock ?? systemClock;
  const closing = new AbortController();
  const requests: ReceivedRequest[] = [];
  let count = 0;
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(message);
    count += 1;
    const request = { ...describe(message, body), number: count, receivedAtMs: clock.now() };
    keep(requests, request, MAX_KEPT_REQUESTS);
    const fault = options.faults?.(request.number, request.path);
    const reply = faultReply(fault) ?? (fault?.kind === 'reset-before' ? undefined : process(request));
    await send(response, reply, fault, (ms) => clock.sleep(ms, closing.signal));
  };
  const server = createServer((message, response) => {
    // Whatever fails here is the sender's broken connection; it sees a reset.
    answer(message, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    closing.abort();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${port}`, requests, close };
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new Error(`A request body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function describe(message: IncomingMessage, body: Buffer) {
  const url = new URL(message.url ?? '/', 'http://127.0.0.1');
  const headers: Record<string, string> = Object.create(null);
  for (const [name, values] of Object.entries(message.headersDistinct))
    headers[name] = values?.join(', ') ?? '';
  return { method: message.method ?? '', path: url.pathname, query: url.searchParams, headers, body };
}

/** The answer of a fault that stands in for processing. */
function faultReply(fault: Fault | undefined): Reply | undefined {
  if (fault?.kind === 'html')
    return { status: 200, body: LOGIN_PAGE, headers: { 'content-type': 'text/html' } };
  if (fault?.kind !== 'status') return undefined;
  return { status: fault.status, body: fault.body ?? '', headers: fault.headers ?? {} };
}

async function send(
  response: ServerResponse,
  reply: Reply | undefined,
  fault: Fault | undefined,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  if (reply === undefined || fault?.kind === 'reset-after') {
    response.destroy();
    return;
  }
  if (fault?.kind === 'hang') await wait(fault.ms);
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'text/plain',
    ...reply.headers,
    'content-length': body.length,
  });
  if (fault?.kind === 'truncate') truncate(response, body);
  else if (fault?.kind === 'slow-body') await dribble(response, body, fault.ms, wait);
  else response.end(body);
}

function truncate(response: ServerResponse, body: Buffer): void {
  // Once the half is flushed: destroyed earlier, the head would be lost with it.
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

async function dribble(
  response: ServerResponse,
  body: Buffer,
  ms: number,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  response.flushHeaders();
  for (const byte of body) {
    await wait(ms / body.length);
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}
