import type { Delivery } from '../../core/delivery.ts';
import { groupKey } from '../notification-key.ts';
import { tocsinBody } from '../tocsin-body.ts';
import { webhookId } from './sign.ts';

/** With `id` it is what receivers remove repeats by. */
const SOURCE = '/tocsin';

interface Attributes {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
}

/** CloudEvents 1.0, structured: the attributes stand in the body beside `data`. */
export function cloudEvent(delivery: Delivery): Attributes & { readonly data: object } {
  const { type, timestamp, data } = tocsinBody(delivery);
  return {
    specversion: '1.0',
    id: webhookId(delivery.id),
    source: SOURCE,
    type: `tocsin.${type}`,
    subject: subjectOf(delivery),
    time: timestamp,
    datacontenttype: 'application/json',
    data,
  };
}

/** Binary: the attributes are headers. None of them can hold more than printable ASCII. */
export function cloudEventHeaders(delivery: Delivery): Readonly<Record<string, string>> {
  const { data: _inTheBody, datacontenttype: _inItsOwnHeader, ...attributes } = cloudEvent(delivery);
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce-${name}`, percentEncoded(value)]),
  );
}

/** What the event is about: the group that alerts belong to, the event, the digest. */
function subjectOf(delivery: Delivery): string {
  if (delivery.kind === 'alert') return groupKey(delivery.notification);
  return webhookId(delivery.kind === 'event' ? delivery.event.id : delivery.digest.id);
}

/** As the HTTP binding wants blanks, quotes, the per cent sign and all beyond ASCII. */
function percentEncoded(text: string): string {
  return text.toWellFormed().replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodeURIComponent);
}
