import { basename } from 'node:path';
import { isoTime } from '../tocsin-body-values.ts';

export interface RotationPolicy {
  readonly maxBytes: number;
  readonly every: 'never' | 'daily' | 'hourly';
  /** Files put away. */
  readonly keep: number;
}

/** What is known of the file that is written. */
export interface Written {
  readonly bytes: number;
  /** When it was last written to. */
  readonly lastMs: number;
}

/** Whether a file is put away before the next line. An empty one never is; a clock that went back changes nothing. */
export function rotationDue(
  { bytes, lastMs }: Written,
  nextLineBytes: number,
  { maxBytes, every }: RotationPolicy,
  nowMs: number,
): 'size' | 'age' | undefined {
  if (bytes === 0) return undefined;
  if (bytes + nextLineBytes > maxBytes) return 'size';
  if (every === 'never') return undefined;
  const length = every === 'daily' ? 'YYYY-MM-DD'.length : 'YYYY-MM-DDTHH'.length;
  return isoTime(nowMs).slice(0, length) > isoTime(lastMs).slice(0, length) ? 'age' : undefined;
}

const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3})Z$/;

/** Those of a folder's names that this file was put away under, oldest first. */
export function putAway(path: string, names: readonly string[]): readonly string[] {
  const start = `${basename(path)}.`;
  return names.filter((name) => name.startsWith(start) && STAMP.test(name.slice(start.length))).sort();
}

/**
 * The name under which the file is put away now: its own and the time, `events.jsonl.20261121T204405.250Z`. Later in the
 * alphabet than all before it, even where the clock went back, so that the oldest is known and none is overwritten.
 */
export function nextName(path: string, before: readonly string[], nowMs: number): string {
  const start = `${basename(path)}.`;
  const last = before.at(-1)?.slice(start.length);
  const now = stamp(nowMs);
  if (last === undefined || now > last) return start + now;
  return start + stamp(Date.parse(last.replace(STAMP, '$1-$2-$3T$4:$5:$6Z')) + 1);
}

function stamp(timeMs: number): string {
  return isoTime(timeMs).replaceAll(/[-:]/g, '');
}
