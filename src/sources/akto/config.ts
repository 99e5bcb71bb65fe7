import { z } from 'zod';
import { baseUrl, cronExpression, duration, integer, name, secret } from '../../schema/values.ts';

/** An Akto account as a source: the object under `sources:`. */
export const aktoConfig = z.strictObject({
  name: name().describe('What metrics, logs and event ids call this source.'),
  type: z.literal('akto'),
  url: baseUrl().describe('Where Akto answers, such as https://app.akto.io.'),
  api_key: secret().describe('From Settings > Integrations > Akto APIs > Generate token.'),
  feeds: z
    .array(z.enum(['malicious_events'], { error: 'this version reads only the feed malicious_events' }))
    .min(1, { error: 'name at least one feed' })
    .default(['malicious_events'])
    .describe('What to read.'),
  schedule: cronExpression().default('*/30 * * * * *').describe('When to poll: cron in UTC, with seconds.'),
  page_size: integer({ min: 1, max: 5_000 }).default(500).describe('Events per request.'),
  initial_lookback: duration({ min: '1m', max: '3650d' })
    .prefault('24h')
    .describe('How far back the very first poll reads.'),
  late_arrival: duration({ max: '7d' })
    .prefault('15m')
    .describe('How late an event may appear in the feed and still be found. Each poll reads this far back.'),
  stale_after: duration({ min: '1m', max: '7d' })
    .prefault('15m')
    .describe('A feed that fails for longer is told of as an alert of source tocsin.'),
  timeout: duration({ min: '1s', max: '10m' }).prefault('30s').describe('For one request.'),
  deadline: duration({ min: '5s', max: '1h' })
    .prefault('5m')
    .describe('For one poll. What is left is read by the next one.'),
});

export type AktoConfig = z.output<typeof aktoConfig>;
