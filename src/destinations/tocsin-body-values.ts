/** A key that is there only with its value. */
export function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  const entry: { [K in Key]?: Value } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

/** Years beyond these four digits are no RFC 3339 any more: 0001 to 9999. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

/** Whether it can be written at all; NaN cannot. */
export function isWritableTime(timeMs: number): boolean {
  return timeMs >= FIRST_MS && timeMs <= LAST_MS;
}

/** A time beyond what can be written is a source's nonsense, and becomes the nearest that can be. */
export function isoTime(timeMs: number): string {
  const bounded = Number.isFinite(timeMs) ? Math.min(Math.max(timeMs, FIRST_MS), LAST_MS) : 0;
  return new Date(bounded).toISOString();
}
