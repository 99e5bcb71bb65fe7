import type { Delivery } from '../core/delivery.ts';
import type { JsonObject } from '../core/json.ts';
import { maskDelivery } from './deliveries.ts';
import { maskExchangeText } from './exchange-text.ts';
import { TextMasking } from './json-text.ts';
import { remembering } from './name-memory.ts';
import { maskObject } from './objects.ts';
import { compileOwn, type OwnPattern } from './own-patterns.ts';

export { MAX_PATTERNS, type OwnPattern, RedactionError } from './own-patterns.ts';

/**
 * Masks secrets: `[redacted:<kind>]` stands where one stood. Nothing of it is left, not even its length. Each method gives
 * back the very object where nothing was masked, never throws, takes time linear in the text, and masks nothing more where
 * its own answer is masked again.
 */
export interface Redactor {
  /** Any text: a URL, a header's line, a form, JSON, prose. JSON stays JSON of the same shape. */
  text(value: string): string;
  /** An event as its feed showed it. A captured exchange in it stays in its form, text format or JSON. */
  json(value: JsonObject): JsonObject;
  /** What is about to leave: events, notifications, digests. Ids, actors, hosts and times stay. */
  delivery(delivery: Delivery): Delivery;
}

export interface RedactorOptions {
  /** Of the operator's own, besides those that are always there; at most 50. */
  readonly patterns?: readonly OwnPattern[];
}

/** @throws RedactionError for a pattern that cannot be used */
export function createRedactor({ patterns = [] }: RedactorOptions = {}): Redactor {
  const masking = new TextMasking(compileOwn(patterns));
  const { value, document } = masking;
  const exchange = { text: value, body: document, name: remembering(value) };
  const field = (text: string): string => maskExchangeText(text, exchange) ?? value(text);
  const body = (text: string): string => maskExchangeText(text, exchange) ?? document(text);
  const event = { text: field, body, name: remembering(field), masking };
  const json = (object: JsonObject): JsonObject => maskObject(object, event);
  return { text: document, json, delivery: (delivery) => maskDelivery(delivery, { text: field, json }) };
}
