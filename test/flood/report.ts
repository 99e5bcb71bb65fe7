import type { FloodResult } from './flood.ts';

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** The figures, a line each. */
export function report(result: FloodResult): string {
  const { peaks, afterFlood, afterQuiet, pages, findings } = result;
  const tables = (bytes: ReadonlyMap<string, number>): string =>
    [...bytes]
      .slice(0, 8)
      .map(([name, size]) => `${name} ${mb(size)}`)
      .join(', ');
  return [
    `flood: ${(result.floodMs / 1_000).toFixed(0)} s; ${result.messages} Slack messages, ${result.notifications} notifications`,
    `peaks: database ${mb(peaks.databaseBytes)}, write-ahead log ${mb(peaks.walBytes)}, resident ${mb(peaks.residentBytes)}; log ${mb(result.logBytes)}`,
    `after the flood: ${mb(afterFlood.usedBytes)} used; ${afterFlood.openAlerts} open alerts, ${afterFlood.groups} groups, ${afterFlood.windows} windows`,
    `  ${tables(result.tablesAfterFlood)}`,
    `after the quiet: ${mb(afterQuiet.usedBytes)} used; ${afterQuiet.alerts} alerts, ${afterQuiet.groups} groups, ${afterQuiet.windows} windows, ${afterQuiet.overflow} matches to sum up`,
    `  ${tables(result.tablesAfterQuiet)}`,
    'from the commit of a successful exploit to its page:',
    ...pages.map(({ actor, tookMs, isSummary }) =>
      tookMs === undefined
        ? `  ${actor}: never`
        : `  ${actor}: ${(tookMs / 1_000).toFixed(1)} s${isSummary === true ? ', in a summary' : ''}`,
    ),
    findings.length === 0
      ? 'the books are right'
      : `NOT RIGHT:\n${findings.map((each) => `  ${each}`).join('\n')}`,
  ].join('\n');
}
