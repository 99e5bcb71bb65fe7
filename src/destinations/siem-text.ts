import type { Delivery, ItemOutcome } from '../core/delivery.ts';
import { deliveryTimeMs, encodeCef, encodeJson, JSON_SCHEMAS, type JsonSchemaName } from './siem/index.ts';
import { isoTime } from './tocsin-body-values.ts';

export const SIEM_SCHEMAS = [...JSON_SCHEMAS, 'cef'] as const;
export type SiemSchema = (typeof SIEM_SCHEMAS)[number];

/** Splunk's two leave the time to HEC's envelope, which there is none of here. */
const HAS_NO_TIME: readonly SiemSchema[] = ['raw', 'cim'];
/** What ends a line in somebody's eyes, or speaks to a terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** A delivery as one line of text, the same on every attempt; or why it can never be one. */
export function siemText(delivery: Delivery, schema: SiemSchema): string | ItemOutcome {
  try {
    if (schema === 'cef') return encodeCef(delivery).replaceAll(CONTROL, ' ');
    // In JSON they can stand inside strings only, where an escape means the same.
    return JSON.stringify(document(delivery, schema)).replaceAll(CONTROL, escaped);
  } catch {
    return { kind: 'dead', reason: `the message could not be written as ${schema}` };
  }
}

function document(delivery: Delivery, schema: JsonSchemaName) {
  const encoded = encodeJson(schema, delivery);
  return HAS_NO_TIME.includes(schema) ? { time: isoTime(deliveryTimeMs(delivery)), ...encoded } : encoded;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
