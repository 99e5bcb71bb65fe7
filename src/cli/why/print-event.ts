import { counted } from '../../core/counted.ts';
import { conditionText } from '../conditions.ts';
import { iso, moment, visible } from '../table.ts';
import type { EventStory } from './event-story.ts';
import type { NearMiss } from './near-misses.ts';
import type { WindowStory } from './windows.ts';

interface Printer {
  readonly nowMs: number;
  readonly title: (text: string) => string;
}

/** Where an event came from, and what rules say of it. */
export function eventLines(story: EventStory, { nowMs, title }: Printer): readonly string[] {
  const { event, present, windows } = story;
  const { id, source, feed, feedId, revision, timeMs, committedMs, polledMs, raw, rules } = event;
  const polled =
    polledMs === undefined
      ? 'in no poll: as history, or by an earlier version'
      : `in the poll of ${moment(polledMs, nowMs)}`;
  return [
    title(`event ${visible(id)}`),
    `  of ${visible(source)} ${feed}, there ${visible(feedId)}${revision === undefined ? '' : `, state ${visible(revision)}`}`,
    `  happened ${moment(timeMs, nowMs)}, fetched ${polled}, taken in ${moment(committedMs, nowMs)}`,
    ...(raw === undefined ? ['  its payload was cleared to make room, so rules of now cannot be asked'] : []),
    ...(present?.payloadError === undefined
      ? []
      : [`  its payload does not decode, so rules see no exchange: ${visible(present.payloadError)}`]),
    ...(rules.length === 0 ? ['  no rule matched'] : []),
    ...rules.map((each) => `  ${ruleText(each)}`),
    ...presentLines(present),
    ...windows.map((window) => `  ${windowText(window)}`),
  ];
}

function ruleText({ rule, severity, yieldedTo }: EventStory['event']['rules'][number]): string {
  const matched = `rule ${visible(rule)} matched (${severity})`;
  return yieldedTo === undefined
    ? matched
    : `${matched} and yielded to ${visible(yieldedTo.join(', '))}: it raised no alert`;
}

function presentLines(present: EventStory['present']): readonly string[] {
  if (present === undefined) return [];
  const { added, gone, changed, nearMisses } = present;
  return [
    ...changed.map((rule) => `  rule ${visible(rule)} does not match any more: it has changed since`),
    ...gone.map((rule) => `  rule ${visible(rule)} is there no more`),
    ...added.map((rule) => `  rule ${visible(rule)} would match now: it is new, or has changed since`),
    ...nearMisses.map((miss) => `  ${missText(miss)}`),
  ];
}

function missText({ rule, file, condition, isIgnored }: NearMiss): string {
  const place = [file, condition.line].filter((part) => part !== undefined).join(':');
  const where = place === '' ? '' : ` (${visible(place)})`;
  const what = visible(conditionText(condition));
  return isIgnored
    ? `rule ${visible(rule)} nearly matched: its "ignore" holds: ${what}${where}`
    : `rule ${visible(rule)} nearly matched, but for ${what}${where}`;
}

function windowText({ rule, name, minutes, needed, counts, count, sinceMs, toMs }: WindowStory): string {
  const title = `window ${visible(name)} of ${visible(rule)}`;
  const of = counts === 'values' ? counted(needed, 'different value') : counted(needed, 'match', 'matches');
  if (sinceMs === undefined) return `${title}: nothing counted now, of ${of} in ${minutes} min`;
  return `${title}: ${count} of ${of} in the ${minutes} min to ${iso(toMs ?? sinceMs)}, since ${iso(sinceMs)}`;
}
