/**
 * - `block`: nothing more is read while it is exceeded: the feeds keep their history
 * - `shed`: the oldest deliveries go to the dead letters
 */
export const BUDGET_POLICIES = ['block', 'shed'] as const;
export type BudgetPolicy = (typeof BUDGET_POLICIES)[number];

/** How much may wait for one destination. At least one of the bounds is there. */
export interface Budget {
  /** How long a delivery may wait, from when it was enqueued or redriven. */
  readonly maxAgeMs?: number;
  /** Of the payloads of all that waits. */
  readonly maxBytes?: number;
  readonly policy: BudgetPolicy;
}
