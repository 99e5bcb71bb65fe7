import { z } from 'zod';
import type { MessageRate } from '../../core/delivery.ts';
import { Secret } from '../../core/secret.ts';
import type { Template } from '../template.ts';
import type { Format } from './format-names.ts';
import { mistakeIn } from './mistakes.ts';
import { PAGERDUTY_URL } from './pagerduty.ts';
import { type WebhookShape, webhookShape } from './shape.ts';
import { checkBody } from './template.ts';

/** Every choice made; a template comes out compiled: what an operator writes there may hold a key. */
export interface WebhookConfig extends Omit<WebhookShape, 'template' | 'format' | 'url'> {
  url: Secret;
  format: Format;
  template?: { readonly body: Template; readonly contentType: string };
}

/** What people can read, and far below what either chat takes. */
const CHAT_RATE: MessageRate = { perMinute: 4, burst: 5 };

export const webhookConfig = webhookShape.transform((input, context): WebhookConfig => {
  const { template, format: asked, url = new Secret(PAGERDUTY_URL), rate, ...config } = input;
  const format = asked ?? (template === undefined ? 'tocsin' : 'template');
  const isChat = format === 'teams' || format === 'discord';
  const paced = rate ?? (isChat ? CHAT_RATE : undefined);
  const chosen = { ...config, url, format, ...(paced === undefined ? {} : { rate: paced }) };
  const mistake = mistakeIn(input, format);
  if (mistake !== undefined) return refuse(context, mistake.message, [mistake.key]);
  if (template === undefined) return chosen;
  const checked = checkBody(template, config.send);
  if ('template' in checked)
    return { ...chosen, template: { body: checked.template, contentType: template.content_type } };
  return refuse(context, checked.problem, ['template', 'body']);
});

function refuse(context: z.core.$RefinementCtx, message: string, path: string[]): never {
  context.addIssue({ code: 'custom', message, path });
  return z.NEVER;
}
