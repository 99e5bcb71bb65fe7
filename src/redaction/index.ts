import type { Delivery } from '../core/delivery.ts';
import type { JsonObject } from '../core/json.ts';
import { maskDelivery } from './deliveries.ts';
import { maskExchangeText } from './exchange-text.ts';
import { remembering } from './name-memory.ts';
import { maskObject } from './objects.ts';
import { compileOwn, type OwnPattern } from './own-patterns.ts';
import { maskText } from './sweep.ts';

export { MAX_PATTERNS, type OwnPattern, RedactionError } from './own-patterns.ts';

/**
 * Masks secrets: `[redacted:<kind>]` stands where one stood. Nothing of it is left, not even its length. Each method gives
 * back the very object where nothing was masked, never throws, takes time linear in the text, and masks nothing more where
 * its own answer is masked again.
 */
export interface Redactor {
  /** Any text: a URL, a header's line, a form, JSON, prose. JSON stays JSON. */
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
  const own = compileOwn(patterns);
  const text = (value: string): string => own(maskText(value));
  const header = remembering(text);
  const field = (value: string): string => maskExchangeText(value, { text, name: header }) ?? text(value);
  const name = remembering(field);
  const json = (value: JsonObject): JsonObject => maskObject(value, { text: field, name });
  return { text, json, delivery: (delivery) => maskDelivery(delivery, { text: field, json }) };
}
