import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Notification, NotifiedAlert } from '../../src/core/alert.ts';
import type { Destination } from '../../src/core/delivery.ts';
import { notificationId, openingId, placeOf } from '../../src/core/notification-id.ts';
import type { PostedMessage } from '../../src/demo/receivers/slack-api.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { slackDestination } from '../../src/destinations/slack/index.ts';
import { runs } from '../seed.ts';
import { alert, NOW_MS, notification } from './deliveries.ts';
import { alerted, closeAll, deliver, firstLine, methods, opened, paper, slack } from './slack-stage.ts';

afterEach(closeAll);

const GREEN = '#2b8a3e';
const MONDAY = openingId('9f2c51d07a3be846', NOW_MS);
const LATER = openingId('9f2c51d07a3be846', NOW_MS + 3_600_000);

const [sqli, scanner] = [
  alert({ fingerprint: 'a'.repeat(16) }),
  alert({ fingerprint: 'b'.repeat(16), rule: 'scanner', ruleName: 'Scanner', severity: 'MEDIUM' }),
];
const over = (one: NotifiedAlert): NotifiedAlert => ({
  ...one,
  state: 'resolved',
  resolvedAtMs: NOW_MS,
  newCount: 0,
});
const inHand = (one: NotifiedAlert, by = 'ann', note?: string): NotifiedAlert => ({
  ...one,
  state: 'acknowledged',
  newCount: 0,
  acknowledged: { by, atMs: NOW_MS, ...(note === undefined ? {} : { note }) },
});

function told(
  number: number,
  reason: Notification['reason'],
  more: Partial<Notification> = {},
  opening = MONDAY,
): Notification {
  const group = { source: 'akto-prod', actor: '203.0.113.9' };
  const alerts = more.alerts ?? [reason === 'resolved' ? over(sqli) : sqli];
  return notification({ id: notificationId(opening, number), reason, group, ...more, alerts });
}
/** The group's next opening, soon after the last one's end. */
const again = (number: number, reason: Notification['reason'], more: Partial<Notification> = {}) =>
  told(number, reason, { recurrence: { times: 3, continues: MONDAY }, ...more }, LATER);

const tell = (destination: Destination, ...all: readonly Notification[]) =>
  all.reduce(async (before, each) => {
    await before;
    expect(await deliver(destination, alerted(each)), each.id).toEqual({ kind: 'done' });
  }, Promise.resolve());

const roots = (all: readonly PostedMessage[]) => all.filter(({ threadTs }) => threadTs === undefined);
const answers = (all: readonly PostedMessage[]) =>
  all
    .filter(({ threadTs }) => threadTs !== undefined)
    .map(({ isBroadcast, payload }) => [isBroadcast, firstLine(payload)]);
const colourOf = (message: PostedMessage | undefined): unknown => {
  const attachments = message?.payload['attachments'];
  return Array.isArray(attachments) ? Object(attachments[0])['color'] : undefined;
};
const textOf = (message: PostedMessage | undefined): string => JSON.stringify(message?.payload ?? {});

describe('a bot shows', () => {
  it('who has a group in hand, in its message and quietly in its thread', async () => {
    const { receiver, destination } = await slack();
    const handled = inHand(sqli, 'ann', 'blocking it at the edge');
    await tell(destination, told(1, 'opened'));
    await tell(
      destination,
      told(2, 'acknowledged', { alerts: [handled], isAcknowledged: true, newCount: 0 }),
    );
    const [root] = receiver.posted();
    expect(firstLine(root?.payload ?? {})).toBe(
      '🟠 *HIGH* · acknowledged by ann · *SQL injection* `203.0.113.9`',
    );
    expect(textOf(root)).toContain('In the hands of *ann*');
    expect(answers(receiver.posted())).toEqual([[false, '👤 acknowledged by ann: blocking it at the edge']]);
  });

  it('what is in hand where not all of it is', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(1, 'opened', { alerts: [sqli, scanner] }));
    await tell(destination, told(2, 'acknowledged', { alerts: [sqli, inHand(scanner, 'bo')], newCount: 0 }));
    const [root, reply] = receiver.posted();
    expect(firstLine(root?.payload ?? {})).toBe(
      '🟠 *HIGH* · *2 rules*: SQL injection, Scanner · `203.0.113.9`',
    );
    expect(textOf(root)).toContain('In the hands of *bo*');
    expect(reply?.payload['text']).toBe('👤 acknowledged by bo\nScanner: 1 of 2 alerts');
  });

  it('what is over of a group that goes on, in its message alone', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(1, 'opened', { alerts: [sqli, scanner] }));
    await tell(destination, told(2, 'shrank', { alerts: [sqli, over(scanner)], newCount: 0 }));
    expect(receiver.posted()).toHaveLength(1);
    const [root] = receiver.posted();
    expect(String(root?.payload['text'])).toContain('1 of 2 alerts is over · 114 matches');
    expect(colourOf(root)).toBe('#e8590c');
    expect(JSON.stringify(root?.payload['attachments'])).toContain(`"color":"${GREEN}"`);
  });

  it('whom nobody acknowledged, as a message of its own where it had none', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(3, 'escalated', { unacknowledgedMs: 900_000, newCount: 0 }));
    expect(firstLine(receiver.posted()[0]?.payload ?? {})).toBe(
      '🟠 *HIGH* · nobody acknowledged it for 15 min · *SQL injection* `203.0.113.9`',
    );
    expect(textOf(receiver.posted()[0])).not.toContain('nothing new');
    await tell(destination, told(4, 'resolved'));
    expect(colourOf(receiver.posted()[0])).toBe(GREEN);
  });

  it('the end of a group of which nothing is left to be shown', async () => {
    const { receiver, destination } = await slack();
    await tell(
      destination,
      told(1, 'opened'),
      told(2, 'resolved', { alerts: [], severity: 'HIGH', newCount: 0 }),
    );
    const [root] = receiver.posted();
    expect(root?.payload['text']).toBe(
      '✅ *Resolved* · was HIGH · *Alerts* `203.0.113.9`\nnone of its alerts is open any more',
    );
    expect(colourOf(root)).toBe(GREEN);
  });

  it('the worst of hundreds, and counts the rest', async () => {
    const { receiver, destination } = await slack();
    const alerts = Array.from({ length: 300 }, (_, i) =>
      alert({ fingerprint: `${i}`, newCount: 2, count: 2 }),
    );
    await tell(destination, told(1, 'opened', { alerts, omittedAlerts: 200, newCount: 1_000 }));
    expect(textOf(receiver.posted()[0])).toContain('… 487 more alerts, with 974 new matches');
    await tell(
      destination,
      told(2, 'resolved', { alerts: alerts.map(over), omittedAlerts: 200, newCount: 0 }),
    );
    expect(textOf(receiver.posted()[0])).toContain('… 487 more alerts"');
  });
});

describe('what comes back soon', () => {
  it('goes on in its message, loudly where it is news', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(1, 'opened'), told(2, 'resolved'), again(3, 'opened'));
    const [root] = receiver.posted();
    expect(roots(receiver.posted())).toHaveLength(1);
    expect(firstLine(root?.payload ?? {})).toBe(
      '🟠 *HIGH* · back again: third time today · *SQL injection* `203.0.113.9`',
    );
    expect(colourOf(root)).toBe('#e8590c');
    await tell(destination, again(4, 'resolved'));
    expect(colourOf(receiver.posted()[0])).toBe(GREEN);
    expect(answers(receiver.posted())).toEqual([
      [false, '✅ *Resolved* · was HIGH · *SQL injection* `203.0.113.9`'],
      [true, '🟠 *HIGH* · back again: third time today · *SQL injection* `203.0.113.9`'],
      [false, '✅ *Resolved* · was HIGH · *SQL injection* `203.0.113.9`'],
    ]);
  });

  it('is mild and wakes nobody at first, then wakes in the same thread', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(1, 'opened'), told(2, 'resolved'));
    await tell(destination, again(3, 'opened', { isQuiet: true, newCount: 0 }));
    expect(colourOf(receiver.posted()[0])).toBe('#e8590c');
    await tell(destination, again(4, 'opened'));
    expect(roots(receiver.posted())).toHaveLength(1);
    expect(answers(receiver.posted()).map(([isBroadcast]) => isBroadcast)).toEqual([false, false, true]);
  });

  it.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
    'has a message of its own where the old one cannot be changed (%s), if it is news',
    async (error) => {
      let isOld = false;
      const { receiver, destination } = await slack({
        apiFaults: (method) => (isOld && method === 'chat.update' ? { error } : undefined),
      });
      await tell(destination, told(1, 'opened'), told(2, 'resolved'));
      isOld = true;
      await tell(destination, again(3, 'opened', { isQuiet: true, newCount: 0 }));
      expect(roots(receiver.posted())).toHaveLength(1);
      await tell(destination, again(4, 'opened'));
      isOld = false;
      await tell(destination, again(5, 'resolved'));
      expect(roots(receiver.posted()).map(colourOf)).toEqual([GREEN, GREEN]);
      expect(firstLine(roots(receiver.posted())[1]?.payload ?? {})).toMatch(/^✅/);
    },
  );

  it('is not ended by what comes late of the last time', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(1, 'opened'), again(3, 'opened'), told(2, 'resolved'));
    expect(colourOf(receiver.posted()[0])).toBe('#e8590c');
    expect(answers(receiver.posted()).map(([isBroadcast]) => isBroadcast)).toEqual([true, false]);
  });

  it('opens a message where the last time is not known here', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, again(3, 'opened'));
    expect(firstLine(receiver.posted()[0]?.payload ?? {})).toContain('back again: third time today');
  });
});

describe('whoever never heard of an opening', () => {
  it.each<[string, Notification]>([
    ['end', told(2, 'resolved')],
    ['acknowledgement', told(2, 'acknowledged', { alerts: [inHand(sqli)], isAcknowledged: true })],
    ['part that is over', told(2, 'shrank', { alerts: [sqli, over(scanner)] })],
    ['mild return', again(2, 'opened', { isQuiet: true })],
    ['end of a mild return', again(2, 'resolved')],
  ])('is not told of its %s', async (_, each) => {
    const { receiver, destination } = await slack();
    await tell(destination, each);
    expect(methods(receiver)).toEqual([]);
  });

  it('is told of it as over, should it be told after its end', async () => {
    const { receiver, destination } = await slack();
    await tell(destination, told(2, 'resolved'), told(1, 'opened'));
    const [root] = receiver.posted();
    expect(receiver.posted()).toHaveLength(1);
    expect(root?.payload['text']).toMatch(/^✅ \*Resolved\* · was HIGH .*\n.*12 new matches \(57 in all\)$/);
    expect(colourOf(root)).toBe(GREEN);
  });

  it('did hear of it where the message stands there though its answer was lost, and it was given up', async () => {
    let count = 0;
    const { receiver, restart } = await slack({
      faults: () => (count++ === 0 ? { kind: 'reset-after' } : undefined),
    });
    expect(await deliver(restart(), alerted(told(1, 'opened')))).toMatchObject({ kind: 'retry' });
    await tell(restart(), told(2, 'resolved'));
    expect(receiver.posted().map(colourOf)).toEqual([GREEN, undefined]);
    expect(roots(receiver.posted())).toHaveLength(1);
  });
});

it('an end turns its message in the channel where it stands, although the configuration names another by now', async () => {
  const { receiver, restart } = await slack({ channels: new Map([['#second', 'C0SECOND00']]) });
  await tell(restart(), told(1, 'opened'));
  const moved = restart({ channel: 'C0SECOND00' });
  await tell(
    moved,
    told(2, 'acknowledged', { alerts: [inHand(sqli)], isAcknowledged: true }),
    told(3, 'resolved'),
  );
  expect(roots(receiver.posted()).map(colourOf)).toEqual([GREEN]);
  expect(new Set(receiver.posted().map(({ channel }) => channel))).toEqual(new Set([receiver.channel]));
});

it('an incoming webhook has a message for each time, which says which it is, and none for what only edits', async () => {
  const { receiver, clock } = await slack();
  const config = slackConfig.parse({ name: 'chat', type: 'slack', url: receiver.url });
  const chat = opened(slackDestination.create({ ...config, timeout: 60_000 }, { clock, random: () => 0.5 }));
  expect(chat.hearing).toBeUndefined();
  await tell(chat, told(1, 'opened'), told(2, 'resolved'), again(3, 'opened'));
  await tell(
    chat,
    again(4, 'acknowledged', { isAcknowledged: true }),
    again(5, 'shrank'),
    again(6, 'opened', { isQuiet: true }),
  );
  expect(receiver.messages.map(({ payload }) => firstLine(payload))).toEqual([
    '🟠 *HIGH* · *SQL injection* `203.0.113.9`',
    '✅ *Resolved* · was HIGH · *SQL injection* `203.0.113.9`',
    '🟠 *HIGH* · back again: third time today · *SQL injection* `203.0.113.9`',
  ]);
});

it('a channel that the bot has left does not hold what the new one is to be told', async () => {
  let hasLeft = false;
  const { receiver, restart } = await slack({
    channels: new Map([['#second', 'C0SECOND00']]),
    apiFaults: (_, { channel }) =>
      hasLeft && channel === 'C0LOCALDEMO' ? { error: 'not_in_channel' } : undefined,
  });
  await tell(restart(), told(1, 'opened'));
  hasLeft = true;
  const moved = restart({ channel: 'C0SECOND00' });
  expect(await deliver(moved, alerted(told(2, 'resolved')))).toMatchObject({
    kind: 'dead',
    reason: expect.stringContaining('not_in_channel'),
  });
  await tell(moved, again(3, 'opened'));
  expect(receiver.posted().map(({ channel }) => channel)).toEqual([receiver.channel, 'C0SECOND00']);
});

describe('eight messages that end together', () => {
  it.each<[string, (update: number) => { error: string; retryAfter?: number } | undefined]>([
    ['one after the other', () => undefined],
    [
      'though Slack asks for patience at every other change',
      (update) => (update % 2 === 0 ? { error: 'ratelimited', retryAfter: 30 } : undefined),
    ],
    ['though Slack fails at first', (update) => (update < 9 ? { error: 'internal_error' } : undefined)],
  ])('all turn green, %s', async (_, faultOf) => {
    let updates = 0;
    const { receiver, destination, clock } = await slack({
      apiFaults: (method) => (method === 'chat.update' ? faultOf(updates++) : undefined),
    });
    const openings = Array.from({ length: 8 }, (_, i) => openingId(`${i}f2c51d07a3be846`, NOW_MS));
    for (const opening of openings) await tell(destination, told(1, 'opened', {}, opening));
    const startMs = clock.now();
    let waiting = openings.map((opening) => told(2, 'resolved', {}, opening));
    for (let round = 0; waiting.length > 0 && round < 20; round += 1) {
      const left: Notification[] = [];
      for (const each of waiting) {
        const outcome = await deliver(destination, alerted(each));
        if (outcome.kind !== 'done') {
          expect(outcome.kind).toBe('retry');
          left.push(each);
        }
      }
      waiting = left;
    }
    expect(roots(receiver.posted()).map(colourOf)).toEqual(openings.map(() => GREEN));
    expect(answers(receiver.posted()).every(([isBroadcast]) => isBroadcast === false)).toBe(true);
    expect(answers(receiver.posted())).toHaveLength(8);
    // In the pace of one call a second, which is not waited for longer than that.
    expect(clock.now() - startMs).toBeLessThan(60_000);
  });
});

/** Everything that two openings of a group bring, in its order. */
const LIFE: readonly Notification[] = [
  told(1, 'opened'),
  told(2, 'grew', { alerts: [sqli, scanner] }),
  told(3, 'acknowledged', { alerts: [inHand(sqli), inHand(scanner)], isAcknowledged: true, newCount: 0 }),
  told(4, 'shrank', { alerts: [inHand(sqli), over(scanner)], newCount: 0 }),
  told(5, 'resolved', { alerts: [over(sqli), over(scanner)], newCount: 0 }),
  again(6, 'opened', { isQuiet: true, newCount: 0 }),
  again(7, 'opened'),
  again(8, 'repeat', { newCount: 3 }),
  again(9, 'resolved', { newCount: 0 }),
];

/** The newest that the first message is to show, by what comes in that order; what opens after its end has a message of its own. */
function newestShown(order: readonly Notification[]): Notification | undefined {
  let newest = 0;
  let second: 'unheard' | 'goes on' | 'over' = 'unheard';
  for (const { id, reason } of order) {
    const { opening, number } = placeOf(id);
    if (opening === LATER && second === 'unheard') second = reason === 'resolved' ? 'over' : 'goes on';
    if (opening === MONDAY || second === 'goes on') newest = Math.max(newest, number);
  }
  return LIFE[newest - 1];
}

it('whatever is lost, retried, repeated or late, the message shows the newest notification', async () => {
  const step = fc.record({
    /** Before its turn, by as many places. */
    early: fc.nat({ max: 4 }),
    isRepeated: fc.boolean(),
    fault: fc.constantFrom('none', 'none', 'lost', 'ratelimited', 'crash'),
    /** Which call of Slack's, or which page of the notebook. */
    at: fc.nat({ max: 4 }),
  });
  const steps = fc.array(step, { minLength: LIFE.length, maxLength: LIFE.length });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 2 * LIFE.length }), async (all, length) => {
      const memory = paper();
      const written = memory.set;
      let calls = 0;
      let word = '';
      const isNow = (fault: string): boolean => word === fault && calls-- === 0;
      const { receiver, restart } = await slack(
        {
          apiFaults: () => (isNow('ratelimited') ? { error: 'ratelimited', retryAfter: 1 } : undefined),
          faults: () => (isNow('lost') ? { kind: 'reset-after' } : undefined),
        },
        { memory },
      );
      /** The process that hangs at that page is given up. */
      const crash = async (each: Notification, at: number): Promise<void> => {
        let pages = 0;
        await new Promise<unknown>((resolve) => {
          memory.set = (key, value) => {
            pages += 1;
            if (pages <= at) return written(key, value);
            resolve(undefined);
            return new Promise(() => {});
          };
          void deliver(restart(), alerted(each)).then(resolve);
        });
        memory.set = written;
      };
      const order = LIFE.map((each, i) => ({
        each,
        at: i === 0 ? 0 : Math.max(0.5, i - 1.5 * (all[i]?.early ?? 0)),
      }))
        .toSorted((a, b) => a.at - b.at)
        .flatMap(({ each }, i) => (all[i]?.isRepeated === true ? [each, each] : [each]))
        .slice(0, length);
      for (const [i, each] of order.entries()) {
        const { fault = 'none', at = 0 } = all[i % all.length] ?? {};
        if (fault === 'crash') await crash(each, at);
        [word, calls] = [fault, at];
        const destination = restart();
        let outcome = await deliver(destination, alerted(each));
        word = '';
        for (let n = 0; outcome.kind !== 'done' && n < 5; n += 1)
          outcome = await deliver(destination, alerted(each));
        expect(outcome).toEqual({ kind: 'done' });
      }
      const ids = receiver.posted().map(({ payload }) => JSON.stringify(payload['metadata']));
      expect(new Set(ids).size).toBe(ids.length);
      const [first, ...others] = roots(receiver.posted());
      const newest = newestShown(order);
      expect(colourOf(first)).toBe(newest?.reason === 'resolved' ? GREEN : '#e8590c');
      for (const other of others) expect(colourOf(other)).toBe(GREEN);
      await closeAll();
    }),
    { numRuns: runs(80) },
  );
});
