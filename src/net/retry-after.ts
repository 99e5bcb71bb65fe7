const LONGEST_MS = 3_600_000;
const SECONDS = /^\d{1,15}(\.\d{1,9})?$/;
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, [A-Za-z0-9 :-]{1,40} GMT$/;

/**
 * Reads a `Retry-After` header: how long to wait from now, in milliseconds, at most an hour (an
 * answer of a year would silence a destination). Undefined where there is none or it makes no sense.
 * @param value seconds (`120`) or a date (`Wed, 21 Oct 2026 07:28:00 GMT`)
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (SECONDS.test(text)) return clamp(Number(text) * 1_000);
  if (!HTTP_DATE.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : clamp(atMs - nowMs);
}

function clamp(ms: number): number {
  return Math.min(Math.max(Math.round(ms), 0), LONGEST_MS);
}
