import type { StoredAlert } from '../core/alert.ts';
import type { Records } from '../core/records.ts';
import { short } from './alert-view.ts';

export type FoundAlert =
  | { readonly alert: StoredAlert }
  | { readonly result: 'unknown' | 'ambiguous'; readonly message: string };

const LISTED = 5;

/** The alert whose fingerprint begins so. */
export async function findAlert(records: Records, prefix: string): Promise<FoundAlert> {
  const wanted = prefix.toLowerCase();
  if (!/^[0-9a-f]{1,16}$/.test(wanted))
    return { result: 'unknown', message: `${JSON.stringify(prefix)} is no alert's fingerprint` };
  const found = await records.findAlerts(wanted, LISTED + 1);
  const [alert] = found;
  if (alert === undefined)
    return {
      result: 'unknown',
      message: `no alert's fingerprint begins with ${wanted}; see "tocsin alerts"`,
    };
  if (found.length === 1) return { alert };
  const names = found.slice(0, LISTED).map(({ fingerprint }) => short(fingerprint));
  const more = found.length > LISTED ? ' and more' : '';
  return {
    result: 'ambiguous',
    message: `several alerts begin with ${wanted}: ${names.join(', ')}${more}; give more digits`,
  };
}
