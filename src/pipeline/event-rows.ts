import type { Stream } from '../core/delivery.ts';
import type { OutboxRow } from '../core/store.ts';
import type { Verdict } from './judge.ts';

/** A destination as far as deciding what it is sent goes. */
export interface Recipient {
  readonly name: string;
  readonly send: ReadonlySet<Stream>;
}

/** The deliveries of the events themselves: each to whoever takes every event, or this one's matches. */
export function eventRows(
  verdicts: readonly Verdict[],
  recipients: readonly Recipient[],
): readonly OutboxRow[] {
  return verdicts.flatMap(({ event, matches }) =>
    recipients
      .filter(({ send }) => send.has('events') || (send.has('matches') && matches.length > 0))
      .map(({ name }): OutboxRow => ({ destination: name, kind: 'event', deliveryId: event.id })),
  );
}
