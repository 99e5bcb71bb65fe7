import { parseDuration } from '../schema/values.ts';
import { CliError } from './io.ts';

/** A point in time as an operator wrote it. */
interface GivenTime {
  /** Without a difference where two ways to write it mean the same for ever: `2026-11-01T00:00:00.000Z`, `7d`. */
  readonly text: string;
  readonly ms: number;
  /** Counted back from now, so that it means another time tomorrow. */
  readonly isRelative: boolean;
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Reads `2026-11-01`, `2026-11-01T08:30`, `2026-11-01T08:30:00+05:30` or `7d` (ago). UTC unless it says otherwise. */
function readTime(option: string, text: string, nowMs: number): GivenTime {
  const agoMs = parseDuration(text);
  const ms = agoMs === undefined ? dateMs(text) : nowMs - agoMs;
  if (ms === undefined || ms < 0)
    throw new CliError(`${option}: ${JSON.stringify(text)} is no time; ${EXPECTED}`);
  const isRelative = agoMs !== undefined;
  return { text: isRelative ? text : new Date(ms).toISOString(), ms, isRelative };
}

const EXPECTED =
  'expected such as 2026-11-01, 2026-11-01T08:30 (UTC), 2026-11-01T08:30+02:00, or 7d for seven days ago';

/** UTC unless it says otherwise; undefined where the text is no time. */
export function dateMs(text: string): number | undefined {
  const [, date, time = '00:00', offset = 'Z'] = DATE.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return undefined;
  const ms = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** JavaScript takes the 31st of November for the 1st of December. */
function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

/** From and to, the latter excluded. */
export interface GivenRange {
  readonly from: GivenTime;
  readonly to: GivenTime;
}

export function readRange(from: string, to: string, nowMs: number): GivenRange {
  const range = { from: readTime('--from', from, nowMs), to: readTime('--to', to, nowMs) };
  const shown = (ms: number): string => new Date(ms).toISOString();
  if (range.to.ms > nowMs)
    throw new CliError(`--to: ${shown(range.to.ms)} has not come yet; it is ${shown(nowMs)} now`);
  if (range.from.ms >= range.to.ms) {
    throw new CliError(
      `--from must lie before --to, and ${shown(range.from.ms)} does not lie before ${shown(range.to.ms)}`,
    );
  }
  return range;
}
