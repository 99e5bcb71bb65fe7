import type { Exchange } from '../core/exchange.ts';
import { PayloadError } from './error.ts';
import { decodeJsonForm, exchangeFromJson } from './json-form.ts';
import { decodeTextForm } from './text-form.ts';

export type { Exchange } from '../core/exchange.ts';
export { PayloadError, type PayloadErrorCode } from './error.ts';
export { decodeMetadata } from './metadata.ts';
export { exchangeFromJson };

/** UTF-16 units. Whatever is longer could take longer than an event may. */
const MAX_LENGTH = 2_097_152;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Reads the captured HTTP exchange of an event: a JSON object, or the protobuf text format of
 * `HttpResponseParam`. An empty text is an empty exchange.
 * @throws PayloadError and nothing else
 */
export function decodePayload(text: string): Exchange {
  if (text.length > MAX_LENGTH) {
    throw new PayloadError(
      'too-large',
      MAX_LENGTH,
      `The payload is longer than ${MAX_LENGTH} characters, which is more than may be read.`,
    );
  }
  const bare = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  return firstCharacter(bare) === '{' ? decodeJsonForm(bare) : decodeTextForm(bare);
}

function firstCharacter(text: string): string {
  let at = 0;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return text.charAt(at);
}
