import type { Outcome } from '../../core/delivery.ts';
import { isTransientStatus } from '../../net/index.ts';

/**
 * What an answer means. `refused`: Slack will never take this message as it is, though it may take a
 * plainer one.
 */
export type SlackVerdict = Outcome | { readonly kind: 'refused'; readonly reason: string };

/** @param body the plain text of the answer: `ok`, or a word such as `invalid_blocks` */
export function classifySlack(status: number, body: string, retryAfterMs: number | undefined): SlackVerdict {
  const answer = `Slack answered ${status}${wordOf(body)}`;
  if (status === 200)
    return body.trim() === 'ok' ? { kind: 'done' } : { kind: 'retry', reason: notSlack(status) };
  if (status === 429)
    return retryAfterMs === undefined ? retry(answer) : { ...retry(answer), afterMs: retryAfterMs };
  if (isTransientStatus(status)) return retry(answer);
  if (status === 400 || status === 413) return { kind: 'refused', reason: answer };
  if (status < 400) return { kind: 'hold', reason: `${notSlack(status)}: correct its url` };
  return { kind: 'hold', reason: `${answer}: make a new webhook, or allow this one again` };
}

function retry(reason: string) {
  return { kind: 'retry', reason } as const;
}

function notSlack(status: number): string {
  return `the webhook's address answered ${status} but not as Slack does`;
}

/** Slack's own word, where the body is one: a proxy's page may hold anything. */
function wordOf(body: string): string {
  return /^[a-z][a-z_]{1,60}$/.test(body.trim()) ? ` ${body.trim()}` : '';
}
