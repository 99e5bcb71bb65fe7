import { z } from 'zod';
import { NOTIFICATION_REASONS } from '../core/alert.ts';
import { FEEDS } from '../core/event.ts';
import { SEVERITIES } from '../core/severity.ts';

const time = () => z.iso.datetime().describe('ISO 8601, UTC, milliseconds.');
const count = () => z.int().min(0);
const severity = () => z.enum(SEVERITIES);
const group = () =>
  z.record(z.string(), z.string()).describe('The values of group_by, by term; empty where absent.');
const distinct = () => z.strictObject({ count: count(), at_least: z.boolean() });

const request = z.strictObject({
  time: time().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  host: z.string().optional(),
  status_code: z.number().optional(),
});

const incident = z.strictObject({
  id: z.string(),
  attack_id: z.string().optional(),
  requests: z.number().optional(),
  user_agent: z.string().optional(),
  updated: time().optional(),
});

const context = z
  .strictObject({
    remediation: z.string().optional().describe('Markdown.'),
    remediation_text: z.string().optional().describe('The same without marks.'),
    evidence: z.strictObject({ total: count(), requests: z.array(request) }).optional(),
    incident: incident.optional(),
    missing: z.array(z.string()).describe('What could not be fetched, in one sentence each.'),
  })
  .describe('What the source knew of the alert when it was told of.');

const sample = z.strictObject({
  id: z.string(),
  time: time(),
  actor: z.string().optional(),
  method: z.string().optional(),
  host: z.string().optional(),
  url: z.string().optional(),
  country: z.string().optional(),
  status_code: z.number().optional(),
  filter_id: z.string().optional(),
  successful_exploit: z.boolean().optional(),
});

const alert = z.strictObject({
  fingerprint: z.string().describe('The alert, for ever the same.'),
  rule: z.string(),
  rule_name: z.string(),
  description: z.string().optional(),
  runbook: z.string().optional(),
  severity: severity(),
  category: z.string().optional(),
  source: z.string(),
  feed: z.enum([...FEEDS, 'operations']),
  group: group(),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  count: count().describe('Matches since it opened, of which new_count are new.'),
  new_count: count(),
  first_seen: time(),
  last_seen: time(),
  opened: time(),
  resolved: time().optional(),
  resolved_because: z
    .enum(['quiet', 'unwatched'])
    .optional()
    .describe('unwatched: its feed or rule was removed from the configuration.'),
  blind: z
    .strictObject({
      since: time(),
      reason: z.enum(['failing', 'halted', 'unread', 'behind', 'gap', 'quarantined']),
    })
    .optional()
    .describe('Nobody can see whether it goes on: since when, and why.'),
  acknowledged: z.strictObject({ by: z.string(), at: time(), note: z.string().optional() }).optional(),
  actors: distinct(),
  apis: distinct(),
  events: z.array(sample).describe('The newest few.'),
  context: context.optional(),
});

const alerts = z.strictObject({
  id: z.string(),
  route: z.string(),
  severity: severity(),
  group: group(),
  group_key: z
    .string()
    .describe("Names the group's present opening, from its first message to the one that says it is over."),
  part: z
    .strictObject({ number: z.int().min(1), of: z.int().min(1) })
    .optional()
    .describe('Where all alerts do not fit into one body: which of how many this is.'),
  acknowledged: z.literal(true).optional().describe("All open alerts are in somebody's hands."),
  quiet: z.literal(true).optional().describe('It came back soon and is mild: it should wake nobody.'),
  recurrence: z
    .strictObject({ times: count() })
    .optional()
    .describe('It came back soon after its end: which time within a day this is.'),
  unacknowledged_seconds: count()
    .optional()
    .describe('Of alert.escalated: for how long nobody acknowledged it.'),
  new_count: count().describe('Matches that no earlier body of this group has counted.'),
  alerts: z.array(alert).describe('Most severe first.'),
  omitted_alerts: count(),
});

const event = z.strictObject({
  id: z.string().describe('Receivers remove repeats by it.'),
  source: z.string(),
  feed: z.enum(FEEDS),
  feed_id: z.string(),
  time: time(),
  rules: z.array(z.strictObject({ id: z.string(), name: z.string(), severity: severity() })),
  event: z.looseObject({}).describe("The source's own JSON."),
});

const row = z.strictObject({ name: z.string(), count: z.number(), before: z.number().optional() });
const table = z.strictObject({
  title: z.string(),
  rows: z.array(row),
  omitted_rows: count(),
  omitted_count: z.number(),
});
const bars = z.array(z.strictObject({ label: z.string(), count: z.number() }));

const digest = z.strictObject({
  id: z.string(),
  kind: z.enum(['period', 'backfill', 'storm']),
  title: z.string(),
  from: time(),
  to: time(),
  time_zone: z.string(),
  totals: z.array(row),
  tables: z.array(table),
  chart: z.strictObject({ title: z.string(), bars }).optional(),
  notes: z.array(z.string()),
});

const failure = z.string().optional().describe("Why this body stands in place of the operator's template.");
const body = <Type extends z.ZodType, Data extends z.ZodType>(type: Type, data: Data) =>
  z.strictObject({ type, timestamp: time(), data, template_failure: failure });

/** What `format: tocsin` writes, and nothing more. */
export const tocsinBodyShape = z.union([
  body(z.enum(NOTIFICATION_REASONS.map((reason) => `alert.${reason}` as const)), alerts),
  body(z.literal('event'), event),
  body(z.literal('digest'), digest),
]);

/** The same as a JSON Schema (2020-12) for receivers, which must allow for keys that come later. */
export function webhookJsonSchema(): object {
  const schema = z.toJSONSchema(tocsinBodyShape, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return { title: 'Tocsin webhook body (format: tocsin)', ...schema };
}
