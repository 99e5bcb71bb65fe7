/** What a clock on the wall of a time zone shows. `month` and `day` count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** The rules of one IANA time zone. Instants are milliseconds since the epoch. */
export interface Zone {
  wallOf(instantMs: number): WallTime;
  /**
   * When that is. A time that a clock change skips is as much later as the clock was set forward; of one
   * that comes twice it is the first. `day` may be outside its month: the calendar goes on.
   */
  instantOf(wall: WallTime): number;
  /** Every instant at which the clock shows that, ascending: two of a time that comes twice, none of one that is skipped. */
  instantsOf(wall: WallTime): readonly number[];
  /** When the clock is set forward or back within the time, its end included. */
  changesIn(fromMs: number, toMs: number): readonly number[];
}

/** No zone changes its clocks twice within two days. */
const DAY_MS = 86_400_000;
/** Some zones change their clocks a second before or after a minute begins, none in the midst of a second. */
const STEP_MS = 1_000;

/** A formatter costs more than all that is asked of it; names come from configurations, so there are few. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(name: string): Intl.DateTimeFormat {
  const known = formats.get(name);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(name, format);
  return format;
}

/** @param name IANA, such as `Europe/Paris`. Throws a RangeError for a name that is none. */
export function createZone(name: string): Zone {
  const format = formatOf(name);

  function shown(instantMs: number): Map<string, number> {
    return new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  }

  function wallOf(instantMs: number): WallTime {
    const parts = shown(instantMs);
    const part = (type: string): number => parts.get(type) ?? 0;
    const [year, month, day] = [part('year'), part('month'), part('day')];
    return { year, month, day, hour: part('hour'), minute: part('minute') };
  }

  /** How far the wall is ahead of UTC. */
  function offsetAt(instantMs: number): number {
    const parts = shown(instantMs);
    const part = (type: string): number => parts.get(type) ?? 0;
    const wallMs =
      asUtc({
        ...{ year: part('year'), month: part('month'), day: part('day') },
        ...{ hour: part('hour'), minute: part('minute') },
      }) +
      part('second') * 1_000;
    return wallMs - Math.floor(instantMs / 1_000) * 1_000;
  }

  function instantOf(wall: WallTime): number {
    const wallMs = asUtc(wall);
    const before = offsetAt(wallMs - DAY_MS);
    const after = offsetAt(wallMs + DAY_MS);
    const first = wallMs - before;
    if (before === after || offsetAt(first) === before) return first;
    const second = wallMs - after;
    return offsetAt(second) === after ? second : first;
  }

  function instantsOf(wall: WallTime): readonly number[] {
    const wallMs = asUtc(wall);
    const offsets = new Set([offsetAt(wallMs - DAY_MS), offsetAt(wallMs + DAY_MS)]);
    const candidates = [...offsets].map((offset) => ({ offset, instant: wallMs - offset }));
    const real = candidates.filter(
      ({ offset, instant }) => offsets.size === 1 || offsetAt(instant) === offset,
    );
    return real.map(({ instant }) => instant).sort((a, b) => a - b);
  }

  function changesIn(fromMs: number, toMs: number): readonly number[] {
    const changes: number[] = [];
    for (let start = fromMs; start < toMs; start += DAY_MS) {
      const end = Math.min(start + DAY_MS, toMs);
      if (offsetAt(start) !== offsetAt(end)) changes.push(changeBetween(start, end));
    }
    return changes;
  }

  /** The first instant of the later offset, where the two differ. */
  function changeBetween(startMs: number, endMs: number): number {
    const later = offsetAt(endMs);
    let [before, after] = [Math.floor(startMs / STEP_MS), Math.ceil(endMs / STEP_MS)];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle * STEP_MS) === later) after = middle;
      else before = middle;
    }
    return after * STEP_MS;
  }

  return { wallOf, instantOf, instantsOf, changesIn };
}

function asUtc({ year, month, day, hour, minute }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}
