import type { Delivery } from '../../core/delivery.ts';
import type { Json } from '../../core/json.ts';
import { highestSeverity, parseSeverity, type Severity } from '../../core/severity.ts';
import { badge } from './headline.ts';
import { redactUrl } from './redact.ts';
import { code, plain, utcTime } from './text.ts';
import { countryText } from './words.ts';

/** An event on its own, in a line. */
export function eventLine({ event, rules }: Extract<Delivery, { kind: 'event' }>): string {
  const severities: Severity[] = rules.map((rule) => rule.severity);
  const severity =
    severities.length > 0 ? severities.reduce(highestSeverity) : parseSeverity(event.raw['severity']);
  const names = rules.map((rule) => rule.name).join(', ');
  const request = [event.raw['method'], `${text(event.raw['host'])}${redactUrl(text(event.raw['url']))}`];
  const country = text(event.raw['country']);
  return [
    badge(severity ?? 'INFO'),
    plain(names === '' ? event.feed : names, 200),
    code(request.map(text).join(' '), 300),
    `by ${code(text(event.raw['actor']), 100)}`,
    ...(country === '' ? [] : [countryText(country)]),
    utcTime(event.timeMs),
  ].join(' · ');
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
