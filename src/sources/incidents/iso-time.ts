const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):?(\d{2}))$/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MOST_OFFSET_HOURS = 14;

/**
 * Epoch milliseconds of an ISO 8601 time with its offset, `2021-01-01T00:00:00+00:00`; a fraction is cut to
 * milliseconds. Undefined for anything else: without an offset nobody knows which hour is meant.
 */
export function parseIsoTime(text: string): number | undefined {
  if (text.length > 40) return undefined;
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const offsetMinutes = readOffset(found[8], Number(found[9] ?? 0), Number(found[10] ?? 0));
  const isDay = day >= 1 && day <= daysOf(year, month);
  if (!isDay || hour > 23 || minute > 59 || second > 59 || offsetMinutes === undefined) return undefined;
  const milliseconds = Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - offsetMinutes * 60_000;
}

/** 0 for a month that does not exist. */
function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

function readOffset(sign: string | undefined, hours: number, minutes: number): number | undefined {
  if (hours > MOST_OFFSET_HOURS || minutes > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
}
