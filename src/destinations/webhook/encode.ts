import type { Delivery } from '../../core/delivery.ts';
import type { DestinationDeps } from '../../schema/adapter.ts';
import { TemplateError } from '../template.ts';
import { templateContext } from '../template-context.ts';
import { tocsinBody } from '../tocsin-body.ts';
import { alertmanagerPayload } from './alertmanager.ts';
import { cloudEvent, cloudEventHeaders } from './cloudevents.ts';
import type { WebhookConfig } from './config.ts';
import { discordMessage } from './discord.ts';
import { pagerdutyEvent } from './pagerduty.ts';
import { teamsMessage } from './teams.ts';

/** What one request carries. */
export interface Message {
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const UNWRITABLE = 'the message could not be written as JSON';

type Dead = { readonly kind: 'dead'; readonly reason: string };

/** One delivery as its message, the same on every attempt; or why it can never be one. */
export function encode(
  delivery: Delivery,
  config: WebhookConfig,
  onTemplateFailed: DestinationDeps['onTemplateFailed'],
): Message | Dead {
  try {
    return messageOf(delivery, config);
  } catch (error) {
    if (!(error instanceof TemplateError)) return { kind: 'dead', reason: UNWRITABLE };
    onTemplateFailed?.(error.message);
    return withoutTemplate(delivery, error.message);
  }
}

function messageOf(delivery: Delivery, config: WebhookConfig): Message | Dead {
  const { format, template, external_url: externalUrl = '' } = config;
  if (template !== undefined)
    return { body: template.body.render(templateContext(delivery)), contentType: template.contentType };
  if (format === 'cloudevents') return cloudEventMessage(delivery, config.mode);
  if (format === 'teams') return json(teamsMessage(delivery));
  if (format === 'discord') return json(JSON.stringify(discordMessage(delivery)));
  if (format !== 'pagerduty' && format !== 'alertmanager') return json(JSON.stringify(tocsinBody(delivery)));
  if (delivery.kind === 'event')
    return { kind: 'dead', reason: `${format} takes alerts, and no single events` };
  if (format === 'alertmanager')
    return json(JSON.stringify(alertmanagerPayload(delivery, config.name, externalUrl)));
  return json(pagerdutyEvent(delivery, config.routing_key?.reveal() ?? '', externalUrl));
}

function cloudEventMessage(delivery: Delivery, mode: WebhookConfig['mode']): Message {
  const event = cloudEvent(delivery);
  if (mode !== 'binary') return { body: JSON.stringify(event), contentType: CLOUD_EVENT };
  return { ...json(JSON.stringify(event.data)), headers: cloudEventHeaders(delivery) };
}

const CLOUD_EVENT = 'application/cloudevents+json';
const CLOUD_EVENTS = 'application/cloudevents-batch+json';

function json(body: string): Message {
  return { body, contentType: JSON_TYPE };
}

/** The native body says what failed: a message in another shape is better than none. */
function withoutTemplate(delivery: Delivery, failure: string): Message | Dead {
  try {
    return json(JSON.stringify({ ...tocsinBody(delivery), template_failure: failure }));
  } catch {
    return { kind: 'dead', reason: UNWRITABLE };
  }
}

/** Several messages of one format as one: a JSON array, even of one, so that a receiver need not look. */
export function asBatch(messages: readonly Message[]): Message {
  const isCloud = messages[0]?.contentType === CLOUD_EVENT;
  return {
    body: `[${messages.map(({ body }) => body).join(',')}]`,
    contentType: isCloud ? CLOUD_EVENTS : JSON_TYPE,
  };
}
