import type { Delivery } from '../../core/delivery.ts';
import type { JsonObject } from '../../core/json.ts';
import { rawAlert } from './alert.ts';
import { cimAlert, cimEvent } from './cim.ts';
import type { HecEnvelope } from './collector.ts';
import type { SplunkHecConfig } from './config.ts';
import { cimDigest, rawDigest } from './digest.ts';

/** One delivery as Splunk gets it. `event` always carries `tocsin_id`, by which a search removes repeats. */
export function encodeHec(delivery: Delivery, config: SplunkHecConfig): HecEnvelope {
  const message = config.schema === 'cim' ? cim(delivery) : raw(delivery);
  return { message, metadata: { time: timeOf(delivery), ...placement(config) } };
}

function raw(delivery: Delivery): JsonObject {
  if (delivery.kind === 'digest') return rawDigest(delivery.id, delivery.digest);
  if (delivery.kind === 'alert') return rawAlert(delivery.id, delivery.notification);
  const { id, event, rules } = delivery;
  return {
    tocsin_id: id,
    kind: 'event',
    source: event.source,
    feed: event.feed,
    rules: rules.map(({ rule, name, severity }) => ({ id: rule, name, severity })),
    event: event.raw,
  };
}

function cim(delivery: Delivery): JsonObject {
  if (delivery.kind === 'digest') return cimDigest(delivery.id, delivery.digest);
  return delivery.kind === 'alert'
    ? cimAlert(delivery.id, delivery.notification)
    : cimEvent(delivery.id, delivery.event, delivery.rules);
}

/** Epoch seconds, with their milliseconds. */
function timeOf(delivery: Delivery): string {
  const timeMs =
    delivery.kind === 'alert'
      ? delivery.notification.createdAtMs
      : delivery.kind === 'digest'
        ? delivery.digest.createdAtMs
        : delivery.event.timeMs;
  return (timeMs / 1_000).toFixed(3);
}

function placement({ source, sourcetype, index, host }: SplunkHecConfig) {
  return {
    source,
    sourcetype,
    ...(index === undefined ? {} : { index }),
    ...(host === undefined ? {} : { host }),
  };
}
