import { pairMistake } from '../../schema/tls.ts';
import type { Format } from './format-names.ts';
import type { WebhookShape } from './shape.ts';

interface Mistake {
  readonly key: keyof WebhookShape;
  readonly message: string;
}

/** What cannot go together, or lacks its counterpart. Undefined where all is well. */
export function mistakeIn(input: WebhookShape, format: Format): Mistake | undefined {
  return missing(input, format) ?? misplaced(input, format) ?? tlsMistake(input);
}

function missing(input: WebhookShape, format: Format): Mistake | undefined {
  if (input.url === undefined && format !== 'pagerduty') return { key: 'url', message: 'is required' };
  if (format === 'template' && input.template === undefined)
    return { key: 'template', message: 'is required with format: template' };
  if (format === 'pagerduty' && input.routing_key === undefined)
    return { key: 'routing_key', message: 'is required with format: pagerduty' };
  return undefined;
}

const ALERTS_ONLY: Partial<Record<Format, string>> = { pagerduty: 'PagerDuty', alertmanager: 'alertmanager' };

function misplaced(input: WebhookShape, format: Format): Mistake | undefined {
  const { send, template, mode, routing_key: routingKey, batch, rate } = input;
  const of = (key: Format): string => `belongs to format: ${key}; remove it, or change the format`;
  if (template !== undefined && format !== 'template') return { key: 'template', message: of('template') };
  if (mode !== undefined && format !== 'cloudevents') return { key: 'mode', message: of('cloudevents') };
  if (routingKey !== undefined && format !== 'pagerduty')
    return { key: 'routing_key', message: of('pagerduty') };
  const receiver = ALERTS_ONLY[format];
  if (receiver !== undefined && send.some((stream) => stream !== 'alerts'))
    return { key: 'send', message: `must be [alerts]: ${receiver} takes alerts, and no single events` };
  if (receiver !== undefined && rate !== undefined) {
    const left = format === 'pagerduty' ? 'incidents open' : 'alerts firing';
    return { key: 'rate', message: `would leave ${left}, for what ends them is summed up too; remove it` };
  }
  if (batch.max_items > 1 && !takesBatches(format, mode))
    return { key: 'batch', message: 'needs format: tocsin, or cloudevents in mode: structured' };
  return undefined;
}

function takesBatches(format: Format, mode: WebhookShape['mode']): boolean {
  return format === 'tocsin' || (format === 'cloudevents' && mode !== 'binary');
}

function tlsMistake({ url, ca, cert, key }: WebhookShape): Mistake | undefined {
  const isPlain = url !== undefined && URL.parse(url.reveal())?.protocol === 'http:';
  const useless = (['ca', 'cert', 'key'] as const).find((each) => ({ ca, cert, key })[each] !== undefined);
  if (isPlain && useless !== undefined)
    return { key: useless, message: 'means nothing where "url" is http; make it https, or remove this' };
  return pairMistake(cert, key);
}
