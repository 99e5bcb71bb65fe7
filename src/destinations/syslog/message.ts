import type { Delivery, ItemOutcome } from '../../core/delivery.ts';
import { type SiemSchema, siemText } from '../siem-text.ts';
import { type Sender, syslogHeader } from './header.ts';

export interface MessageOptions {
  readonly sender: Sender;
  readonly schema: SiemSchema;
  readonly bom: boolean;
  /** Bytes of one message. */
  readonly maxBytes: number;
}

const BOM = '\ufeff';

/** A delivery as one frame: `LENGTH SP SYSLOG-MSG`, the length in bytes; or why it can never be one. */
export function toFrame(delivery: Delivery, options: MessageOptions): Buffer | ItemOutcome {
  const text = siemText(delivery, options.schema);
  if (typeof text !== 'string') return text;
  const header = syslogHeader(delivery, options.sender, options.schema);
  const message = Buffer.from(`${header} ${options.bom ? BOM : ''}${text}`);
  if (message.length > options.maxBytes) return tooLong(message.length, options.maxBytes);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

function tooLong(bytes: number, most: number): ItemOutcome {
  const reason = `the message has ${bytes} bytes, and max_message is ${most}: raise it here and at the receiver, then redrive`;
  return { kind: 'dead', reason };
}
