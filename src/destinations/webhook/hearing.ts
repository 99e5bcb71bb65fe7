import type { Hearing } from '../../core/delivery.ts';
import { listUnlessPaced } from '../alert-slices.ts';
import type { WebhookConfig } from './config.ts';
import type { Format } from './format-names.ts';

const FOR_PEOPLE: ReadonlySet<Format> = new Set(['teams', 'discord']);

/** Chats are read by people, and so is whatever has a `rate`; PagerDuty keeps incidents, everybody else a list. */
export function hearingOf({ format, rate }: Pick<WebhookConfig, 'format' | 'rate'>): Hearing | undefined {
  if (format === 'pagerduty') return 'incidents';
  return FOR_PEOPLE.has(format) ? undefined : listUnlessPaced(rate).hearing;
}
