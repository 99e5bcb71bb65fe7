/** A key that is there only with its value. */
export function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  const entry: { [K in Key]?: Value } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

/** A date holds ±8.64e15 ms; a time beyond is a source's nonsense and must not throw here. */
export function isoTime(timeMs: number): string {
  const bounded = Number.isFinite(timeMs) ? Math.min(Math.max(timeMs, -8.64e15), 8.64e15) : 0;
  return new Date(bounded).toISOString();
}
