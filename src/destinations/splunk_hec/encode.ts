import type { Delivery } from '../../core/delivery.ts';
import { deliveryTimeMs, encodeJson } from '../siem/index.ts';
import type { HecEnvelope } from './collector.ts';
import type { SplunkHecConfig } from './config.ts';
import { placementOf } from './placement.ts';

/** One record of a delivery as Splunk gets it. `event` always carries `tocsin_id`, by which a search removes repeats. */
export function encodeHec(delivery: Delivery, config: SplunkHecConfig): HecEnvelope {
  const message = { ...encodeJson(config.schema, delivery), tocsin_id: delivery.id };
  return { message, metadata: { time: timeOf(delivery), ...placementOf(delivery, config) } };
}

/** Epoch seconds, with their milliseconds. */
function timeOf(delivery: Delivery): string {
  return (deliveryTimeMs(delivery) / 1_000).toFixed(3);
}
