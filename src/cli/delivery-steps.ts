import type { DeliveryRecord } from '../core/store.ts';
import { redriveCommand } from './why/json.ts';

/** What a person can do about a delivery now. Pure. @param isConfigured its destination is in the configuration */
export function stepsFor(
  { seq, state, reason }: Pick<DeliveryRecord, 'seq' | 'state' | 'reason'>,
  isConfigured: boolean,
  hasContent: boolean,
): readonly string[] {
  if (state === 'done') return [reason === undefined ? 'nothing: it was delivered' : 'nothing: it is closed'];
  if (state === 'pending') {
    if (isConfigured) return ['nothing: it is sent by itself, under the id that it has'];
    return [
      'bring its destination back into the configuration, or it goes to the dead letters at the next start',
    ];
  }
  const discard = `tocsin deliveries discard ${seq}   gives it up for good`;
  if (!hasContent) return [discard];
  return [
    ...(isConfigured ? [] : ['bring its destination back into the configuration under its name; then:']),
    `${redriveCommand(seq)}   sends it again, under the id that it has`,
    discard,
  ];
}
