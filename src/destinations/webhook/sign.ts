import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

const SAFE_ID = /^[\x21-\x7e]{1,256}$/;

/** The delivery's id as a header can carry it: itself, or its hash where its text could not travel. */
export function webhookId(id: string): string {
  return SAFE_ID.test(id) ? id : `sha256-${createHash('sha256').update(id).digest('hex')}`;
}

/**
 * The headers of Standard Webhooks: the id is the same on every attempt, the timestamp is the
 * attempt's, and each secret (base64, without its `whsec_`) adds one signature.
 */
export function signedHeaders(
  secrets: readonly Secret[],
  id: string,
  nowMs: number,
  body: string,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secrets.length === 0) return headers;
  const signatures = secrets.map((secret) => `v1,${hmac(secret, `${id}.${timestamp}.${body}`)}`);
  return { ...headers, 'webhook-signature': signatures.join(' ') };
}

function hmac(secret: Secret, text: string): string {
  return createHmac('sha256', Buffer.from(secret.reveal(), 'base64')).update(text).digest('base64');
}
