import type { Severity } from '../core/severity.ts';

/** Something about Tocsin itself that a person must know: told as an ordinary alert of source `tocsin`. */
export interface OperationalFact {
  /** What alerts, metrics and routes call it. */
  readonly rule: 'tocsin-rule-quarantined';
  readonly name: string;
  /** What it means and what to do. */
  readonly description: string;
  readonly severity: Severity;
  readonly group: Readonly<Record<string, string>>;
  readonly atMs: number;
}

export function ruleQuarantined(
  rule: string,
  reason: string,
  untilMs: number,
  atMs: number,
): OperationalFact {
  const minutes = Math.round((untilMs - atMs) / 60_000);
  return {
    rule: 'tocsin-rule-quarantined',
    name: 'Rule quarantined',
    description:
      `Rule ${rule} overran its bounds again and again and is not asked for ${minutes} minutes, so it sees nothing. ` +
      `Simplify its pattern; whoever wrote those events may have meant to blind it. ${reason}`,
    severity: 'HIGH',
    group: { rule },
    atMs,
  };
}
