import { z } from 'zod';
import { baseUrl, cronExpression, duration, integer, name, secret } from '../../schema/values.ts';

const AKTO_FEEDS = ['malicious_events', 'threat_actors', 'threat_apis'] as const;

/** An Akto account as a source: the object under `sources:`. */
export const aktoConfig = z.strictObject({
  name: name().describe('What metrics, logs and event ids call this source.'),
  type: z.literal('akto'),
  // What people copy from the browser, and the API's own paths, which the client adds itself.
  url: baseUrl({
    tail: /\/dashboard(?:\/.*)?$|\/(?:login|signup)\/?$|\/api\/(?:fetch|get|list)\w*\/?$/,
  }).describe('Where Akto answers, such as https://app.akto.io.'),
  api_key: secret().describe('From Settings > Integrations > Akto APIs > Generate token.'),
  feeds: z
    .array(z.enum(AKTO_FEEDS, { error: `a feed is one of ${AKTO_FEEDS.join(', ')}` }))
    .min(1, { error: 'name at least one feed' })
    .refine((feeds) => new Set(feeds).size === feeds.length, { error: 'name each feed once' })
    .default(['malicious_events'])
    .describe(
      'What to read: malicious_events, the attacks; threat_actors, who attacks, an event whenever one acts; threat_apis, what is attacked, an event whenever its counts grow.',
    ),
  schedule: cronExpression().default('*/30 * * * * *').describe('When to poll: cron in UTC, with seconds.'),
  page_size: integer({ min: 1, max: 5_000 })
    .default(500)
    .describe('Events per request at most, fewer where they are large; the other feeds come 50 a page.'),
  initial_lookback: duration({ min: '1m', max: '3650d' })
    .prefault('24h')
    .describe('How far back the very first poll reads.'),
  late_arrival: duration({ max: '7d' })
    .prefault('15m')
    .describe('How late an event may appear in the feed and still be found.'),
  stale_after: duration({ min: '1m', max: '7d' })
    .prefault('15m')
    .describe('A feed that fails for longer is told of as an alert of source tocsin.'),
  timeout: duration({ min: '1s', max: '10m' }).prefault('30s').describe('For one request.'),
  deadline: duration({ min: '5s', max: '1h' })
    .prefault('5m')
    .describe('For one poll. What is left is read by the next one.'),
});

export type AktoConfig = z.output<typeof aktoConfig>;
