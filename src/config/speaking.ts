import { type SpeakingTimes, speakingBetween, type TimeInterval } from '../alerts/intervals.ts';
import type { Finding } from './codes.ts';
import { toInterval } from './interval-shape.ts';
import { offsetAt } from './names.ts';
import type { Places } from './places.ts';
import type { CheckedFile, CheckedRoute } from './shape.ts';

const WEEK_MS = 7 * 86_400_000;
/** A week of winter and one of summer: clocks of different zones are not always the same time apart. */
const WEEKS = [Date.UTC(2027, 0, 4), Date.UTC(2027, 6, 5)] as const;

/** Routes that never tell anything, and mute times that never fall into the times in which their route tells. */
export function checkSpeaking({ routes = [], time_intervals = [] }: CheckedFile, places: Places): Finding[] {
  const intervals = time_intervals.map(toInterval);
  return routes.flatMap((route, i) => findingsOf(route, i, intervals, places));
}

function findingsOf(
  { active_times: active = [], mute_times: mute = [] }: CheckedRoute,
  index: number,
  intervals: readonly TimeInterval[],
  places: Places,
): Finding[] {
  if (mute.length === 0) return [];
  const times = { active: named(active, intervals), mute: named(mute, intervals) };
  // A name that is not there is told of already.
  if (times.active.length < active.length || times.mute.length < mute.length) return [];
  const isSame = active.length > 0 && active.every((name) => mute.includes(name));
  if (isSame || neverSpeaks(times)) {
    const message = 'this route never tells anything: its mute times cover all of the time in which it could';
    return [{ code: 'without-effect', offset: offsetAt(['routes', index, 'mute_times'], places), message }];
  }
  return mute.flatMap((name, i): Finding[] => {
    if (isEverMuting(name, times)) return [];
    const message =
      'this mute time never falls into the active times of its route, which is quiet then anyway; remove it';
    const offset = offsetAt(['routes', index, 'mute_times', i], places);
    return [{ code: 'without-effect', offset, message, severity: 'warning' }];
  });
}

function named(names: readonly string[], intervals: readonly TimeInterval[]): readonly TimeInterval[] {
  return intervals.filter(({ name }) => names.includes(name));
}

/** Only of intervals that every week is alike for, which a week tells all of. */
function neverSpeaks(times: SpeakingTimes): boolean {
  if (![...times.active, ...times.mute].every(isWeekly)) return false;
  return speakingIn(times).every(({ isActive, muted }) => !isActive || muted.length > 0);
}

function isEverMuting(name: string, times: SpeakingTimes): boolean {
  const mute = times.mute.filter((interval) => interval.name === name);
  if (![...times.active, ...mute].every(isWeekly)) return true;
  return speakingIn({ active: times.active, mute }).some(
    ({ isActive, muted }) => isActive && muted.length > 0,
  );
}

function speakingIn(times: SpeakingTimes): ReturnType<typeof speakingBetween> {
  return WEEKS.flatMap((fromMs) => speakingBetween(times, fromMs, fromMs + WEEK_MS));
}

function isWeekly({ daysOfMonth, months, dates, years }: TimeInterval): boolean {
  return (daysOfMonth ?? months ?? dates ?? years) === undefined;
}
