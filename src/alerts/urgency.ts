import type { Alert } from '../core/alert.ts';
import { SEVERITIES, type Severity, severityRank } from '../core/severity.ts';

/**
 * Who is heard first: severity decides, and within one severity an exploit that succeeded. From 1, so that 0 is left for what
 * is no alert at all.
 */
export function urgencyOf({ severity, exploited }: Pick<Alert, 'severity' | 'exploited'>): number {
  return severityRank(severity) * 2 + (exploited === true ? 2 : 1);
}

/** The least urgent of a severity. */
export function urgencyFrom(severity: Severity): number {
  return severityRank(severity) * 2 + 1;
}

/** The severity that an urgency stands for. */
export function severityAt(urgency: number): Severity {
  return SEVERITIES[Math.min(Math.floor((urgency - 1) / 2), SEVERITIES.length - 1)] ?? 'INFO';
}

/** Most urgent first. */
export const URGENCIES: readonly number[] = Array.from(
  { length: SEVERITIES.length * 2 },
  (_, index) => SEVERITIES.length * 2 - index,
);
