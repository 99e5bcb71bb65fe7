import type { Delivery } from '../../core/delivery.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeCim } from './cim.ts';
import { encodeEcs } from './ecs.ts';
import { encodeOcsf } from './ocsf.ts';
import { encodeRaw } from './raw.ts';

export { encodeCef } from './cef.ts';
export { recordsOf } from './records.ts';

/** Schemas whose documents are JSON objects. CEF is a line of text: {@link encodeCef}. */
export const JSON_SCHEMAS = ['raw', 'cim', 'ocsf', 'ecs'] as const;
export type JsonSchemaName = (typeof JSON_SCHEMAS)[number];

const ENCODERS: Readonly<Record<JsonSchemaName, (delivery: Delivery) => JsonObject>> = {
  raw: encodeRaw,
  cim: encodeCim,
  ocsf: encodeOcsf,
  ecs: encodeEcs,
};

/**
 * One record of a delivery (see {@link recordsOf}) as one document: the same on every attempt, and fit for its schema
 * whatever an attacker wrote. Each holds the record's id: as `tocsin_id`, in OCSF (which allows no key of ours) as `metadata.uid` and `unmapped.tocsin_id`.
 */
export function encodeJson(schema: JsonSchemaName, delivery: Delivery): JsonObject {
  return ENCODERS[schema](delivery);
}

/** When it happened, or was told: milliseconds since the epoch. */
export function deliveryTimeMs(delivery: Delivery): number {
  switch (delivery.kind) {
    case 'event':
      return delivery.event.timeMs;
    case 'alert':
      return delivery.notification.createdAtMs;
    default:
      return delivery.digest.createdAtMs;
  }
}
