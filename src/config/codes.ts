import type { Problem } from '../core/problem.ts';

/** Every code that this room gives. Filters add their compiler's own. */
export const CONFIG_CODES = [
  'yaml-syntax',
  'tab-indent',
  'duplicate-key',
  'too-large',
  'unknown-key',
  'missing-key',
  'empty-value',
  'wrong-type',
  'bad-value',
  'empty-list',
  'unknown-type',
  'unset-variable',
  'bad-interpolation',
  'unreadable-file',
  'given-twice',
  'unsupported-store',
  'duplicate-name',
  'shared-output',
  'unknown-destination',
  'unknown-time-interval',
  'unknown-term',
  'unknown-name',
  'without-effect',
  'destination-takes-no-alerts',
  'unreachable-route',
  'unused-destination',
  'unused-time-interval',
  'open-listener',
  'doubtful-secret',
] as const;

export type ConfigCode = (typeof CONFIG_CODES)[number];

/** A problem before its place is turned into line and column. `offset` counts UTF-16 units into the text. */
export interface Finding {
  readonly code: ConfigCode;
  readonly offset: number;
  readonly message: string;
  readonly severity?: Problem['severity'];
}
