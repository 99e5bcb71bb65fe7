import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { UNTRUSTED_CERTIFICATE, UNTRUSTED_KEY } from './untrusted-certificate.ts';

export interface FaultyServer {
  readonly port: number;
  /** How many requests came in whole. */
  requests(): number;
  /** What the senders of the answers wrote, as far as it left the process. */
  bytesWritten(): number;
  close(): void;
}

/** A real server on 127.0.0.1 that answers each request, once read whole, as it is told. */
export async function startFaultyServer(
  answer: RequestListener,
  { tls = false }: { tls?: boolean } = {},
): Promise<FaultyServer> {
  let requests = 0;
  let bytesWritten = 0;
  const listener: RequestListener = (request, response) => {
    request.resume().on('end', () => {
      requests += 1;
      answer(request, response);
    });
  };
  const options = { cert: UNTRUSTED_CERTIFICATE, key: UNTRUSTED_KEY };
  const server = tls ? createHttpsServer(options, listener) : createServer(listener);
  server.on('connection', (socket) => {
    socket.on('close', () => {
      bytesWritten += socket.bytesWritten;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    bytesWritten: () => bytesWritten,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Writes `bytes` as fast as the reader takes them. */
export function pour(response: ServerResponse, bytes: number): void {
  const chunk = Buffer.alloc(65_536, 0x20);
  let left = bytes;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

/** Writes a byte now and then until the reader has enough. */
export function trickle(response: ServerResponse, everyMs: number): void {
  const timer = setInterval(() => response.write(' '), everyMs);
  response.on('close', () => clearInterval(timer));
}

/** A head that promises more than the body holds. */
export function truncate(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-length': body.length * 2, 'content-type': 'application/json' });
  response.write(body, () => response.destroy());
}
