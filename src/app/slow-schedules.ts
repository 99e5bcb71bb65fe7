import type { Problem } from '../core/problem.ts';
import type { AdapterDeps } from '../schema/adapter.ts';
import { longestPauseMs } from '../schema/cron.ts';
import type { Setup } from './load.ts';
import { withSources } from './online.ts';

/** Warns of sources that are polled more rarely than `stale_after` lets their feeds be unread. */
export function slowSchedules(
  { config }: Setup,
  deps: AdapterDeps,
  file: string,
): Promise<readonly Problem[]> {
  return withSources(config.sources, deps, async (sources) =>
    sources.flatMap(({ name, schedule, staleAfterMs, deadlineMs }): Problem[] => {
      const pauseMs = longestPauseMs(schedule, deps.clock.now());
      if (pauseMs <= staleAfterMs) return [];
      const message =
        `source "${name}" is polled ${spanOf(pauseMs)} apart at most and its "stale_after" is ${spanOf(staleAfterMs)}, so a failing ` +
        `feed is told of only after the next poll and its deadline of ${spanOf(deadlineMs)}; poll more often, or raise "stale_after"`;
      return [{ code: 'slow-schedule', severity: 'warning', message, file }];
    }),
  );
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const;

/** As the configuration writes it: in the largest unit that leaves no rest. */
function spanOf(ms: number): string {
  const [unitMs, unit] = UNITS.find(([each]) => ms % each === 0) ?? [1, 'ms'];
  return `${ms / unitMs}${unit}`;
}
