import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { unacknowledgedBytes } from './acknowledged.ts';

it.runIf(process.platform === 'linux')(
  'bytes that the far side has no room for are not acknowledged, and those that it takes are',
  async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const address = server.address();
    const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
    try {
      await once(socket, 'connect');
      const [far] = await accepted;
      expect(await unacknowledgedBytes(socket)).toBe(0);
      socket.write(Buffer.alloc(32_000_000));
      await vi.waitFor(async () => expect(await unacknowledgedBytes(socket)).toBeGreaterThan(0), {
        timeout: 60_000,
      });
      far.resume();
      await vi.waitFor(async () => expect(await unacknowledgedBytes(socket)).toBe(0), 60_000);
    } finally {
      socket.destroy();
      server.close();
    }
  },
);
