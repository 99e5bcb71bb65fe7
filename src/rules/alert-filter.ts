import { compileFilter, type FilterOptions } from './filter.ts';
import { ALERT_TERMS, ALL_TERMS, EXCHANGE_TERMS } from './vocabulary.ts';

/**
 * Compiles a filter over alerts: a silence's or an inhibition's. They are asked when an alert's events may be
 * long gone, so only what the alert itself keeps can be named.
 */
export function compileAlertFilter(
  value: unknown,
  options: Omit<FilterOptions, 'terms' | 'hint'> = {},
): ReturnType<typeof compileFilter> {
  return compileFilter(value, { ...options, terms: ALERT_TERMS, hint });
}

const KEPT = [...ALERT_TERMS.keys()].join(', ');

function hint(word: string): string | undefined {
  if (!ALL_TERMS.has(word) || ALERT_TERMS.has(word)) return undefined;
  const why = EXCHANGE_TERMS.has(word) ? 'alerts have no payload' : 'alerts do not keep it';
  return ` here: events can be asked for it, but ${why}; ask for one of ${KEPT}.`;
}
