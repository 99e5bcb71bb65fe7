import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Notification } from '../../src/core/alert.ts';
import type { DestinationMemory } from '../../src/core/delivery.ts';
import { type FaultSchedule, startSlackReceiver } from '../../src/demo/receivers/index.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { digestDelivery } from './digests.ts';
import { STORY } from './slack-samples.ts';
import {
  alerted,
  closeAll,
  createBot,
  deliver,
  fastClock,
  firstLine,
  methods,
  opened,
  paper,
  slack,
  slowClock,
} from './slack-stage.ts';

afterEach(closeAll);

function story(step: number): Notification {
  const told = STORY[step];
  if (told === undefined) throw new Error(`the story has no step ${step}`);
  return told;
}

const [first, grown, repeated, over] = [
  alerted(story(0)),
  alerted(story(1)),
  alerted(story(2)),
  alerted(story(3)),
];
/** The same group's next opening. */
const reopened = alerted({ ...story(0), id: 'alert/9f2c51d07a3be846/mi9zzzzz/5' });

describe('a bot', () => {
  it('keeps one message a group current, tells the rest in its thread, and turns it green', async () => {
    const { receiver, destination } = await slack();
    for (const step of [first, grown, repeated, over])
      expect(await deliver(destination, step)).toEqual({ kind: 'done' });
    const [root, ...replies] = receiver.posted();
    expect(firstLine(root?.payload ?? {})).toBe(
      '✅ *Resolved* · was CRITICAL · *SQL injection* `203.0.113.9`',
    );
    expect(root?.payload).toMatchObject({ attachments: [{ color: '#2b8a3e' }, {}], parse: 'none' });
    expect([root?.edits, root?.threadTs]).toEqual([3, undefined]);
    expect(
      replies.map(({ threadTs, isBroadcast, payload }) => [threadTs, isBroadcast, firstLine(payload)]),
    ).toEqual([
      [
        root?.ts,
        true,
        '🔴 *CRITICAL* · more of it · *2 rules*: SQL injection, Path traversal · `203.0.113.9`',
      ],
      [root?.ts, true, '🔴 *CRITICAL* · still going on · *SQL injection* `203.0.113.9`'],
      [root?.ts, false, '✅ *Resolved* · was CRITICAL · *SQL injection* `203.0.113.9`'],
    ]);
  });

  it('says it in the words of its operator, in the message and in its thread', async () => {
    const { receiver, restart } = await slack();
    const title = '{{ title }}';
    const destination = restart({ template: { title, text: '{{ type }} {{ data.new_count }}' } });
    for (const step of [first, grown, over])
      expect(await deliver(destination, step)).toEqual({ kind: 'done' });
    const [root, ...replies] = receiver.posted();
    expect(JSON.stringify(root?.payload['attachments'])).toContain('alert.resolved');
    expect(root?.payload['text']).toMatch(/^CRITICAL: SQL injection .*\(over\)$/);
    expect(replies.map(({ payload }) => JSON.stringify(payload['attachments']))).toEqual([
      expect.stringContaining('alert.grew'),
      expect.stringContaining('alert.resolved'),
    ]);
  });

  it('counts every match once: what is new in the message and in its answers adds up', async () => {
    const { receiver, destination } = await slack();
    let sent = 0;
    let told = 0;
    for (const step of [first, grown, repeated, over]) {
      await deliver(destination, step);
      sent += step.kind === 'alert' ? step.notification.newCount : 0;
      const line = String(receiver.posted().at(-1)?.payload['text']).split('\n')[1] ?? '';
      told += Number(/([\d,]+) (?:new )?match/.exec(line)?.[1]?.replaceAll(',', ''));
    }
    expect(told).toBe(sent);
  });

  it('finds its message again after a restart, under a channel name too', async () => {
    const { receiver, destination, restart } = await slack({}, { channel: '#oncall' });
    await deliver(destination, first);
    for (const step of [grown, repeated, over])
      expect(await deliver(restart(), step)).toEqual({ kind: 'done' });
    expect(receiver.posted().filter(({ threadTs }) => threadTs === undefined)).toHaveLength(1);
  });

  it('opens another message when the group opens again', async () => {
    const { receiver, destination } = await slack();
    for (const step of [first, over]) await deliver(destination, step);
    expect(await deliver(destination, reopened)).toEqual({ kind: 'done' });
    const roots = receiver.posted().filter(({ threadTs }) => threadTs === undefined);
    expect(roots.map(({ payload }) => firstLine(payload).split(' ')[0])).toEqual(['✅', '🔴']);
    expect(roots).toHaveLength(2);
  });

  it('posts anew in another channel, or once somebody has deleted the message', async () => {
    const { receiver, destination } = await slack();
    await deliver(destination, first);
    receiver.remove(receiver.posted()[0]?.ts ?? '');
    expect(await deliver(destination, grown)).toEqual({ kind: 'done' });
    expect(receiver.posted()).toHaveLength(1);
    expect(await deliver(destination, repeated)).toEqual({ kind: 'done' });
    expect(receiver.posted()).toMatchObject([{ edits: 1 }, { threadTs: receiver.posted()[0]?.ts }]);
  });

  it('does not take an old notification for news', async () => {
    const { receiver, destination } = await slack();
    for (const step of [repeated, first, grown])
      expect(await deliver(destination, step)).toEqual({ kind: 'done' });
    const [root, ...late] = receiver.posted();
    expect([root?.edits, late.map(({ isBroadcast }) => isBroadcast)]).toEqual([0, [false, false]]);
  });

  it('does not put its message back to what an old one says', async () => {
    const { receiver, destination } = await slack();
    for (const step of [first, repeated, grown]) await deliver(destination, step);
    const [root, news, late] = receiver.posted();
    expect(firstLine(root?.payload ?? {})).not.toContain('2 alerts');
    expect([root?.edits, news?.isBroadcast, late?.isBroadcast]).toEqual([1, true, false]);
  });

  it('posts digests on their own, once', async () => {
    const { receiver, destination } = await slack();
    for (let i = 0; i < 2; i += 1)
      expect(await deliver(destination, digestDelivery())).toEqual({ kind: 'done' });
    expect(receiver.posted()).toHaveLength(1);
  });
});

describe('a message whose answer was lost', () => {
  it.each(['reset-after', 'truncate', 'hang', 'slow-body'] as const)(
    '(%s) is not posted twice',
    async (kind) => {
      for (const step of [0, 2]) {
        const lost = new Set<string>();
        const isSlow = kind === 'hang' || kind === 'slow-body';
        const faults: FaultSchedule = (number, path) => {
          const posts = receiver.requests.slice(0, number).filter((each) => each.path === path).length;
          if (path !== '/api/chat.postMessage' || posts !== step + 1 || lost.has(path)) return undefined;
          lost.add(path);
          return isSlow ? { kind, ms: 3_600_000 } : { kind };
        };
        const timeoutMs = isSlow ? 1_500 : 60_000;
        const { receiver, destination, restart } = await slack({ clock: slowClock, faults }, { timeoutMs });
        let retries = 0;
        for (const each of [first, grown, repeated, over]) {
          let outcome = await deliver(destination, each);
          // By another process: the one that tried has crashed.
          if (outcome.kind === 'retry' || outcome.kind === 'unclear')
            outcome = await deliver(restart(), each);
          else retries -= 1;
          retries += 1;
          expect(outcome).toEqual({ kind: 'done' });
        }
        expect(retries).toBe(1);
        expect(receiver.posted()).toHaveLength(4);
      }
    },
  );

  it.each(['fatal_error', 'internal_error'])(
    'and that may stand there in spite of %s is looked for',
    async (error) => {
      let count = 0;
      const { receiver, destination } = await slack({
        apiFaults: (method) => (method === 'chat.postMessage' && count++ === 0 ? { error } : undefined),
      });
      expect(await deliver(destination, first)).toMatchObject({ kind: 'retry' });
      expect(await deliver(destination, first)).toEqual({ kind: 'done' });
      expect(methods(receiver)).toEqual(['chat.postMessage', 'conversations.history', 'chat.postMessage']);
    },
  );

  it('is posted again where the app may not look: a page twice is better than none', async () => {
    let count = 0;
    const { receiver, destination } = await slack({
      scopes: new Set(['chat:write']),
      faults: () => (count++ === 0 ? { kind: 'reset-after' } : undefined),
    });
    expect(await deliver(destination, first)).toMatchObject({ kind: 'retry' });
    expect(await deliver(destination, first)).toEqual({ kind: 'done' });
    expect(receiver.posted()).toHaveLength(2);
  });

  it('is found among hundreds of others', async () => {
    let count = 0;
    const { receiver, destination } = await slack({
      faults: () => (count++ === 0 ? { kind: 'reset-after' } : undefined),
    });
    await deliver(destination, first);
    for (let i = 0; i < 120; i += 1) await deliver(destination, digestDelivery({ id: `digest/${i}` }));
    expect(await deliver(destination, first)).toEqual({ kind: 'done' });
    expect(receiver.posted()).toHaveLength(121);
    expect(methods(receiver).filter((method) => method === 'conversations.history')).toHaveLength(3);
  });

  it('is not looked for where it is certain that it was not taken', async () => {
    let count = 0;
    const { receiver, destination } = await slack({
      apiFaults: () => (count++ === 0 ? { error: 'ratelimited', retryAfter: 30 } : undefined),
    });
    expect(await deliver(destination, first)).toMatchObject({ kind: 'retry', afterMs: 30_000 });
    expect(await deliver(destination, first)).toEqual({ kind: 'done' });
    expect(methods(receiver)).toEqual(['chat.postMessage', 'chat.postMessage']);
  });
});

/** Tells that it was reached, and never ends. */
function hangs(reached: (_: undefined) => void): Promise<never> {
  reached(undefined);
  return new Promise(() => {});
}

describe('a crash', () => {
  it.each([1, 2, 3, 4])('before what was done is written down (page %d) repeats nothing', async (page) => {
    const memory = paper();
    const written = memory.set;
    let count = 0;
    const { receiver, restart } = await slack({}, { memory });
    for (const step of [first, grown, repeated, over]) {
      count = 0;
      // The process that hangs there is given up.
      await new Promise<unknown>((resolve) => {
        memory.set = (key, value) => (++count >= page ? hangs(resolve) : written(key, value));
        void deliver(restart(), step).then(resolve);
      });
      memory.set = written;
      expect(await deliver(restart(), step)).toEqual({ kind: 'done' });
    }
    expect(receiver.posted()).toHaveLength(4);
  });

  it('right after its message was written down repeats nothing, even where it may not look', async () => {
    const memory = paper();
    const written = memory.set;
    const { receiver, restart } = await slack({ scopes: new Set(['chat:write']) }, { memory });
    await new Promise<unknown>((resolve) => {
      memory.set = (key, value) => (value.includes('posted') ? hangs(resolve) : written(key, value));
      void deliver(restart(), first).then(resolve);
    });
    memory.set = written;
    expect(await deliver(restart(), first)).toEqual({ kind: 'done' });
    expect(receiver.posted()).toHaveLength(1);
  });

  it('leaves what the store keeps, as the daemon has it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-slack-'));
    opened({ close: () => rmSync(folder, { recursive: true, force: true }) });
    const file = join(folder, 'store.db');
    const clock = fastClock();
    const receiver = opened(await startSlackReceiver({ clock }));
    for (const step of [first, grown, over]) {
      const store = openSqliteStore({ file, exclusive: true });
      const memory: DestinationMemory = {
        get: (key) => store.readMemory('oncall', key),
        set: (key, value) => store.writeMemory('oncall', key, value, clock.now()),
      };
      const destination = createBot(receiver, clock, memory, { channel: '#oncall' });
      expect(await deliver(destination, step)).toEqual({ kind: 'done' });
      await store.close();
    }
    expect(receiver.posted().filter(({ threadTs }) => threadTs === undefined)).toHaveLength(1);
    expect(receiver.posted()).toHaveLength(3);
  });

  it('of the store alone does not make a bot forget, or post twice', async () => {
    const { receiver, destination } = await slack({}, { memory: paper({ fails: true }) });
    for (const step of [first, first, grown, grown, over]) await deliver(destination, step);
    expect(receiver.posted()).toHaveLength(3);
  });
});

describe("Slack's word", () => {
  it.each<[string, string, string]>([
    ['invalid_auth', 'hold', 'give its new token'],
    ['token_revoked', 'hold', 'give its new token'],
    ['account_inactive', 'hold', 'give its new token'],
    ['missing_scope', 'hold', 'chat:write'],
    ['not_in_channel', 'hold', '/invite'],
    ['channel_not_found', 'hold', '/invite'],
    ['is_archived', 'hold', 'unarchive'],
    ['restricted_action', 'hold', 'administrator'],
    ['a_word_of_next_year', 'unclear', 'a_word_of_next_year'],
    ['<p>planted</p>', 'unclear', 'an error without a word'],
    ['ratelimited', 'retry', 'ratelimited'],
    ['fatal_error', 'retry', 'fatal_error'],
    ['internal_error', 'retry', 'internal_error'],
    ['service_unavailable', 'retry', 'service_unavailable'],
    ['msg_too_long', 'dead', 'msg_too_long'],
    ['invalid_blocks', 'dead', 'invalid_blocks'],
    ['invalid_metadata_format', 'dead', 'invalid_metadata_format'],
  ])('%s on a new message is %s', async (error, kind, words) => {
    const { destination } = await slack({ apiFaults: () => ({ error }) });
    expect(await deliver(destination, first)).toMatchObject({ kind, reason: expect.stringContaining(words) });
  });

  it.each<[string, string]>([
    ['is_archived', 'hold'],
    ['ratelimited', 'retry'],
    ['message_not_found', 'done'],
    ['cant_update_message', 'done'],
    ['edit_window_closed', 'done'],
    ['msg_too_long', 'dead'],
  ])('%s on a change is %s', async (error, kind) => {
    const { receiver, destination } = await slack({
      apiFaults: (method) => (method === 'chat.update' ? { error } : undefined),
    });
    await deliver(destination, first);
    expect(await deliver(destination, grown)).toMatchObject({ kind });
    expect(receiver.posted()).toHaveLength(kind === 'done' ? 2 : 1);
    for (const { threadTs } of receiver.posted()) expect(threadTs).toBeUndefined();
  });

  it.each(['chat.postMessage', 'chat.update'])(
    'that refuses the design on %s gets plain words, once',
    async (method) => {
      const { receiver, destination } = await slack({
        apiFaults: (called, { attachments, text }) =>
          called === method &&
          Array.isArray(attachments) &&
          attachments.length > 0 &&
          String(text).includes('was')
            ? { error: 'invalid_blocks' }
            : undefined,
      });
      expect(await deliver(destination, first)).toEqual({ kind: 'done' });
      expect(await deliver(destination, over)).toEqual({ kind: 'done' });
      if (method === 'chat.update') {
        expect(receiver.posted()[0]?.payload).toMatchObject({
          attachments: [],
          text: expect.stringContaining('(Slack refused the full message.)'),
        });
      }
    },
  );

  it('goes no further than the change where the thread is locked', async () => {
    const { receiver, destination } = await slack({
      apiFaults: (method, args) =>
        method === 'chat.postMessage' && args['thread_ts'] !== undefined
          ? { error: 'cannot_reply_to_message' }
          : undefined,
    });
    await deliver(destination, first);
    expect(await deliver(destination, grown)).toEqual({ kind: 'done' });
    expect(receiver.posted()).toHaveLength(2);
  });
});

describe('the configuration', () => {
  const parse = (input: object) => slackConfig.safeParse({ name: 'oncall', type: 'slack', ...input });

  it.each<[string, object, string]>([
    ['neither way', {}, 'either "url"'],
    ['both ways', { url: 'https://hooks.example/x', token: 'xoxb-1', channel: '#a' }, 'not both'],
    ['a bot without a channel', { token: 'xoxb-1' }, 'needs the "channel"'],
    ['a webhook with one', { url: 'https://hooks.example/x', channel: '#a' }, 'only a bot'],
    ['a name without its #', { token: 'xoxb-1', channel: 'oncall' }, 'C012AB3CD'],
    ['an API that is no URL', { token: 'xoxb-1', channel: '#a', api_url: 'slack' }, 'http(s) URL'],
  ])('with %s is refused', (_, input, words) => {
    expect(
      parse(input)
        .error?.issues.map(({ message }) => message)
        .join(),
    ).toContain(words);
  });

  it.each(['C012AB3CD', 'G012AB3CD', '#oncall', '#вахта', '#on-call_2'])(
    'may name the channel %s',
    (channel) => {
      expect(parse({ token: 'xoxb-1', channel }).success).toBe(true);
    },
  );
});
