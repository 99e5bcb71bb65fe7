import type { MessageRate } from '../core/delivery.ts';

/** A token bucket; a token is a message. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

const MINUTE_MS = 60_000;

/** The bucket as it is now. A clock that went back neither fills nor empties it. */
export function refill(bucket: Bucket | undefined, { perMinute, burst }: MessageRate, nowMs: number): Bucket {
  if (bucket === undefined) return { tokens: burst, atMs: nowMs };
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  return { tokens: Math.min(burst, bucket.tokens + (passedMs / MINUTE_MS) * perMinute), atMs: nowMs };
}

/** One message out of a bucket that {@link refill} gave. */
export function take(bucket: Bucket): { readonly bucket: Bucket; readonly reason: 'sent' | 'too_many' } {
  if (bucket.tokens < 1) return { bucket, reason: 'too_many' };
  return { bucket: { ...bucket, tokens: bucket.tokens - 1 }, reason: 'sent' };
}
