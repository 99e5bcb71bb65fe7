import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

/** Whose certificates are taken. */
export interface TlsTrust {
  /** False trusts any. */
  readonly verify: boolean;
  /** PEM, instead of the system's. */
  readonly ca?: string;
}

/** Longer heads are refused by Node itself. */
const MAX_HEAD = 16_384;
const COMPRESSED = /\r\ncontent-encoding:/i;

/**
 * Keeps connections, and tells what happens on them. needle, which splunk-logging sends through,
 * reads answers of any size, unpacks any that calls itself compressed, and never calls back when a
 * connection breaks in the middle of one.
 */
export interface WatchedAgent {
  readonly agent: HttpAgent;
  /** Begins one exchange. Only one may be under way. */
  watch(watcher: SocketWatcher): void;
  /** Ends the exchange; the connection is kept if it is whole. */
  unwatch(): void;
}

interface SocketWatcher {
  /** An answer that must not be read on: longer than `maxBytes`, or compressed, which nobody asked for. */
  unfit(why: string): void;
  /** The connection in use closed, and whatever came before has been dealt with. */
  closed(): void;
}

/** @param trust undefined: without TLS */
export function createWatchedAgent(trust: TlsTrust | undefined, maxBytes: number): WatchedAgent {
  let watcher: SocketWatcher | undefined;
  let receivedBytes = 0;
  let head = '';
  const agent = createAgent(trust, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
      if (receivedBytes > maxBytes) watcher?.unfit(`more than ${maxBytes} bytes`);
      head += chunk.toString('latin1', 0, MAX_HEAD - head.length);
      if (COMPRESSED.test(head)) watcher?.unfit('compressed');
    });
    socket.on('close', () => afterCallbacks(() => isIdle(agent) && watcher?.closed()));
  });
  return {
    agent,
    watch: (next) => {
      receivedBytes = 0;
      head = '';
      watcher = next;
    },
    unwatch: () => {
      watcher = undefined;
    },
  };
}

function createAgent(trust: TlsTrust | undefined, opened: (socket: Duplex) => void): HttpAgent {
  const options: AgentOptions = { keepAlive: true };
  const agent =
    trust === undefined ? new HttpAgent(options) : new HttpsAgent({ ...options, ...tlsOptions(trust) });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (args: ClientRequestArgs, callback) => {
    const socket = connect(args, callback);
    if (socket) opened(socket);
    return socket;
  };
  return agent;
}

function tlsOptions({ verify, ca }: TlsTrust): { rejectUnauthorized: boolean; ca?: string } {
  return { rejectUnauthorized: verify, ...(ca === undefined ? {} : { ca }) };
}

/** Whether no exchange is under way; a kept connection may close at any time without meaning anything. */
function isIdle(agent: HttpAgent): boolean {
  return Object.values(agent.sockets).every((sockets) => sockets === undefined || sockets.length === 0);
}

/** A whole answer may still be on its way through needle's streams, which takes some ticks and no I/O. */
function afterCallbacks(then: () => void): void {
  setImmediate(() => setImmediate(then));
}
