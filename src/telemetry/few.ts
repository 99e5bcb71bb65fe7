import type { Clock } from '../core/clock.ts';
import type { Logger } from './logger.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Whoever writes the events must not choose how long the log gets: lines of one kind within a period. */
const FEW = 5;
const PERIOD_MS = 10_000;

interface Period {
  readonly level: Level;
  readonly message: string;
  readonly labels: object;
  readonly sinceMs: number;
  readonly logged: number;
  readonly leftOut: number;
}

/** Logs the first few lines of a kind in each period; one more line says how many others there were. */
export function createFew(logger: Logger, clock: Clock) {
  const periods = new Map<string, Period>();

  /** @param labels what else makes the kind: names of the configuration, never an event's text */
  function log(
    level: Level,
    labels: Readonly<Record<string, string>>,
    fields: object,
    message: string,
  ): void {
    const kind = [message, ...Object.values(labels)].join('\n');
    const period = periodAt(kind, { level, message, labels });
    if (period.logged >= FEW) {
      periods.set(kind, { ...period, leftOut: period.leftOut + 1 });
      return;
    }
    periods.set(kind, { ...period, logged: period.logged + 1 });
    logger[level]({ ...labels, ...fields }, message);
  }

  function periodAt(kind: string, fresh: Pick<Period, 'level' | 'message' | 'labels'>): Period {
    const known = periods.get(kind);
    if (known !== undefined && !isOver(known)) return known;
    if (known !== undefined) sumUp(known);
    return { ...fresh, sinceMs: clock.now(), logged: 0, leftOut: 0 };
  }

  /** A clock that has gone back ends a period, too. */
  function isOver({ sinceMs }: Period): boolean {
    const passedMs = clock.now() - sinceMs;
    return passedMs < 0 || passedMs >= PERIOD_MS;
  }

  function sumUp({ level, message, labels, leftOut }: Period): void {
    if (leftOut > 0)
      logger[level]({ ...labels, lines: leftOut }, `${message}: so many more lines were left out`);
  }

  /** Says what was left out of periods that are over. */
  function flush(): void {
    for (const [kind, period] of periods) {
      if (!isOver(period)) continue;
      periods.delete(kind);
      sumUp(period);
    }
  }

  return { log, flush };
}
