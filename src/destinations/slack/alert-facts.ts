import type { EventSummary, NotifiedAlert } from '../../core/alert.ts';
import { code, codeLine, plain, utcTime } from './text.ts';
import { counted, countryText, spanText } from './words.ts';

export function about({ group }: NotifiedAlert): string {
  const lines = Object.entries(group)
    .slice(0, 5)
    .map(([key, value]) => `${plain(key, 30)} ${code(value, 80)}`);
  return `*About*\n${orUnknown(['Tocsin itself, no attack', ...lines])}`;
}

/** What the headline has said of a whole group is not said again of each of its alerts. @returns '' where nothing is left */
export function who(alert: NotifiedAlert, said: Readonly<Record<string, string>>): string {
  const group = Object.entries(alert.group)
    .filter(([key, value]) => said[key] !== value)
    .slice(0, 3)
    .map(([key, value]) => `${plain(key, 30)} ${code(value, 80)}`);
  const { actor: saidActor = '' } = said;
  const isActorSaid = saidActor !== '' && alert.labels['actor'] === saidActor;
  const actors = 'actor' in alert.group || isActorSaid ? [] : distinct(alert, (event) => event.actor, 3);
  const shown = 'actor' in alert.group || isActorSaid ? 1 : actors.length;
  // The headline of an actor's group says where it comes from.
  const countries = isActorSaid ? [] : distinct(alert, (event) => event.country, 3).map(countryText);
  const lines = [
    ...group,
    ...actors.map((actor) => code(actor, 60)),
    ...more(alert.actors, shown, 'actor'),
    ...(countries.length === 0 ? [] : [`from ${countries.join(', ')}`]),
  ];
  const isSaid = lines.length === 0 && (isActorSaid || Object.keys(alert.group).length > 0);
  return isSaid ? '' : `*Who*\n${orUnknown(lines)}`;
}

export function what(alert: NotifiedAlert): string {
  const requests = distinct(alert, (event) => codeLine(requestOf(event, pathOf(event)), 110), 3);
  return `*What*\n${orUnknown([
    ...requests.map((request) => `\`${request}\``),
    ...more(alert.apis, requests.length, 'API'),
  ])}`;
}

/** `14 different actors`, where fewer are shown. */
function more({ count, isAtLeast }: NotifiedAlert['actors'], shown: number, noun: string): string[] {
  if (count <= shown && isAtLeast !== true) return [];
  return [`${isAtLeast === true ? 'at least ' : ''}${counted(count, `different ${noun}`)}`];
}

export function when({ firstSeenMs, lastSeenMs }: NotifiedAlert): string {
  if (firstSeenMs === lastSeenMs) return `*When*\n${utcTime(firstSeenMs)}`;
  const later = lastSeenMs > firstSeenMs ? ` (${spanText(lastSeenMs - firstSeenMs)} later)` : '';
  return `*When*\nfirst ${utcTime(firstSeenMs)}\nlast ${utcTime(lastSeenMs)}${later}`;
}

/** Far more than any line shows: what is longer is not worth looking through. */
const PART_MAX = 1_000;

/** `POST api.example.com/login`. */
export function requestOf({ method = '', host = '' }: EventSummary, url: string): string {
  return `${method.slice(0, PART_MAX)} ${host.slice(0, PART_MAX)}${url.slice(0, PART_MAX)}`.trim();
}

/** Without the query: it differs from event to event, and the evidence shows it. */
export function pathOf({ url = '' }: EventSummary): string {
  return url.slice(0, PART_MAX).split(/[?#]/, 1)[0] ?? '';
}

function distinct(
  alert: NotifiedAlert,
  of: (event: EventSummary) => string | undefined,
  max: number,
): string[] {
  const values = alert.sample.map(of).filter((value) => value !== undefined && value !== '');
  return [...new Set(values)].slice(0, max).filter((value) => value !== undefined);
}

function orUnknown(lines: readonly string[]): string {
  return lines.length === 0 ? 'unknown' : lines.join('\n');
}
