import type { NotifiedAlert } from '../../core/alert.ts';
import type { JsonObject } from '../../core/json.ts';
import { remediationText } from './alert-context.ts';
import { epochMs, textOf } from './bounds.ts';
import type { Facts } from './facts.ts';

const MOST_RELATED = 100;

/** Finding Information: `uid` is the same as long as it is the same thing. */
export function findingInfo({ findingId, title, rule, category, source, startMs, endMs }: Facts): JsonObject {
  return {
    uid: findingId,
    title,
    analytic: rule && { uid: rule.id, name: rule.name, type_id: 1, type: 'Rule', category },
    types: category === undefined ? undefined : [category],
    data_sources: source === undefined ? undefined : [source],
    first_seen_time: startMs === undefined ? undefined : epochMs(startMs),
    last_seen_time: endMs === undefined ? undefined : epochMs(endMs),
  };
}

export function relatedEvents(alerts: readonly NotifiedAlert[]): JsonObject {
  const ids = new Set(alerts.flatMap((alert) => alert.sample.map((event) => event.id)));
  return {
    created_time: alerts[0] && epochMs(alerts[0].openedAtMs),
    related_events: [...ids].slice(0, MOST_RELATED).map((uid) => ({ uid })),
  };
}

export function remediation(alert: NotifiedAlert | undefined): JsonObject | undefined {
  const advice = textOf(remediationText(alert?.context?.remediation));
  const runbook = textOf(alert?.runbook);
  if (advice === undefined && runbook === undefined) return undefined;
  return { desc: advice ?? 'See the runbook.', references: runbook === undefined ? undefined : [runbook] };
}
