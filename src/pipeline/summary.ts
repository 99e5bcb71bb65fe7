import type { EventSummary } from '../core/alert.ts';
import type { Event } from '../core/event.ts';
import type { EventView, TermSource } from '../rules/index.ts';

/** No single value may make an alert large: attackers choose most of them. Characters. */
const MAX_TEXT = 500;

/** A term's value as text; undefined where it has none, or more of it than may be looked at. */
export function termText(source: TermSource, term: string): string | undefined {
  const datum = datumOf(source, term);
  if (datum === undefined || datum === '') return undefined;
  return shortened(textOf(datum));
}

/** A term's value as a label: flags and numbers as such, texts shortened. */
export function labelOf(source: TermSource, term: string): string | number | boolean | undefined {
  const datum = datumOf(source, term);
  if (datum === undefined || datum === '') return undefined;
  if (typeof datum === 'number' || typeof datum === 'boolean') return datum;
  return shortened(typeof datum === 'object' ? datum.text : datum);
}

function datumOf(source: TermSource, term: string): ReturnType<TermSource['get']> {
  try {
    return source.get(term);
  } catch {
    return undefined;
  }
}

export function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/** Where each fact stands, by feed: the first term that has a value wins. */
const TERMS = {
  actor: ['actor', 'ip_address', 'source_ip'],
  method: ['method', 'latest_api_method'],
  host: ['host', 'latest_api_host'],
  url: ['url', 'latest_api_endpoint', 'api'],
  country: ['country_code'],
  filterId: ['filter_id', 'latest_attack'],
  eventType: ['event_type'],
} as const;

/** What alerts tell of an event. */
export function summarise(event: Event, view: EventView): EventSummary {
  const statusCode = view.get('response_code');
  const exploited = view.get('successful_exploit');
  const refId = textOf(view.get('ref_id'));
  const requests = event.feed === 'incidents' ? numberOf(view.get('requests')) : undefined;
  return {
    id: event.id,
    timeMs: event.timeMs,
    ...Object.fromEntries(
      Object.entries(TERMS).flatMap(([key, terms]) => {
        const text = terms.map((term) => termText(view, term)).find((value) => value !== undefined);
        return text === undefined ? [] : [[key, text]];
      }),
    ),
    // The text format writes no zeros down: 0 is an answer that was not captured.
    ...(typeof statusCode === 'number' && statusCode > 0 ? { statusCode } : {}),
    ...(typeof exploited === 'boolean' ? { successfulExploit: exploited } : {}),
    // Keys by which something is asked for: half a key names nothing, or something else.
    ...(event.revision === undefined ? {} : { object: event.feedId }),
    ...(refId === '' || refId.length > MAX_TEXT ? {} : { refId }),
    ...(requests === undefined ? {} : { requests }),
  };
}

function textOf(datum: ReturnType<TermSource['get']>): string {
  if (datum === undefined) return '';
  return typeof datum === 'object' ? datum.text : String(datum);
}

function numberOf(datum: ReturnType<TermSource['get']>): number | undefined {
  const value = typeof datum === 'object' ? Number(datum.text) : datum;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
