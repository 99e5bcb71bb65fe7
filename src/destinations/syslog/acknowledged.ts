import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/**
 * How many bytes of a connection the far side's kernel has not acknowledged; undefined where this system does not
 * tell. A write that succeeded says nothing: megabytes wait in our own kernel while the far side is gone.
 */
export async function unacknowledgedBytes(socket: Socket): Promise<number | undefined> {
  const { localPort, remotePort, remoteFamily } = socket;
  if (localPort === undefined || remotePort === undefined) return undefined;
  const table = await readFile(remoteFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'latin1').catch(
    () => undefined,
  );
  return table === undefined ? undefined : sendQueue(table, localPort, remotePort);
}

/** `sl local_address rem_address st tx_queue:rx_queue …`, addresses and ports in hexadecimal. Only Linux has it. */
function sendQueue(table: string, localPort: number, remotePort: number): number | undefined {
  const row = new RegExp(`:${hex(localPort)} [0-9A-F]+:${hex(remotePort)} [0-9A-F]{2} ([0-9A-F]{8}):`, 'g');
  // Two hosts may be reached over the same pair of ports: the longer queue errs on the safe side.
  const queues = [...table.matchAll(row)].map(([, queue]) => Number.parseInt(queue ?? '0', 16));
  return queues.length === 0 ? undefined : Math.max(...queues);
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
