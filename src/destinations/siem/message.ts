import type { Notification } from '../../core/alert.ts';
import { counted } from '../../core/counted.ts';
import type { Facts } from './facts.ts';

const REASONS: Readonly<Record<Notification['reason'], string>> = {
  opened: 'opened',
  grew: 'grew',
  repeat: 'still goes on',
  escalated: 'was not acknowledged in time',
  shrank: 'goes on',
  acknowledged: 'is acknowledged',
  resolved: 'is over',
};

/** One sentence for people: what, who, where. */
export function eventMessage({ title, requests, count }: Facts): string {
  const [first] = requests;
  const who =
    first?.client === undefined ? '' : ` from ${first.client.ip ?? first.client.text.slice(0, 200)}`;
  const where = [first?.method?.slice(0, 20), place(first)].filter((part) => part).join(' ');
  const times = count === undefined ? '' : `, ${counted(count, 'time')}`;
  return `${title.slice(0, 200)}${who}${where === '' ? '' : ` at ${where}`}${times}`;
}

export function alertMessage({ title, count }: Facts, { reason, newCount, alerts, ...rest }: Notification) {
  const others = alerts.length + rest.omittedAlerts - 1;
  const more = others > 0 ? ` and ${others} more` : '';
  return `${title.slice(0, 200)}${more} ${REASONS[reason]}: ${newCount} new of ${counted(count ?? newCount, 'match', 'matches')}`;
}

function place(observed: Facts['requests'][number] | undefined): string {
  const target = observed?.target ?? '';
  return `${target.startsWith('/') || target === '' ? (observed?.host?.name.slice(0, 200) ?? '') : ''}${target.slice(0, 300)}`;
}
