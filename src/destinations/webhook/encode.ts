import type { Delivery } from '../../core/delivery.ts';
import type { DestinationDeps } from '../../schema/adapter.ts';
import { halvesOf, heardAs } from '../alert-slices.ts';
import { TemplateError } from '../template.ts';
import { templateContext } from '../template-context.ts';
import { tocsinBody } from '../tocsin-body.ts';
import { alertmanagerPayload } from './alertmanager.ts';
import { cloudEvent, cloudEventHeaders } from './cloudevents.ts';
import type { WebhookConfig } from './config.ts';
import { discordMessage } from './discord.ts';
import { hearingOf } from './hearing.ts';
import { pagerdutyEvents } from './pagerduty.ts';
import { teamsMessage } from './teams.ts';

/** What one request carries. */
export interface Message {
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request of a delivery. */
export interface Request extends Message {
  /** The delivery's, or one made of it where there are several: the same on every attempt. */
  readonly id: string;
  /** What it says: where that is too much for the receiver, its halves are two requests. */
  readonly delivery: Delivery;
}

const JSON_TYPE = 'application/json';
const UNWRITABLE = 'the message could not be written as JSON';

export type Dead = { readonly kind: 'dead'; readonly reason: string };
export type EncodeDeps = Pick<DestinationDeps, 'onTemplateFailed' | 'instance'>;

/**
 * One delivery as its requests, in their order and the same on every attempt: none where its receiver need not hear of it. Or
 * why it can never be one.
 */
export function encode(
  delivery: Delivery,
  config: WebhookConfig,
  deps: EncodeDeps = {},
): readonly Request[] | Dead {
  return requestsOf(heardAs(delivery, hearingOf(config)), config, deps);
}

function requestsOf(delivery: Delivery, config: WebhookConfig, deps: EncodeDeps): readonly Request[] | Dead {
  try {
    const messages = messagesOf(delivery, config, deps);
    return 'kind' in messages ? messages : messages.map((message, at) => requestOf(delivery, message, at));
  } catch (error) {
    if (!(error instanceof TemplateError)) return { kind: 'dead', reason: UNWRITABLE };
    return inHalves(delivery, config, deps, error) ?? withoutTemplate(delivery, error.message, deps);
  }
}

function requestOf(delivery: Delivery, message: Message, at: number): Request {
  return { ...message, id: at === 0 ? delivery.id : `${delivery.id}#${at + 1}`, delivery };
}

/** A list that is too long for one text of the operator's template is told in several. */
function inHalves(
  delivery: Delivery,
  config: WebhookConfig,
  deps: EncodeDeps,
  { isTooMuch }: TemplateError,
): readonly Request[] | undefined {
  const halves = isTooMuch && hearingOf(config) === 'list' ? halvesOf(delivery) : undefined;
  const requests = halves?.map((half) => requestsOf(half, config, deps)) ?? [];
  return halves === undefined || requests.some((each) => 'kind' in each)
    ? undefined
    : requests.flatMap((each) => ('kind' in each ? [] : each));
}

function messagesOf(
  delivery: Delivery,
  config: WebhookConfig,
  { instance }: EncodeDeps,
): readonly Message[] | Dead {
  const { format, template, external_url: externalUrl = '' } = config;
  if (template !== undefined)
    return [{ body: template.body.render(templateContext(delivery)), contentType: template.contentType }];
  if (format === 'cloudevents') return [cloudEventMessage(delivery, config.mode)];
  if (format === 'teams') return [json(teamsMessage(delivery))];
  if (format === 'discord') return [json(JSON.stringify(discordMessage(delivery)))];
  if (format !== 'pagerduty' && format !== 'alertmanager')
    return [json(JSON.stringify(tocsinBody(delivery)))];
  if (delivery.kind === 'event')
    return { kind: 'dead', reason: `${format} takes alerts, and no single events` };
  if (format === 'alertmanager')
    return [json(JSON.stringify(alertmanagerPayload(delivery, config.name, externalUrl, instance)))];
  const routingKey = config.routing_key?.reveal() ?? '';
  return pagerdutyEvents(delivery, { routingKey, clientUrl: externalUrl, instance }).map(json);
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
function withoutTemplate(delivery: Delivery, failure: string, deps: EncodeDeps): readonly Request[] | Dead {
  deps.onTemplateFailed?.(failure);
  try {
    const body = JSON.stringify({ ...tocsinBody(delivery), template_failure: failure });
    return [requestOf(delivery, json(body), 0)];
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
