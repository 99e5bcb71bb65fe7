import type { Severity } from '../../core/severity.ts';

export const CIM_SEVERITY: Readonly<Record<Severity, string>> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
  INFO: 'informational',
};

/** `severity_id`; 0 is unknown, 99 what only the source's own word says. 6 (fatal) is for systems that stand still. */
export const OCSF_SEVERITY: Readonly<Record<Severity, { readonly id: number; readonly caption: string }>> = {
  CRITICAL: { id: 5, caption: 'Critical' },
  HIGH: { id: 4, caption: 'High' },
  MEDIUM: { id: 3, caption: 'Medium' },
  LOW: { id: 2, caption: 'Low' },
  INFO: { id: 1, caption: 'Informational' },
};

/** CEF's 0 to 10, which names 0–3 low, 4–6 medium, 7–8 high, 9–10 very high; `event.severity` of ECS is the same number. */
export const SEVERITY_NUMBER: Readonly<Record<Severity, number>> = {
  CRITICAL: 10,
  HIGH: 8,
  MEDIUM: 5,
  LOW: 3,
  INFO: 1,
};

/** Where nobody said. */
export const NO_SEVERITY_NUMBER = 0;
