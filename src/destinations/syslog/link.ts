import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import { unacknowledgedBytes } from './acknowledged.ts';
import type { SyslogConfig } from './config.ts';

/** One connection. It is of use until it is lost, whatever made it so. */
export interface Link {
  isOpen(): boolean;
  /**
   * Sends whole frames. Resolves once the far side's kernel has acknowledged them (where this system tells) and the
   * connection has stood for `confirm_after` since: a receiver that dies resets what it has not read. Throws
   * {@link LinkError}; then nobody knows what arrived. An aborted `signal` gives the connection up, for a frame cut short would
   * spoil all that follow.
   */
  send(frames: Buffer, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** `ENDED`: the far side closed; `ANSWERED`: and said something before; otherwise the system's or OpenSSL's own. */
export class LinkError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = 'LinkError';
    this.code = code;
  }
}

const KEEP_ALIVE_MS = 30_000;
const CLOSE_MS = 500;
const FIRST_LOOK_MS = 2;
const LONGEST_LOOK_MS = 50;

/** Connects and shakes hands. Throws {@link LinkError}. */
export async function openLink(config: SyslogConfig, clock: Clock, signal: AbortSignal): Promise<Link> {
  const socket = connect(config);
  const loss = watch(socket);
  await whileStanding(socket, loss, signal, async () => {
    await happens(socket, config.transport === 'tls' ? 'secureConnect' : 'connect', loss.signal);
  });
  socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  return {
    isOpen: () => !loss.signal.aborted && socket.writable,
    send: (frames, stop) =>
      whileStanding(socket, loss, stop, async () => {
        await written(socket, frames);
        await acknowledged(socket, clock, loss.signal);
        await clock.sleep(config.confirm_after, loss.signal);
      }),
    close: async () => {
      socket.end();
      await clock.sleep(CLOSE_MS, loss.signal);
      socket.destroy();
    },
  };
}

function connect({ host, port, transport, ca, cert, key, server_name: serverName }: SyslogConfig): Socket {
  if (transport === 'tcp') return connectTcp({ host, port });
  const name = serverName ?? host;
  return connectTls({
    host,
    port,
    // An address is no name to ask for, and OpenSSL would refuse it; the certificate is checked against it all the same.
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca && { ca: ca.reveal() }),
    ...(cert && { cert: cert.reveal() }),
    ...(key && { key: key.reveal() }),
    minVersion: 'TLSv1.2',
  });
}

interface Loss {
  /** Aborts when the connection is lost. */
  readonly signal: AbortSignal;
  code(): string;
}

/** The first sign counts: what follows it is a consequence. What a receiver says is dropped, for syslog has no answers. */
function watch(socket: Socket): Loss {
  const lost = new AbortController();
  let code: string | undefined;
  let hasAnswered = false;
  const lose = (because: string): void => {
    code ??= because;
    lost.abort();
  };
  socket.on('data', () => {
    hasAnswered = true;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => lose(error.code ?? 'UNKNOWN'));
  socket.on('end', () => lose(hasAnswered ? 'ANSWERED' : 'ENDED'));
  socket.on('close', () => lose(hasAnswered ? 'ANSWERED' : 'ENDED'));
  return { signal: lost.signal, code: () => code ?? 'ENDED' };
}

/** Runs `work`; throws where the connection is lost by its end, and gives the connection up when told to stop. */
async function whileStanding(
  socket: Socket,
  loss: Loss,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const giveUp = (): void => void socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) giveUp();
    else await work();
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  if (loss.signal.aborted || signal.aborted) {
    socket.destroy();
    throw new LinkError(loss.code());
  }
}

/** Resolves on the event or on the loss, whichever comes first. */
function happens(socket: Socket, event: string, lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (lost.aborted) return resolve();
    socket.once(event, () => resolve());
    lost.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves when our kernel has taken all of it, or the socket is lost. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

async function acknowledged(socket: Socket, clock: Clock, lost: AbortSignal): Promise<void> {
  let waitMs = FIRST_LOOK_MS;
  while (!lost.aborted && ((await unacknowledgedBytes(socket)) ?? 0) > 0) {
    await clock.sleep(waitMs, lost);
    waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS);
  }
}
