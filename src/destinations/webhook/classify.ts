import type { Outcome } from '../../core/delivery.ts';
import { isTransientStatus } from '../../net/index.ts';

/** Statuses about the address or the key rather than about this message: a person must act. */
const HOLD: Readonly<Record<number, string>> = {
  401: 'did not accept our credentials (401): correct its secret or headers',
  404: 'does not know the path (404): correct its url',
  405: 'does not take POST there (405): correct its url',
  407: 'stands behind a proxy that wants credentials (407)',
  410: 'has disabled this webhook (410): remove it, or enable it there',
};

/**
 * No hold: a firewall in front of the receiver may refuse one message for what an attacker wrote in
 * it, and the others must not wait for that one.
 */
const FORBIDDEN =
  'the receiver did not allow the request (403): correct its secret or headers, unless a firewall refuses this message only';

/** What an answer means. The body does not matter, and is never shown: it may echo what we sent. */
export function classifyWebhook(status: number, retryAfterMs: number | undefined): Outcome {
  if (status >= 200 && status < 300) return { kind: 'done' };
  const hold = HOLD[status];
  if (hold !== undefined) return { kind: 'hold', reason: `the receiver ${hold}` };
  if (status === 403) return retry(FORBIDDEN, retryAfterMs);
  if (isTransientStatus(status)) return retry(`the receiver answered ${status}`, retryAfterMs);
  if (status < 400) return retry(`the receiver answered ${status}; redirects are not followed`, undefined);
  return { kind: 'dead', reason: `the receiver refused this message (${status})` };
}

function retry(reason: string, afterMs: number | undefined): Outcome {
  return afterMs === undefined ? { kind: 'retry', reason } : { kind: 'retry', reason, afterMs };
}
