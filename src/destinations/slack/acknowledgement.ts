import type { Acknowledgement, Notification, NotifiedAlert } from '../../core/alert.ts';
import { plain } from './text.ts';
import { counted, numberText } from './words.ts';

const MOST_NAMES = 4;
const MOST_PEOPLE = 3;
const NOTE_MAX = 300;

/** The answer that says who took what in hand: `👤 acknowledged by ann: blocking it at the edge`. */
export function acknowledgement(notification: Notification): string {
  const { alerts, isAcknowledged, omittedAlerts } = notification;
  const handled = alerts.filter(({ acknowledged }) => acknowledged !== undefined);
  const newestMs = Math.max(...handled.map(({ acknowledged }) => acknowledged?.atMs ?? 0));
  const fresh = handled.filter(({ acknowledged }) => acknowledged?.atMs === newestMs);
  const people = new Map(fresh.flatMap(({ acknowledged }) => (acknowledged ? [wordsOf(acknowledged)] : [])));
  const by = [...people.values()].slice(0, MOST_PEOPLE).join('; ');
  const part = isAcknowledged === true ? '' : `\n${partOf(fresh, alerts, omittedAlerts)}`;
  return `👤 ${by === '' ? 'acknowledged' : by}${fresh.length === 0 ? '' : part}`;
}

function wordsOf({ by, note }: Acknowledgement): [key: string, words: string] {
  const who = `acknowledged by ${plain(by, 80)}`;
  return [`${by}\n${note}`, note === undefined ? who : `${who}: ${plain(note, NOTE_MAX)}`];
}

/** `SQL injection: 1 of 3 alerts`, where others are in nobody's hands. */
function partOf(
  fresh: readonly NotifiedAlert[],
  alerts: readonly NotifiedAlert[],
  omittedAlerts: number,
): string {
  const names = [...new Set(fresh.map(({ ruleName }) => ruleName))];
  const shown = names.slice(0, MOST_NAMES).map((name) => plain(name, 60));
  const more = names.length > shown.length ? ` and ${counted(names.length - shown.length, 'more rule')}` : '';
  const open = alerts.filter(({ state }) => state !== 'resolved').length + omittedAlerts;
  return `${shown.join(', ')}${more}: ${numberText(fresh.length)} of ${counted(open, 'alert')}`;
}
