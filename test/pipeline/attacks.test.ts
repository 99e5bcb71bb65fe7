import { afterEach, expect, it } from 'vitest';
import type { Route } from '../../src/alerts/route.ts';
import type { TermSource } from '../../src/rules/index.ts';
import { muteTime, RESOLVE_AFTER_S, route, Scene, severe } from './scene.ts';

const MINUTE = 60;
const HOUR = 3_600;
const OVER = RESOLVE_AFTER_S + 6 * MINUTE;

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});
function scene(routes: readonly Route<TermSource>[]): Scene {
  const made = new Scene(routes);
  scenes.push(made);
  return made;
}

it('what becomes severe is told by its own route, though the mild one is muted', async () => {
  const told = scene([
    route({ name: 'severe', when: severe, to: ['pager', 'chat'] }),
    route({ name: 'mild', to: ['chat'], speaking: { active: [], mute: [muteTime(0, 600)] } }),
  ]);
  await told.match(['sqli/eve'], { severity: 'MEDIUM' });
  await told.run(5 * MINUTE);
  expect(told.sent('chat')).toEqual([]);
  await told.match(['sqli/eve'], { severity: 'CRITICAL' });
  await told.run(20);
  expect(told.reasons('chat')).toEqual(['opened']);
  expect(told.reasons('pager')).toEqual(['opened']);
  await told.run(OVER);
  expect(told.reasons('chat')).toEqual(['opened', 'resolved']);
  expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
});

it('what was told as mild and becomes severe in a mute time of the mild route is told all the same', async () => {
  const told = scene([
    route({ name: 'severe', when: severe, to: ['pager', 'chat'] }),
    route({ name: 'mild', to: ['chat'], speaking: { active: [], mute: [muteTime(1, 600)] } }),
  ]);
  await told.match(['sqli/eve'], { severity: 'MEDIUM' });
  await told.run(5 * MINUTE);
  expect(told.reasons('chat')).toEqual(['opened']);
  await told.match(['sqli/eve'], { severity: 'CRITICAL' });
  await told.run(20);
  expect(told.reasons('chat')).toEqual(['opened', 'grew']);
  await told.run(OVER);
  expect(told.reasons('chat')).toEqual(['opened', 'grew', 'resolved']);
});

it('a route that is renamed again and again keeps its incident, and new alerts join it', async () => {
  const told = scene([route({ name: 'a', groupBy: ['rule'] })]);
  await told.match(['sqli/eve']);
  await told.run(MINUTE);
  for (const name of ['b', 'c', 'a']) {
    await told.reload([route({ name, groupBy: ['rule'] })]);
    await told.match(['sqli/eve', `sqli/${name}`]);
    await told.run(6 * MINUTE);
  }
  await told.run(OVER);
  expect(told.reasons('pager')).toEqual(['opened', 'grew', 'grew', 'grew', 'resolved']);
  expect(new Set(told.notifications('pager').map(({ key }) => key)).size).toBe(1);
});

it('an end that was not wanted when it opened is told once it is wanted', async () => {
  const told = scene([route({ sendResolved: false })]);
  await told.match(['sqli/eve']);
  await told.run(MINUTE);
  await told.reload([route()]);
  await told.run(OVER);
  expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
});

it('a thousand alerts that end together are a few messages, and every one at the pager', async () => {
  const told = scene([route({ to: ['chat', 'pager', 'bot'] })]);
  for (let index = 0; index < 1_000; index += 1) await told.match([`sqli/a${index}`]);
  await told.run(2 * MINUTE);
  const before = told.sent('chat').length;
  await told.run(OVER + 10 * MINUTE);
  expect(told.sent('chat').length - before).toBeLessThan(25);
  const ended = told.reasons('pager').filter((reason) => reason === 'resolved');
  expect(ended).toHaveLength(1_000);
  const opened = told.notifications('bot').filter(({ reason }) => reason === 'opened').length;
  expect(told.reasons('bot').filter((reason) => reason === 'resolved')).toHaveLength(opened);
}, 60_000);

it('an alert that flaps while it is HIGH is news each time, and says so', async () => {
  const told = scene([route({ to: ['pager', 'list'] })]);
  for (let time = 0; time < 4; time += 1) {
    await told.match(['sqli/eve']);
    await told.run(RESOLVE_AFTER_S + 6 * MINUTE);
  }
  expect(told.reasons('pager')).toEqual(Array(4).fill(['opened', 'resolved']).flat());
  expect(told.notifications('pager').at(-1)?.recurrence?.times).toBe(4);
});

it('an alert that no route takes any more is told of as over where it was told of', async () => {
  const told = scene([route()]);
  await told.match(['sqli/eve']);
  await told.run(MINUTE);
  await told.reload([route({ name: 'other', when: { matches: () => false } })]);
  await told.match(['sqli/eve']);
  await told.run(OVER);
  expect(told.reasons('pager')).toEqual(['opened', 'resolved']);
});

it('a clock that is set back an hour, or forth a day, neither repeats nor loses an end', async () => {
  for (const stepMs of [-HOUR * 1_000, 24 * HOUR * 1_000]) {
    const told = scene([route({ to: ['pager', 'chat'] })]);
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
    told.clock.nowMs += stepMs;
    await told.run(OVER + HOUR);
    for (const name of ['pager', 'chat'])
      expect(told.reasons(name), `${name} ${stepMs}`).toEqual(['opened', 'resolved']);
  }
});

it('a repeat_interval that is shorter than group_interval repeats, and counts each match once', async () => {
  const timing = { groupWaitMs: 0, groupIntervalMs: 600_000, repeatIntervalMs: 60_000 };
  const told = scene([route({ timing })]);
  for (let minute = 0; minute < 5; minute += 1) {
    await told.match(['sqli/eve']);
    await told.run(MINUTE);
  }
  await told.run(2 * OVER);
  const all = told.notifications('pager');
  expect(all.at(0)?.reason).toBe('opened');
  expect(all.at(-1)?.reason).toBe('resolved');
  expect(all.reduce((sum, { newCount }) => sum + newCount, 0)).toBe(5);
});

it('nobody is told of what is muted on every route, until its mute time is over; then of what still goes on', async () => {
  const told = scene([route({ to: ['pager', 'chat'], speaking: { active: [], mute: [muteTime(0, 30)] } })]);
  for (let minute = 0; minute < 40; minute += 5) {
    await told.match(['sqli/eve']);
    await told.run(5 * MINUTE);
  }
  for (const name of ['pager', 'chat']) {
    expect(told.reasons(name), name).toEqual(['opened']);
    expect(told.sent(name)[0]?.at).toBe(30 * MINUTE);
  }
});

it('a silence that ends while the attack goes on pages then, once', async () => {
  const told = scene([route({ to: ['pager', 'list', 'bot'] })]);
  await told.silence('eve', 20 * MINUTE);
  for (let minute = 0; minute < 40; minute += 5) {
    await told.match(['sqli/eve']);
    await told.run(5 * MINUTE);
  }
  for (const name of ['pager', 'list', 'bot']) expect(told.reasons(name), name).toEqual(['opened']);
  await told.run(OVER);
  for (const name of ['pager', 'list', 'bot'])
    expect(told.reasons(name), name).toEqual(['opened', 'resolved']);
});

it('an acknowledgement outlives a reload, and a third incident follows a second one', async () => {
  const told = scene([route({ name: 'a', groupBy: [] })]);
  await told.match(['sqli/eve']);
  await told.run(MINUTE);
  await told.acknowledge('sqli/eve');
  await told.reload([route({ name: 'b', groupBy: [] })]);
  for (const [index, alert] of ['rce/mallory', 'xss/trent'].entries()) {
    await told.run(5 * MINUTE);
    await told.match(['sqli/eve', 'rce/mallory', alert].slice(index));
    await told.run(MINUTE);
    await told.acknowledge(alert);
    expect(told.notifications('pager').at(-1)).toMatchObject({ reason: 'acknowledged', incident: index + 2 });
  }
  await told.run(2 * OVER);
  const ends = told.notifications('pager').filter(({ reason }) => reason === 'resolved');
  expect(ends.map(({ incident = 1 }) => incident).sort()).toEqual([1, 2, 3]);
});

it('two routes that share a destination tell it once, and it hears one end', async () => {
  const told = scene([
    route({ name: 'all', to: ['pager', 'chat'], continue: true }),
    route({ name: 'again', to: ['chat', 'list'] }),
  ]);
  await told.match(['sqli/eve']);
  await told.run(OVER);
  for (const name of ['pager', 'chat', 'list'])
    expect(told.reasons(name), name).toEqual(['opened', 'resolved']);
});
