import { afterEach, describe, expect, it } from 'vitest';
import type { Route } from '../../src/alerts/route.ts';
import type { Notification } from '../../src/core/alert.ts';
import type { Digest } from '../../src/core/digest.ts';
import type { TermSource } from '../../src/rules/index.ts';
import { muteTime, RESOLVE_AFTER_S, route, Scene, severe } from './scene.ts';

const MINUTE = 60;
const HOUR = 3_600;
/** Longer than any alert here lasts, with its end. */
const OVER = RESOLVE_AFTER_S + 6 * MINUTE;

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});
function scene(routes: readonly Route<TermSource>[], instance?: string): Scene {
  const made = new Scene(routes, instance);
  scenes.push(made);
  return made;
}

const keysOf = (all: readonly Notification[]): readonly (string | undefined)[] => [
  ...new Set(all.map(({ key }) => key)),
];
const namesIn = (digests: readonly Digest[], title: string): readonly string[] =>
  digests.flatMap(({ tables }) =>
    tables
      .filter((table) => table.title.startsWith(title))
      .flatMap(({ rows }) => rows.map(({ name }) => name)),
  );
const actors = (count: number, rule = 'sqli'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${rule}/a${index}`);

describe('whoever was told of a beginning is told of its end', () => {
  it('through a silence that began after the page; and the next attack is a page again', async () => {
    const told = scene([route({ to: ['pager', 'bot', 'chat', 'list'] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.silence('eve', 2 * HOUR);
    await told.run(OVER);
    for (const name of ['pager', 'bot', 'chat', 'list'])
      expect(told.reasons(name), name).toEqual(['opened', 'resolved']);
    await told.run(2 * HOUR);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    expect(told.reasons('pager')).toEqual(['opened', 'resolved', 'opened']);
    expect(keysOf(told.notifications('pager'))).toHaveLength(2);
  });

  it('in a mute time that began after the page, without waiting for its end', async () => {
    const told = scene([route({ speaking: { active: [], mute: [muteTime(2, 600)] } })]);
    await told.match(['sqli/eve']);
    await told.run(OVER);
    expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
  });

  it('though nothing is told before it is over: its end follows its beginning', async () => {
    const slow = route({
      timing: { groupWaitMs: 3_600_000, groupIntervalMs: 60_000, repeatIntervalMs: 14_400_000 },
    });
    const told = scene([slow]);
    await told.match(['sqli/eve']);
    await told.run(2 * HOUR);
    expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
    expect(keysOf(told.notifications('pager'))).toHaveLength(1);
  });

  const unnamed = (over: Partial<Route<TermSource>>, id: string, name: string) =>
    route({ ...over, id, name });
  const [first, second] = [route({ name: 'severe', when: severe }), route({ name: 'rest' })];
  it.each<[string, readonly Route<TermSource>[], readonly Route<TermSource>[]]>([
    ['renamed', [route({ name: 'before' })], [route({ name: 'after' })]],
    ['regrouped', [route()], [route({ groupBy: ['rule'] })]],
    ['renamed and regrouped', [route({ name: 'a' })], [route({ name: 'b', groupBy: [] })]],
    ['reordered', [first, second], [second, first]],
    ['with another inserted before', [second], [first, second]],
    [
      'without a name, with another inserted before',
      [unnamed({}, 'x', 'route-1')],
      [unnamed({ when: severe, groupBy: ['rule'] }, 'y', 'route-1'), unnamed({}, 'x', 'route-2')],
    ],
    ['removed, so that another takes its alerts', [first, second], [second]],
    [
      'with another filter',
      [first, second],
      [route({ name: 'severe', when: { matches: () => false } }), second],
    ],
  ])('once, by a route that was %s meanwhile', async (_, before, after) => {
    const told = scene(before);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.reload(after);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.match(['sqli/eve']);
    await told.run(OVER);
    expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
    expect(keysOf(told.notifications('pager'))).toHaveLength(1);
    expect(told.notifications('pager').reduce((sum, { newCount }) => sum + newCount, 0)).toBe(3);
  });

  it('by a route that tells others now: the one hears the end, and the other what is new', async () => {
    const told = scene([route({ to: ['pager'] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.reload([route({ to: ['chat'] })]);
    await told.match(['sqli/eve'], { severity: 'CRITICAL' });
    await told.run(OVER);
    expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
    expect(told.reasons('chat')).toEqual(['grew', 'resolved']);
  });

  it('once, by a route that takes over the destinations of another that it ran beside', async () => {
    const beside = route({ name: 'chat', to: ['chat'], continue: true });
    const told = scene([beside, route({ name: 'page', to: ['pager'] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.reload([route({ name: 'chat', to: ['chat', 'pager'] })]);
    await told.match(['sqli/eve'], { severity: 'CRITICAL' });
    await told.run(OVER);
    for (const name of ['pager', 'chat']) {
      expect(told.reasons(name), name).toEqual(['opened', 'grew', 'resolved']);
      expect(keysOf(told.notifications(name)), name).toHaveLength(1);
    }
  });

  it('at a destination that was removed and is back; how many stay open there is counted', async () => {
    const told = scene([route({ to: ['pager', 'list'] })]);
    await told.match(['sqli/eve', 'sqli/mallory']);
    await told.run(MINUTE);
    await told.reload([route({ to: ['list'] })], ['pager']);
    expect(await told.store.countTold()).toContainEqual({ destination: 'pager', count: 2 });
    await told.run(OVER);
    expect(told.reasons('list')).toEqual(['opened', 'opened', 'resolved', 'resolved']);
    await told.reload([route({ to: ['pager', 'list'] })]);
    expect(await told.store.redrive({ destination: 'pager' }, told.clock.now())).toBe(0);
    await told.run(MINUTE);
    expect(told.reasons('pager')).toEqual(['opened', 'opened', 'resolved', 'resolved']);
  });

  it('all at once, where messages are edited: an end is not charged like a page', async () => {
    const told = scene([route({ to: ['bot'] })]);
    for (const alert of actors(8)) {
      await told.match([alert]);
      await told.run(20);
    }
    expect(told.reasons('bot')).toEqual(Array(8).fill('opened'));
    await told.run(OVER);
    expect(told.reasons('bot').filter((reason) => reason === 'resolved')).toHaveLength(8);
  });

  it('by name in one message a minute, where they are not', async () => {
    const told = scene([route({ to: ['chat'] })]);
    for (const alert of actors(5)) await told.match([alert]);
    await told.run(OVER);
    const ends = told.notifications('chat').filter(({ reason }) => reason === 'resolved');
    const named = namesIn(told.digests('chat'), 'Over');
    expect(ends).toHaveLength(1);
    expect(told.digests('chat').map(({ title }) => title)).toEqual(['Over: 4 alerts']);
    expect(
      new Set([
        ...named,
        ...ends.flatMap(({ alerts }) => alerts.map((a) => `HIGH sqli · ${a.group['actor']}`)),
      ]),
    ).toEqual(new Set(actors(5).map((alert) => `HIGH sqli · ${alert.split('/')[1]}`)));
  });

  it('in a summary, if it was told of in one; and nobody else is', async () => {
    const told = scene([route({ to: ['chat', 'list'] })]);
    await told.match(actors(12));
    await told.run(3 * MINUTE);
    const opened = told.notifications('chat').length;
    expect(opened).toBeLessThan(12);
    expect(namesIn(told.digests('chat'), 'Alerts')).toHaveLength(12 - opened);
    await told.run(OVER);
    const ends = told.notifications('chat').filter(({ reason }) => reason === 'resolved').length;
    expect(ends + namesIn(told.digests('chat'), 'Over').length).toBeGreaterThanOrEqual(10);
  });
});

describe('what names a thing outside is as fine as what names it inside', () => {
  const routes = [
    route({ name: 'severe', when: severe, to: ['pager'], groupBy: ['rule'], continue: true }),
    route({ name: 'all', to: ['pager', 'list'], groupBy: ['rule'] }),
  ];

  it('two groups of the same labels have two keys, and the end of the mild one leaves the severe one open', async () => {
    const told = scene(routes);
    await told.match(['sqli/mild'], { severity: 'LOW' });
    await told.match(['sqli/severe'], { severity: 'CRITICAL' });
    await told.run(8 * MINUTE);
    await told.match(['sqli/severe'], { severity: 'CRITICAL' });
    await told.run(7 * MINUTE);
    const byKey = Map.groupBy(told.notifications('pager'), ({ key }) => key);
    expect([...byKey.values()].map((own) => own.map(({ reason }) => reason))).toEqual([
      ['opened'],
      ['opened', 'resolved'],
    ]);
    expect([...byKey.values()].map((own) => own[0]?.severity)).toEqual(['CRITICAL', 'LOW']);
  });

  it('two installations at one pager share none', async () => {
    const both = [scene([route()], 'one'), scene([route()], 'two')];
    for (const each of both) {
      await each.match(['sqli/eve']);
      await each.run(MINUTE);
    }
    expect(new Set(both.flatMap((each) => keysOf(each.notifications('pager')))).size).toBe(2);
  });
});

describe('a list for machines is whole', () => {
  it('every alert of a group is told as firing and as resolved, in several parts where they are many', async () => {
    const told = scene([route({ to: ['list', 'pager'], groupBy: ['rule'] })]);
    const all = actors(600);
    await told.match(all);
    await told.run(MINUTE);
    const firing = told.notifications('list').flatMap(({ alerts }) => alerts);
    expect(new Set(firing.map(({ fingerprint }) => fingerprint))).toEqual(new Set(all));
    const parts = told.notifications('list').map(({ part }) => part);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts).toEqual(parts.map((_, index) => ({ number: index + 1, of: parts.length })));
    expect(told.notifications('pager')).toHaveLength(1);
    await told.run(OVER);
    const ended = told
      .notifications('list')
      .flatMap(({ alerts }) => alerts.filter(({ state }) => state === 'resolved'));
    expect(new Set(ended.map(({ fingerprint }) => fingerprint))).toEqual(new Set(all));
  });

  it('the end of an alert within a group that goes on is told at the next interval, and wakes nobody', async () => {
    const told = scene([route({ to: ['list', 'pager', 'chat', 'bot'], groupBy: ['rule'] })]);
    await told.match(['sqli/eve', 'sqli/mallory']);
    for (let minute = 0; minute < 12; minute += 2) {
      await told.match(['sqli/mallory']);
      await told.run(2 * MINUTE);
    }
    const shrank = told.notifications('list').filter(({ reason }) => reason === 'shrank');
    expect(
      shrank.flatMap(({ alerts }) => alerts.map(({ fingerprint, state }) => `${fingerprint} ${state}`)),
    ).toEqual(['sqli/mallory open', 'sqli/eve resolved']);
    expect(told.reasons('bot')).toEqual(['opened', 'shrank']);
    for (const name of ['pager', 'chat']) expect(told.reasons(name)).toEqual(['opened']);
  });
});

describe('severity decides who is heard first', () => {
  it.each([20, 2_000])(
    'among %i noisy alerts of the same second an exploit has its own message',
    async (noise) => {
      const told = scene([route({ to: ['chat'] })]);
      await told.match(actors(noise));
      await told.match(['exploit/eve'], { severity: 'CRITICAL', exploit: true });
      await told.run(11);
      const [first] = told.sent('chat');
      expect(first?.delivery).toMatchObject({ notification: { severity: 'CRITICAL', reason: 'opened' } });
      expect(first?.at).toBe(10);
    },
  );

  it('ten CRITICAL groups of a minute have messages, further ones are named within it, exploits have the last', async () => {
    const told = scene([route({ to: ['chat'] })]);
    await told.match(actors(30, 'rce'), { severity: 'CRITICAL' });
    await told.run(15);
    expect(told.notifications('chat')).toHaveLength(10);
    await told.match(['exploit/eve'], { severity: 'CRITICAL', exploit: true });
    await told.run(15);
    expect(told.notifications('chat').map(({ alerts }) => alerts[0]?.rule)).toContain('exploit');
    await told.run(MINUTE);
    const named = namesIn(told.digests('chat'), 'Critical alerts');
    const own = told.notifications('chat').length;
    expect(named.length + own).toBe(31);
  });

  it('a rise is told after group_wait, not after group_interval', async () => {
    const told = scene([route({ groupBy: ['rule'] })]);
    await told.match(['sqli/eve'], { severity: 'MEDIUM' });
    await told.run(20);
    await told.match(['sqli/eve'], { severity: 'CRITICAL' });
    await told.run(20);
    expect(told.sent('pager').map(({ at }) => at)).toEqual([10, 30]);
    await told.match(['sqli/mallory'], { severity: 'CRITICAL' });
    await told.run(20);
    expect(told.sent('pager')).toHaveLength(2);
  });

  it('so is an exploit that succeeds where attempts were told, and a worse alert that joins', async () => {
    const told = scene([route({ groupBy: [] })]);
    await told.match(['sqli/eve'], { severity: 'CRITICAL' });
    await told.run(20);
    await told.match(['sqli/eve'], { severity: 'CRITICAL', exploit: true });
    await told.run(20);
    expect(told.sent('pager').map(({ at }) => at)).toEqual([10, 30]);
  });

  it('an outage sums up what is mild, and no CRITICAL', async () => {
    const told = scene([route({ to: ['chat'] })]);
    told.down('chat');
    await told.match(['sqli/eve']);
    await told.match(['rce/mallory'], { severity: 'CRITICAL' });
    await told.run(5 * MINUTE);
    for (let minute = 0; minute < 60; minute += 5) {
      await told.match(['sqli/eve']);
      await told.match(['rce/mallory'], { severity: 'CRITICAL' });
      await told.run(5 * MINUTE);
    }
    told.up('chat');
    await told.run(MINUTE);
    expect(told.notifications('chat').map(({ severity }) => severity)).toEqual(['CRITICAL']);
    expect(namesIn(told.digests('chat'), 'Alerts')).toEqual(['HIGH sqli · eve']);
  });

  it('CRITICAL alerts that are over before their group_wait have the messages of CRITICAL ones', async () => {
    const wait = { groupWaitMs: 3_600_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 };
    const told = scene([route({ to: ['chat'], timing: wait })]);
    await told.match(actors(12), { severity: 'CRITICAL' });
    await told.run(HOUR);
    expect(told.reasons('chat')).toEqual(Array.from({ length: 10 }, () => 'opened'));
  });

  it('what a silence hid of a group that was told is told when it ends, if it is worse', async () => {
    const told = scene([route({ groupBy: [] })]);
    await told.silence('mallory', 30);
    await told.match(['probe/eve'], { severity: 'LOW' });
    await told.match(['rce/mallory'], { severity: 'CRITICAL' });
    await told.run(MINUTE);
    expect(told.sent('pager').map(({ at }) => at)).toEqual([10, 30]);
  });

  it('a CRITICAL that is long past is paged, but in the first look-back of its feed', async () => {
    const told = scene([route({ to: ['chat'] })]);
    await told.match(['rce/eve'], { severity: 'CRITICAL', age: 2 * HOUR });
    await told.match(['rce/mallory'], { severity: 'CRITICAL', age: 2 * HOUR, isLookBack: true });
    await told.match(['sqli/eve2'], { age: 2 * HOUR });
    await told.run(MINUTE);
    expect(told.notifications('chat').map(({ alerts }) => alerts[0]?.fingerprint)).toEqual(['rce/eve']);
    expect(namesIn(told.digests('chat'), 'Critical alerts')).toEqual(['CRITICAL rce · mallory']);
    expect(namesIn(told.digests('chat'), 'Alerts')).toEqual(['HIGH sqli · eve2']);
  });
});

describe('one attack, one page', () => {
  it('by default all rules of one actor share a message', async () => {
    const told = scene([route()]);
    await told.match(['sqli/eve', 'scanner/eve', 'vendor/eve', 'sqli/mallory']);
    await told.run(MINUTE);
    expect(told.notifications('pager').map(({ group, alerts }) => [group['actor'], alerts.length])).toEqual([
      ['eve', 3],
      ['mallory', 1],
    ]);
  });

  it('what is mild and back soon wakes nobody before repeat_interval; lists and edited messages know at once', async () => {
    const told = scene([route({ to: ['pager', 'chat', 'bot', 'list'] })]);
    await told.match(['probe/eve'], { severity: 'LOW' });
    await told.run(OVER);
    await told.match(['probe/eve'], { severity: 'LOW' });
    await told.run(OVER);
    const quietly = ['opened', 'resolved', 'opened', 'resolved'];
    expect(told.reasons('list')).toEqual(quietly);
    expect(told.reasons('bot')).toEqual(quietly);
    expect(told.notifications('bot')[2]).toMatchObject({
      isQuiet: true,
      newCount: 0,
      recurrence: { times: 2 },
    });
    expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
    expect(told.reasons('chat')).toEqual(['opened', 'resolved']);
  });

  const slow = (seconds: number) => ({
    timing: { groupWaitMs: seconds * 1_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
  });
  /** The matches of an alert that goes on for so long. */
  const lasts = async (told: Scene, alert: string, minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 5) {
      await told.match([alert], { severity: 'LOW' });
      await told.run(5 * MINUTE);
    }
  };

  it.each<[string, number]>([
    ['after its group_wait', 10],
    ['before its group_wait', HOUR],
  ])('what is mild, back soon and over again %s is read of in a summary', async (_, waitS) => {
    const told = scene([route({ to: ['chat'], ...slow(waitS) })]);
    for (let time = 0; time < 2; time += 1) {
      await told.match(['probe/eve'], { severity: 'LOW' });
      await told.run(waitS + OVER);
    }
    expect(told.reasons('chat')).toEqual(['opened', 'resolved']);
    expect(namesIn(told.digests('chat'), 'Over')).toEqual(['LOW probe · eve']);
    expect(told.digests('chat')[0]?.totals[0]).toEqual({ name: 'Matches', count: 1 });
  });

  it('and lists are told of all of it, though it was over before its group_wait', async () => {
    const told = scene([route({ to: ['chat', 'list'], ...slow(HOUR) })]);
    for (let time = 0; time < 2; time += 1) {
      await told.match(['probe/eve'], { severity: 'LOW' });
      await told.run(HOUR + OVER);
    }
    expect(told.reasons('list')).toEqual(['opened', 'resolved', 'opened', 'resolved']);
    expect(told.reasons('chat')).toEqual(['opened', 'resolved']);
    expect(namesIn(told.digests('chat'), 'Over')).toEqual(['LOW probe · eve']);
  });

  it('what joins it and is severe is paged, though it is over before its group_wait', async () => {
    const told = scene([route({ to: ['chat', 'list'], ...slow(16 * MINUTE) })]);
    await lasts(told, 'probe/eve', 20);
    await told.run(OVER);
    await lasts(told, 'probe/eve', 20);
    expect(told.reasons('list')).toEqual(['opened', 'resolved', 'opened']);
    await told.match(['sqli/eve']);
    await told.run(OVER);
    expect(told.reasons('chat')).toEqual(['opened', 'resolved', 'repeat', 'resolved']);
    expect(told.notifications('chat')[2]?.alerts.map(({ fingerprint }) => fingerprint)).toContain('sqli/eve');
    expect(told.reasons('list')).toEqual(['opened', 'resolved', 'opened', 'repeat', 'resolved']);
  });

  it('what is mild and stays is told once repeat_interval is over', async () => {
    const told = scene([route({ to: ['pager', 'list'] })]);
    await told.match(['probe/eve'], { severity: 'LOW' });
    await told.run(OVER);
    for (let minute = 0; minute < 5 * 60; minute += 5) {
      await told.match(['probe/eve'], { severity: 'LOW' });
      await told.run(5 * MINUTE);
    }
    expect(told.reasons('pager')).toEqual(['opened', 'resolved', 'repeat']);
    expect(told.sent('pager')[2]?.at).toBe(10 + 4 * HOUR);
    await told.run(OVER);
    const counts = (name: string) =>
      told.notifications(name).reduce((sum, { newCount }) => sum + newCount, 0);
    expect([counts('pager'), counts('list')]).toEqual([61, 61]);
  });

  it('what is HIGH and back is news, and says which time it is', async () => {
    const told = scene([route()]);
    for (let time = 0; time < 3; time += 1) {
      await told.match(['sqli/eve']);
      await told.run(OVER);
    }
    expect(told.reasons('pager')).toEqual(['opened', 'resolved', 'opened', 'resolved', 'opened', 'resolved']);
    expect(told.notifications('pager').map(({ recurrence }) => recurrence?.times)).toEqual([
      undefined,
      undefined,
      2,
      2,
      3,
      3,
    ]);
    expect(keysOf(told.notifications('pager'))).toHaveLength(3);
  });
});

describe('nothing is quiet without a fallback', () => {
  it('what begins and ends inside a mute time is told in a summary after it', async () => {
    const told = scene([route({ to: ['chat', 'list'], speaking: { active: [], mute: [muteTime(0, 60)] } })]);
    await told.match(['sqli/eve'], { severity: 'CRITICAL' });
    await told.run(50 * MINUTE);
    expect([...told.sent('chat'), ...told.sent('list')]).toEqual([]);
    const [open] = await told.store.transaction((tx) => tx.groupsOf('sqli/eve'));
    expect(open).toMatchObject({ heldBecause: 'muted', mutedBy: 'night' });
    await told.run(15 * MINUTE);
    expect(told.notifications('chat')).toEqual([]);
    expect(namesIn(told.digests('chat'), 'Were muted')).toEqual(['CRITICAL sqli · eve']);
    expect(told.digests('chat')[0]?.title).toBe('While muted: 1 alert, over since');
    await told.run(HOUR);
    expect(told.reasons('list')).toEqual(['opened', 'resolved']);
    expect(told.digests('chat')).toHaveLength(1);
  });
});

describe('acknowledged is known everywhere', () => {
  it('pagers, edited messages and lists are told at once, in a mute time and a silence too', async () => {
    const told = scene([
      route({ to: ['pager', 'bot', 'list', 'chat'], speaking: { active: [], mute: [muteTime(1, 600)] } }),
    ]);
    await told.match(['sqli/eve']);
    await told.run(5 * MINUTE);
    await told.silence('eve', HOUR);
    await told.acknowledge('sqli/eve');
    for (const name of ['pager', 'bot', 'list']) {
      expect(told.reasons(name), name).toEqual(['opened', 'acknowledged']);
      expect(told.notifications(name)[1]).toMatchObject({ isAcknowledged: true, newCount: 0 });
    }
    expect(told.reasons('chat')).toEqual(['opened']);
  });

  it('news after it is an incident of its own, and both are resolved', async () => {
    const told = scene([route({ groupBy: [] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.acknowledge('sqli/eve');
    await told.run(5 * MINUTE);
    await told.match(['rce/mallory'], { severity: 'CRITICAL' });
    await told.run(MINUTE);
    await told.run(OVER + 10 * MINUTE);
    expect(told.notifications('pager').map(({ reason, incident = 1 }) => `${reason} ${incident}`)).toEqual([
      'opened 1',
      'acknowledged 1',
      'grew 2',
      'resolved 2',
      'resolved 1',
    ]);
    expect(keysOf(told.notifications('pager'))).toHaveLength(1);
  });

  it('also where somebody took it in hand before anybody was told', async () => {
    const told = scene([route({ to: ['list', 'pager', 'chat'] })]);
    await told.match(['sqli/eve']);
    await told.acknowledge('sqli/eve');
    await told.run(MINUTE);
    for (const name of ['list', 'pager'])
      expect(told.reasons(name), name).toEqual(['opened', 'acknowledged']);
    expect(told.reasons('chat')).toEqual(['opened']);
  });

  it('is about what was told: what joined since is told in its own time, as an incident of its own', async () => {
    const told = scene([route({ to: ['list', 'pager'], groupBy: [] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.match(['sqli/mallory']);
    await told.acknowledge('sqli/eve');
    const [, acknowledged] = told.notifications('list');
    expect(acknowledged).toMatchObject({ reason: 'acknowledged', isAcknowledged: true });
    expect(acknowledged?.alerts.map(({ fingerprint }) => fingerprint)).toEqual(['sqli/eve']);
    await told.silence('mallory', 5 * HOUR);
    await told.run(OVER + 10 * MINUTE);
    expect(
      told.notifications('list').flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint)),
    ).not.toContain('sqli/mallory');
    expect(told.reasons('pager')).toEqual(['opened', 'acknowledged', 'resolved']);
  });

  it('news that waits for its interval is not put off by it', async () => {
    const told = scene([route({ groupBy: [] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.match(['sqli/mallory']);
    await told.acknowledge('sqli/eve');
    await told.run(5 * MINUTE);
    expect(told.reasons('pager')).toEqual(['opened', 'acknowledged', 'grew']);
    expect(told.sent('pager').at(-1)?.at).toBe(10 + 5 * MINUTE);
  });

  it('of two alerts one in hand is no incident in hand', async () => {
    const told = scene([route({ groupBy: [] })]);
    await told.match(['sqli/eve', 'rce/mallory']);
    await told.run(MINUTE);
    await told.acknowledge('sqli/eve');
    expect(told.notifications('pager').at(-1)).not.toHaveProperty('isAcknowledged');
    await told.acknowledge('rce/mallory');
    expect(told.notifications('pager').at(-1)).toMatchObject({
      reason: 'acknowledged',
      isAcknowledged: true,
    });
  });
});

describe('nobody answers', () => {
  const escalating = route({ escalate: { afterMs: 900_000, to: ['manager'] } });

  it('further destinations are told once, and of the end', async () => {
    const told = scene([escalating]);
    await told.match(['sqli/eve']);
    for (let minute = 0; minute < 60; minute += 5) {
      await told.run(5 * MINUTE);
      await told.match(['sqli/eve']);
    }
    await told.run(OVER);
    expect(told.reasons('manager')).toEqual(['escalated', 'resolved']);
    expect(told.sent('manager')[0]?.at).toBe(10 + 15 * MINUTE);
    expect(told.notifications('manager')[0]).toMatchObject({ unacknowledgedMs: 900_000 });
    expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
  });

  it('news after an acknowledgement is no incident of theirs, and they are told of the end of the one they have', async () => {
    const told = scene([{ ...escalating, groupBy: [] }]);
    await told.match(['sqli/eve']);
    for (let minute = 0; minute < 18; minute += 2) {
      await told.match(['sqli/eve']);
      await told.run(2 * MINUTE);
    }
    await told.acknowledge('sqli/eve');
    await told.match(['rce/mallory']);
    await told.run(OVER + 10 * MINUTE);
    const incidents = (name: string) =>
      told.notifications(name).map(({ reason, incident = 1 }) => `${reason} ${incident}`);
    expect(incidents('manager')).toEqual(['escalated 1', 'acknowledged 1', 'resolved 1']);
    expect(incidents('pager')).toEqual(['opened 1', 'acknowledged 1', 'grew 2', 'resolved 2', 'resolved 1']);
  });

  it('who is told only of a further incident is told of no other end', async () => {
    const told = scene([
      route({ to: ['bot'], groupBy: [], escalate: { afterMs: 900_000, to: ['manager'] } }),
    ]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    await told.acknowledge('sqli/eve');
    for (let minute = 0; minute < 20; minute += 2) {
      await told.match(['rce/mallory']);
      await told.run(2 * MINUTE);
    }
    await told.run(2 * OVER);
    const incidents = told
      .notifications('manager')
      .map(({ reason, incident = 1 }) => `${reason} ${incident}`);
    expect(incidents).toEqual(['escalated 2', 'resolved 2']);
  });

  it.each<[string, (told: Scene) => Promise<void>]>([
    ['it is acknowledged in time', (told) => told.acknowledge('sqli/eve')],
    ['it is silenced', (told) => told.silence('eve', HOUR)],
  ])('nobody else is told where %s', async (_, act) => {
    const told = scene([escalating]);
    await told.match(['sqli/eve']);
    await told.run(10 * MINUTE);
    await act(told);
    await told.match(['sqli/eve']);
    await told.run(14 * MINUTE);
    expect(told.sent('manager')).toEqual([]);
  });
});
