import { afterEach, expect, it } from 'vitest';
import type { PostedMessage } from '../../src/demo/receivers/slack-api.ts';
import { RESOLVE_AFTER_S, route, Scene } from '../pipeline/scene.ts';
import { closeAll, deliver, firstLine, opened, slack } from './slack-stage.ts';

/** Longer than any alert here lasts, with its end. */
const OVER = RESOLVE_AFTER_S + 360;
const GREEN = '#2b8a3e';

afterEach(closeAll);

/** What real alerting decides, told by a real bot; whatever it asks to try again is tried again, behind the others. */
async function stage(options: Parameters<typeof slack>[0] = {}) {
  const scene = opened(new Scene([route({ to: ['bot'] })]));
  const { receiver, destination } = await slack(options);
  let delivered = 0;
  const tell = async (): Promise<void> => {
    const sent = scene.sent('bot').map(({ delivery }) => delivery);
    let waiting = sent.slice(delivered);
    delivered = sent.length;
    for (let round = 0; waiting.length > 0 && round < 50; round += 1) {
      const left: typeof waiting = [];
      for (const each of waiting) {
        const { kind } = await deliver(destination, each);
        if (kind !== 'done') left.push(each);
      }
      waiting = left;
    }
    expect(waiting).toEqual([]);
  };
  return { scene, receiver, tell };
}

const roots = (all: readonly PostedMessage[]) => all.filter(({ threadTs }) => threadTs === undefined);
const colours = (all: readonly PostedMessage[]) =>
  roots(all).map(({ payload }) => {
    const attachments = payload['attachments'];
    return Array.isArray(attachments) ? Object(attachments[0])['color'] : undefined;
  });
const heads = (all: readonly PostedMessage[]) =>
  all.map(({ isBroadcast, threadTs, payload }) => {
    const place = threadTs === undefined ? 'channel' : isBroadcast ? 'both' : 'thread';
    return `${place}: ${firstLine(payload)}`;
  });

it('eight HIGH messages that end together all turn, though every third call is one too many for Slack', async () => {
  let calls = 0;
  const { scene, receiver, tell } = await stage({
    apiFaults: () => (calls++ % 3 === 2 ? { error: 'ratelimited', retryAfter: 1 } : undefined),
  });
  // In two lots, as many as its rate takes at a time.
  for (const names of [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ]) {
    await scene.match(names.map((name) => `sqli/a${name}`));
    await scene.run(60);
  }
  await tell();
  expect(roots(receiver.posted())).toHaveLength(8);
  await scene.run(OVER);
  await tell();
  expect(colours(receiver.posted())).toEqual(Array.from({ length: 8 }, () => GREEN));
  expect(heads(receiver.posted()).filter((head) => head.startsWith('thread: ✅'))).toHaveLength(8);
});

it('what is severe and back goes on in its message, and each time shows in the channel', async () => {
  const { scene, receiver, tell } = await stage();
  for (let time = 0; time < 3; time += 1) {
    await scene.match(['sqli/eve']);
    await scene.run(60);
    await tell();
    expect(colours(receiver.posted())).toEqual(['#e8590c']);
    await scene.run(OVER);
    await tell();
    expect(colours(receiver.posted())).toEqual([GREEN]);
  }
  expect(heads(receiver.posted())).toEqual([
    'channel: ✅ *Resolved* · was HIGH · *sqli* `eve`',
    'thread: ✅ *Resolved* · was HIGH · *sqli* `eve`',
    'both: 🟠 *HIGH* · back again: second time today · *sqli* `eve`',
    'thread: ✅ *Resolved* · was HIGH · *sqli* `eve`',
    'both: 🟠 *HIGH* · back again: third time today · *sqli* `eve`',
    'thread: ✅ *Resolved* · was HIGH · *sqli* `eve`',
  ]);
});

it('what is mild and back wakes nobody: one message, and a thread that says so', async () => {
  const { scene, receiver, tell } = await stage();
  for (let time = 0; time < 2; time += 1) {
    await scene.match(['probe/eve'], { severity: 'LOW' });
    await scene.run(60);
    await tell();
    await scene.run(OVER);
    await tell();
  }
  expect(heads(receiver.posted())).toEqual([
    'channel: ✅ *Resolved* · was LOW · *probe* `eve`',
    'thread: ✅ *Resolved* · was LOW · *probe* `eve`',
    'thread: 🔵 *LOW* · back again: second time today · *probe* `eve`',
    'thread: ✅ *Resolved* · was LOW · *probe* `eve`',
  ]);
  expect(colours(receiver.posted())).toEqual([GREEN]);
});

it('an acknowledgement and what is news after it stand in one thread', async () => {
  const { scene, receiver, tell } = await stage();
  await scene.match(['sqli/eve']);
  await scene.run(60);
  await scene.acknowledge('sqli/eve');
  await scene.run(60);
  await tell();
  expect(heads(receiver.posted())).toEqual([
    expect.stringMatching(/^channel: 🟠 \*HIGH\* · acknowledged by \w+ · \*sqli\* `eve`$/),
    expect.stringMatching(/^thread: 👤 acknowledged by \w+/),
  ]);
  await scene.run(OVER);
  await tell();
  expect(colours(receiver.posted())).toEqual([GREEN]);
});
