import type { Route } from '../../src/alerts/route.ts';
import type { Notification } from '../../src/core/alert.ts';
import type { TermSource } from '../../src/rules/index.ts';
import type { ModelRoute } from './lifecycle-model.ts';

/** Everything in these histories happens at multiples of it. Seconds. */
export const TICK = 10;
export const RULES = ['r1', 'r2', 'r3'] as const;
export const ACTORS = ['a', 'b'] as const;
export const RESOLVE_AFTER: Readonly<Record<string, number>> = { r1: 300, r2: 700, r3: 100 };
/** While it is open, r2 of the same actor says nothing. */
export const INHIBITOR = 'r1';
/** How long after it an end of inhibition may be noticed. */
export const SLACK = 60;

export const nameOf = (rule: string, actor: string): string => `${rule}/${actor}`;
export const ruleOf = (alert: string): string => alert.split('/')[0] ?? '';
export const actorOf = (alert: string): string => alert.split('/')[1] ?? '';

/** Quiet from the 20th to the 30th minute of the first hours. */
const MUTE = {
  name: 'lunch',
  timeZone: 'UTC',
  times: Array.from({ length: 4 }, (_, hour) => ({ from: hour * 60 + 20, to: hour * 60 + 30 })),
};
const isMuteTime = (at: number): boolean =>
  at < 4 * 3_600 && Math.floor(at / 60) % 60 >= 20 && Math.floor(at / 60) % 60 < 30;

const route = (name: string, to: string, over: Partial<Route<TermSource>>, seconds: readonly number[]) => {
  const [groupWaitMs = 0, groupIntervalMs = 0, repeatIntervalMs = 0] = seconds.map((each) => each * 1_000);
  return {
    ...{ name, to: [to], continue: true, groupBy: ['rule'], sendResolved: true },
    ...{ speaking: { active: [], mute: [] }, timing: { groupWaitMs, groupIntervalMs, repeatIntervalMs } },
    ...over,
  };
};

export const ROUTES: readonly Route<TermSource>[] = [
  route('page', 'oncall', {}, [10, 60, 600]),
  route('chat', 'chat', { groupBy: ['actor'], speaking: { active: [], mute: [MUTE] } }, [30, 120, 1_200]),
  route(
    'mail',
    'mail',
    { groupBy: [], sendResolved: false, when: { matches: (s) => s.get('actor') === 'b' } },
    [60, 60, 300],
  ),
];
export const MODEL_ROUTES: readonly ModelRoute[] = [
  {
    name: 'page',
    to: 'oncall',
    takes: () => true,
    groupOf: (alert) => `page ${ruleOf(alert)}`,
    isMuted: () => false,
    sendResolved: true,
    wait: 10,
    interval: 60,
    repeat: 600,
  },
  {
    name: 'chat',
    to: 'chat',
    takes: () => true,
    groupOf: (alert) => `chat ${actorOf(alert)}`,
    isMuted: isMuteTime,
    sendResolved: true,
    wait: 30,
    interval: 120,
    repeat: 1_200,
  },
  {
    name: 'mail',
    to: 'mail',
    takes: (alert) => actorOf(alert) === 'b',
    groupOf: () => 'mail',
    isMuted: () => false,
    sendResolved: false,
    wait: 60,
    interval: 60,
    repeat: 300,
  },
];
export const groupOf = ({ route: name, group }: Notification): string =>
  [name, ...Object.values(group)].join(' ');

export const SILENCES: Readonly<Record<string, (alert: string) => boolean>> = {
  'actor a': (alert) => actorOf(alert) === 'a',
  'rule r2': (alert) => ruleOf(alert) === 'r2',
  all: () => true,
};
