import type { JsonObject } from '../../core/json.ts';

/** Epoch seconds, inclusive; 0 means unbounded. */
export interface SecondRange {
  readonly fromS: number;
  readonly toS: number;
}

export function secondOf(event: JsonObject): number {
  return Number(event['timestamp']);
}

export function isWithin(event: JsonObject, { fromS, toS }: SecondRange): boolean {
  const second = secondOf(event);
  return (fromS <= 0 || second >= fromS) && (toS <= 0 || second <= toS);
}

/** '' where the event does not have it, as the server's own records have it. */
export function textOf(event: JsonObject, key: string): string {
  const value = event[key];
  return typeof value === 'string' ? value : '';
}

/** A count in a request body; 0 where it is absent or makes no sense. */
export function wholeNumber(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0;
}

/** `startTs` and `endTs` of the body. */
export function rangeOf(body: JsonObject): SecondRange {
  return { fromS: wholeNumber(body['startTs']), toS: wholeNumber(body['endTs']) };
}

/** Every distinct text under a key, in the order of its first sight, without the empty one. */
export function distinct(events: readonly JsonObject[], key: string): string[] {
  return [...new Set(events.map((event) => textOf(event, key)))].filter((text) => text !== '');
}

/** Of one second, the one the server got last. */
export function newestOf(events: readonly JsonObject[]): JsonObject {
  let newest: JsonObject = {};
  let second = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    if (secondOf(event) < second) continue;
    newest = event;
    second = secondOf(event);
  }
  return newest;
}
