import { createHmac, timingSafeEqual } from 'node:crypto';

/** Allowed difference between the sender's clock and ours, either way. */
const TOLERANCE_SECONDS = 300;
const SECRET_PREFIX = 'whsec_';

/** Why a request's Standard Webhooks signature does not hold; undefined where it does. */
export type SignatureFault =
  | 'headers missing'
  | 'timestamp invalid'
  | 'timestamp out of tolerance'
  | 'no signature matches';

/**
 * Verifies `webhook-signature` (`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several,
 * separated by spaces, while a secret rotates) against any of the secrets (`whsec_` and base64).
 */
export function signatureFault(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  secrets: readonly string[],
  nowMs: number,
): SignatureFault | undefined {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const signatures = headers['webhook-signature'] ?? '';
  if (id === '' || timestamp === '' || signatures === '') return 'headers missing';
  if (!/^\d{1,15}$/.test(timestamp)) return 'timestamp invalid';
  if (Math.abs(Number(timestamp) - nowMs / 1_000) > TOLERANCE_SECONDS) return 'timestamp out of tolerance';
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const given = signatures.split(' ').filter((signature) => signature.startsWith('v1,'));
  const holds = secrets.some((secret) => {
    const expected = `v1,${sign(content, secret)}`;
    return given.some((signature) => equal(signature, expected));
  });
  return holds ? undefined : 'no signature matches';
}

function sign(content: Buffer, secret: string): string {
  const encoded = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  return createHmac('sha256', Buffer.from(encoded, 'base64')).update(content).digest('base64');
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
