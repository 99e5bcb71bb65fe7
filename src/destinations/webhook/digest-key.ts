import type { Digest } from '../../core/digest.ts';
import { webhookId } from './sign.ts';

/** What names a summary to a receiver. Two installations make digests of the same period, and one must not end the other's. */
export function digestKey({ id }: Digest, instance: string | undefined): string {
  return webhookId(instance === undefined ? id : `${instance}/${id}`);
}
