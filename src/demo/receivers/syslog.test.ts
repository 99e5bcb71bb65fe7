import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { passesOf } from '../../../test/cpu-time.ts';
import { createFrameReader } from './octet-counting.ts';
import { type SyslogReceiver, startSyslogReceiver } from './syslog.ts';
import { parseSyslog } from './syslog-message.ts';

let receiver: SyslogReceiver;
afterEach(() => receiver?.close());

const MESSAGE = '<131>1 2026-11-21T20:44:05.250Z h a - event [t@1 id="a\\"\\]\\\\"] \ufefftext';

describe('a syslog receiver', () => {
  it.each([
    ['lines instead of counts', `${MESSAGE}\n`, 'no octet count'],
    ['a count of nothing', '0 ', 'no octet count'],
    ['a count that never ends', '1'.repeat(64), 'no octet count'],
    ['a count of a gigabyte', '999999999 x', 'no octet count'],
    ['a message that is too large', '99999999 x', 'larger than'],
    ['no syslog', '5 hello', 'no RFC 5424 message'],
  ])('ends a connection that sends %s', async (_, text, complaint) => {
    receiver = await startSyslogReceiver();
    const socket = connect(receiver.port, '127.0.0.1').on('error', () => {});
    const closed = once(socket.resume(), 'close');
    socket.write(text);
    await closed;
    expect(receiver.complaints).toEqual([expect.stringContaining(complaint)]);
  });

  it('takes what is counted in bytes, and an id once', async () => {
    receiver = await startSyslogReceiver();
    const frame = `${Buffer.byteLength(MESSAGE)} ${MESSAGE}`;
    const socket = connect(receiver.port, '127.0.0.1');
    socket.write(frame + frame);
    await vi.waitFor(() => expect(receiver.counts.get('a"]\\')).toBe(2), { timeout: 60_000 });
    expect(receiver.messages).toMatchObject([{ facility: 16, severity: 3, text: 'text', hasBom: true }]);
    socket.destroy();
  });
});

it('what is no message is none, and takes no time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parseSyslog(Buffer.from(bytes)) === undefined),
  );
  const endless = Buffer.from(`<131>1 - - - - - [a id="${'\\'.repeat(500_000)}`);
  expect(parseSyslog(endless)).toBeUndefined();
  expect(passesOf(() => parseSyslog(endless), 100)).toBeLessThan(100);
});

it('frames come out as they went in, however the stream is cut', () => {
  const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 500 }), (sent, size) => {
      const stream = Buffer.concat(sent.flatMap((each) => [Buffer.from(`${each.length} `), each]));
      const reader = createFrameReader(2_000);
      const got: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size)
        got.push(...reader.push(stream.subarray(at, at + size)));
      expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
      expect(got.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
    }),
  );
});
