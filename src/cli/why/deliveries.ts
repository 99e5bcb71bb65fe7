import type { TocsinConfig } from '../../app/load.ts';
import type { Notification } from '../../core/alert.ts';
import { groupOfNotification } from '../../core/notification-id.ts';
import type { DeliveryHistory, EventRecord, Records } from '../../core/records.ts';

/** A destination that has nothing of it. */
export interface NotSent {
  readonly destination: string;
  readonly because: string;
}

export interface Deliveries {
  readonly deliveries: readonly DeliveryHistory[];
  /** Told as far as the configuration is known. */
  readonly notSent: readonly NotSent[];
}

type Destinations = TocsinConfig['destinations'];

/** Where an event went and where it did not. */
export async function eventDeliveries(
  records: Records,
  { id, rules }: EventRecord,
  destinations: Destinations,
): Promise<Deliveries> {
  const deliveries = await records.deliveriesOf(id);
  return {
    deliveries,
    notSent: without(deliveries, destinations, (each) => eventReason(each, rules.length > 0)),
  };
}

function eventReason({ send }: Destinations[number], isMatched: boolean): string {
  if (!send.includes('events') && !send.includes('matches')) return `it is sent ${send.join(' and ')} only`;
  if (!send.includes('events') && !isMatched) return 'it is sent only events that a rule matched';
  return 'nothing is on record: it was not in the configuration then, or the record has aged out';
}

/** Where a notification went and where it did not. */
export async function notificationDeliveries(
  records: Records,
  { id, route }: Notification,
  config: Pick<TocsinConfig, 'destinations' | 'routes'> | undefined,
): Promise<Deliveries> {
  const deliveries = await records.deliveriesOf(id);
  const group = await records.readGroup(groupOfNotification(id));
  const to = group?.to ?? config?.routes.find(({ name }) => name === route)?.to ?? [];
  const { destinations = [] } = config ?? {};
  const known = new Set(
    [...destinations, ...deliveries.map(({ destination }) => ({ name: destination }))].map(
      ({ name }) => name,
    ),
  );
  const gone = config === undefined ? [] : to.filter((name) => !known.has(name));
  return {
    deliveries,
    notSent: [
      ...without(deliveries, destinations, (each) => alertReason(each, to, route)),
      ...gone.map((destination) => ({ destination, because: 'it is not in the configuration' })),
    ],
  };
}

function alertReason({ name, send }: Destinations[number], to: readonly string[], route: string): string {
  if (!send.includes('alerts')) return `it is sent ${send.join(' and ')} only`;
  if (!to.includes(name)) return `route ${route} does not name it`;
  return 'no message of its own is on record: it was summed up with others (rate), or the record has aged out';
}

function without(
  deliveries: readonly DeliveryHistory[],
  destinations: Destinations,
  reason: (destination: Destinations[number]) => string,
): readonly NotSent[] {
  const reached = new Set(deliveries.map(({ destination }) => destination));
  return destinations
    .filter(({ name }) => !reached.has(name))
    .map((each) => ({ destination: each.name, because: reason(each) }));
}
