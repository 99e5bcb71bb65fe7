import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createFrameReader } from './octet-counting.ts';
import { keep } from './server.ts';
import { parseSyslog, type SyslogMessage } from './syslog-message.ts';

/**
 * How a receiver misbehaves once, at one message.
 * - `reset-before`: resets the connection, without taking the message.
 * - `reset-after`: takes it, then resets.
 * - `close-after`: takes it, then closes in good order.
 * - `deaf`: takes nothing more on this connection, and leaves it open.
 */
export type SyslogFault = 'reset-before' | 'reset-after' | 'close-after' | 'deaf';

export interface SyslogReceiverOptions {
  /** 0, the default, picks a free one. */
  readonly port?: number;
  /** PEM. Without it the receiver speaks plain TCP; with `ca` it takes only senders whose certificate is that CA's. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Asked once a message, numbered from 1. */
  readonly faults?: (messageNumber: number) => SyslogFault | undefined;
  /** Told of every message taken, a repeated one too. */
  readonly onMessage?: (message: ReceivedSyslog) => void;
}

export interface ReceivedSyslog extends SyslogMessage {
  /** The structured data's `id`, or ''. */
  readonly id: string;
  /** Whether this id was taken before. */
  readonly duplicate: boolean;
  /** Without its count. */
  readonly bytes: Buffer;
}

export interface SyslogReceiver {
  readonly port: number;
  /** The first of each id. */
  readonly messages: readonly ReceivedSyslog[];
  /** Id → how often it was taken. */
  readonly counts: ReadonlyMap<string, number>;
  /** How many connections were made, TLS included. */
  connections(): number;
  /** What was no octet count or no RFC 5424 message, and ended its connection. */
  readonly complaints: readonly string[];
  /** Resets open connections and stops. */
  close(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 16 * 1_048_576;

/** A stand-in for a syslog server on 127.0.0.1: RFC 5424, octet counting, TLS or TCP; takes each id once. */
export async function startSyslogReceiver(options: SyslogReceiverOptions = {}): Promise<SyslogReceiver> {
  const messages: ReceivedSyslog[] = [];
  const counts = new Map<string, number>();
  const complaints: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let number = 0;

  /** Whether the connection goes on. */
  function take(socket: Socket, bytes: Buffer): boolean {
    number += 1;
    const fault = options.faults?.(number);
    if (fault === 'deaf') {
      socket.pause();
      return false;
    }
    if (fault !== 'reset-before') record(bytes);
    if (fault === undefined) return true;
    if (fault === 'close-after') socket.end();
    else reset(socket);
    return false;
  }

  /** Under TLS only the connection below can be reset. */
  function reset(socket: Socket): void {
    for (const each of sockets) if (each.remotePort === socket.remotePort) each.resetAndDestroy();
  }

  function record(bytes: Buffer): void {
    const parsed = parseSyslog(bytes);
    if (parsed === undefined) throw new Error('A frame is no RFC 5424 message.');
    const id = parsed.params.get('id') ?? '';
    const seen = counts.get(id) ?? 0;
    counts.set(id, seen + 1);
    const message = { ...parsed, id, duplicate: seen > 0, bytes: Buffer.from(bytes) };
    if (!message.duplicate) keep(messages, message);
    options.onMessage?.(message);
  }

  function serve(socket: Socket): void {
    connections += 1;
    const reader = createFrameReader(MAX_MESSAGE_BYTES);
    socket.on('data', (piece: Buffer) => {
      try {
        for (const frame of reader.push(piece)) if (!take(socket, frame)) return;
      } catch (error) {
        complaints.push(error instanceof Error ? error.message : 'unknown');
        socket.destroy();
      }
    });
  }

  const server =
    options.tls === undefined ? createServer(serve) : createTlsServer(tlsOptions(options.tls), serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // A sender that goes away is its own business.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket: Socket) => socket.on('error', () => {}));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    messages,
    counts,
    complaints,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function tlsOptions({ cert, key, ca }: NonNullable<SyslogReceiverOptions['tls']>) {
  return ca === undefined ? { cert, key } : { cert, key, ca, requestCert: true, rejectUnauthorized: true };
}
