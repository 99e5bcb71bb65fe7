import { fingerprint } from '../alerts/fingerprint.ts';
import type { Severity } from '../core/severity.ts';
import type { FiredRule } from './firing.ts';

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

/** As the rest of the pipeline takes alerts: routes see its rule, severity and source. */
export function firedBy(fact: OperationalFact): FiredRule {
  const { rule, name, description, severity, group, atMs } = fact;
  const id = fingerprint(rule, group);
  const terms = new Map<string, string>([
    ...Object.entries(group),
    ['rule', rule],
    ['rule_name', name],
    ['severity', severity],
    ['source', 'tocsin'],
    ['feed', 'operations'],
  ]);
  return {
    firing: {
      ...{ fingerprint: id, rule, ruleName: name, description, severity, group },
      ...{ source: 'tocsin', feed: 'operations' },
      event: { id: `tocsin/operations/${id}/${atMs}`, timeMs: atMs },
    },
    subject: { get: (term) => terms.get(term), nowSeconds: Math.floor(atMs / 1_000) },
  };
}
