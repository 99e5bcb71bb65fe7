import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** How far behind the present a feed has been read. */
export interface Lag {
  readonly source: string;
  readonly feed: string;
  readonly seconds: number;
}

/** How long the oldest delivery has waited for a destination. */
export interface Wait {
  readonly destination: string;
  readonly seconds: number;
}

/** From what is as good as at once to what an outage of hours makes of it. */
const PAGE_SECONDS = [1, 2.5, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400];

/** Every series that Tocsin exports, in one place. Labels are configuration names or closed sets, never event text. */
export function createMetrics(lags: () => readonly Lag[], waits: () => readonly Wait[]) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  new Gauge({
    name: 'tocsin_feed_lag_seconds',
    help: 'How far behind the present a feed has been read.',
    labelNames: ['source', 'feed'],
    registers,
    collect() {
      this.reset();
      for (const { source, feed, seconds } of lags()) this.set({ source, feed }, seconds);
    },
  });
  new Gauge({
    name: 'tocsin_outbox_oldest_seconds',
    help: 'How long the oldest delivery that waits for a destination has waited; absent while none does.',
    labelNames: ['destination'],
    registers,
    collect() {
      this.reset();
      for (const { destination, seconds } of waits()) this.set({ destination }, seconds);
    },
  });
  return {
    registry,
    timeToPage: new Histogram({
      name: 'tocsin_time_to_page_seconds',
      help: 'From when a feed showed news of an alert to when a destination accepted its notification.',
      labelNames: ['destination', 'severity'],
      buckets: PAGE_SECONDS,
      registers,
    }),
    late: counter('tocsin_feed_late_events_total', 'Events found after their time had been read.', [
      'source',
      'feed',
    ]),
    gapsOpen: gauge('tocsin_feed_gaps_open', 'Slices of a feed that do not add up and are asked for again.', [
      'source',
      'feed',
    ]),
    events: counter('tocsin_events_total', 'Events committed, each once.', ['source', 'feed']),
    repeated: counter('tocsin_events_repeated_total', 'Events read again and recognised by their id.', [
      'source',
      'feed',
    ]),
    rejected: counter('tocsin_rows_rejected_total', 'Rows of a feed that could not be understood.', [
      'source',
      'feed',
    ]),
    undecodable: counter('tocsin_payloads_undecodable_total', 'Events whose payload does not decode.', [
      'source',
      'feed',
    ]),
    polls: counter(
      'tocsin_polls_total',
      'Polls by outcome: ok, refused, unavailable, aborted, store, blocked, broken.',
      ['source', 'feed', 'outcome'],
    ),
    lastSuccess: gauge(
      'tocsin_poll_last_success_timestamp_seconds',
      'When a feed was last read to its end.',
      ['source', 'feed'],
    ),
    feedHealthy: gauge('tocsin_feed_healthy', '1 while the last poll of a feed succeeded.', [
      'source',
      'feed',
    ]),
    matches: counter('tocsin_matches_total', 'Events that a rule matched.', ['rule']),
    ruleFailures: counter('tocsin_rule_failures_total', 'Evaluations of a rule that gave no verdict.', [
      'rule',
    ]),
    quarantines: counter('tocsin_rule_quarantines_total', 'Times that a rule was left out for a while.', [
      'rule',
    ]),
    alertsOpened: counter('tocsin_alerts_opened_total', 'Alerts opened.', ['rule']),
    alertsResolved: counter('tocsin_alerts_resolved_total', 'Alerts that were quiet for long enough.', [
      'rule',
    ]),
    quieted: counter(
      'tocsin_notifications_withheld_total',
      'Times that a group was due and nobody was told, by reason.',
      ['reason'],
    ),
    notifications: counter('tocsin_notifications_total', 'Notifications decided, by reason.', ['reason']),
    digests: counter('tocsin_digests_total', 'Scheduled summaries made, each once.', ['digest']),
    enrichments: counter(
      'tocsin_enrichments_total',
      'Alerts that a source was to say more about, by outcome: whole, partial, late, skipped, failed.',
      ['source', 'outcome'],
    ),
    deliveries: counter(
      'tocsin_deliveries_total',
      'Deliveries by outcome: done, retry, unclear, dead, hold.',
      ['destination', 'outcome'],
    ),
    templateFailures: counter(
      'tocsin_template_failures_total',
      'Messages that went out in their built-in form because a template failed.',
      ['destination'],
    ),
    outbox: gauge('tocsin_outbox_deliveries', 'Deliveries waiting or given up, by state.', [
      'destination',
      'state',
    ]),
    held: gauge('tocsin_destination_held', '1 while a destination takes nothing until a person acts.', [
      'destination',
    ]),
    overBudget: gauge(
      'tocsin_destination_over_budget',
      '1 while so much waits for a destination that nothing more is read.',
      ['destination'],
    ),
    shed: counter(
      'tocsin_deliveries_shed_total',
      'Deliveries that went to the dead letters unsent, to keep to a budget.',
      ['destination'],
    ),
    inFlight: gauge(
      'tocsin_destination_in_flight_limit',
      'How many batches its answers allow to be under way at once, where more than one may be.',
      ['destination'],
    ),
    storeBytes: gauge('tocsin_store_bytes', 'Size of the store in use.', []),
    storeHealthy: gauge('tocsin_store_healthy', '1 while the store takes writes.', []),
    reloads: counter('tocsin_reloads_total', 'Configuration reloads by outcome: applied, refused.', [
      'outcome',
    ]),
  };
}
