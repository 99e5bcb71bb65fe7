import type { IncomingWebhookSendArguments } from '@slack/webhook';
import { cutMrkdwn } from './cut.ts';

export type SlackMessage = IncomingWebhookSendArguments & { readonly text: string };
export type SlackAttachment = NonNullable<IncomingWebhookSendArguments['attachments']>[number];
export type SlackBlock = NonNullable<SlackAttachment['blocks']>[number];

/** Slack's bound on a section's text. */
const SECTION_MAX = 3_000;
/** Of a field, and of an element of a context. */
const FIELD_MAX = 2_000;

/** `verbatim` keeps Slack from making links and mentions of words that look like them. */
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text, verbatim: true });

/** Texts come in bounded and escaped; the bounds here only prove it. */
export function section(text: string): SlackBlock {
  return { type: 'section', text: mrkdwn(cutMrkdwn(text, SECTION_MAX)) };
}

/** At most 10 fields, in two columns where there is room. */
export function fields(texts: readonly string[]): SlackBlock {
  return { type: 'section', fields: texts.slice(0, 10).map((text) => mrkdwn(cutMrkdwn(text, FIELD_MAX))) };
}

export function context(text: string): SlackBlock {
  return { type: 'context', elements: [mrkdwn(cutMrkdwn(text, FIELD_MAX))] };
}

/** Characters that count towards Slack's bound on all blocks of a message together. */
export function textLength(part: unknown): number {
  if (Array.isArray(part)) return part.reduce((sum: number, each) => sum + textLength(each), 0);
  if (typeof part !== 'object' || part === null) return 0;
  return Object.entries(part).reduce((sum, [key, value]) => {
    return sum + (key === 'text' && typeof value === 'string' ? value.length : textLength(value));
  }, 0);
}
