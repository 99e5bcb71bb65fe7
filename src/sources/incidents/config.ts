import { z } from 'zod';
import { isJsonObject } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import { baseUrl, cronExpression, duration, integer, name, secret } from '../../schema/values.ts';

/** Also keeps line breaks out of the header that carries it. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
/** HTTP's Basic scheme ends the name at the first colon. */
const CLIENT_ID = /^[^:\p{Cc}]{1,512}$/u;

/** An identity service as a source: the object under `sources:`. */
export const incidentsConfig = z
  .strictObject({
    name: name().describe('What metrics, logs and event ids call this source.'),
    type: z.literal('incidents'),
    url: baseUrl({
      example: 'https://ib.example.com',
      // The client adds these itself.
      tail: /\/(?:incidents|tokens)(?:\/[^/]*)?$/,
    }).describe('What [base] stands for in the API: incidents are read at <url>/incidents.'),
    token: secret()
      .refine((token) => TOKEN.test(token.reveal()), {
        error: 'expected a token: printable characters without blanks',
      })
      .optional()
      .describe('A bearer token, where it is not to be obtained with client_id and client_secret.'),
    client_id: secret()
      .refine((id) => CLIENT_ID.test(id.reveal()), {
        error: 'expected a client id: at most 512 characters, no colon and no line break among them',
      })
      .optional()
      .describe('Whose tokens are obtained, at <url>/tokens, and renewed.'),
    client_secret: secret().optional().describe('Its secret.'),
    schedule: cronExpression().default('0 * * * * *').describe('When to poll: cron in UTC, with seconds.'),
    page_size: integer({ min: 2, max: 1_000 }).default(100).describe('Incidents per request.'),
    initial_lookback: duration({ min: '1m', max: '3650d' })
      .prefault('24h')
      .describe('How far back the very first poll reads, by the time of the last update.'),
    late_arrival: duration({ max: '7d' })
      .prefault('15m')
      .describe(
        'How late an update may appear in the list and still be found. Each poll reads this far back.',
      ),
    stale_after: duration({ min: '1m', max: '7d' })
      .prefault('15m')
      .describe('A feed that fails for longer is told of as an alert of source tocsin.'),
    timeout: duration({ min: '1s', max: '10m' }).prefault('30s').describe('For one request.'),
    deadline: duration({ min: '5s', max: '1h' })
      .prefault('5m')
      .describe('For one poll. What is left is read by the next one.'),
  })
  // Told together with whatever else is wrong, as everything in a configuration is.
  .refine((config) => !isGivenTwice(config), {
    error: 'give either token, or client_id and client_secret, not both',
    params: { code: 'given-twice' },
    when: ({ value }) => isJsonObject(value),
  })
  .refine((config) => isGivenTwice(config) || isGivenOnce(config), {
    error: 'give either token, or both client_id and client_secret',
    params: { code: 'missing-key' },
    when: ({ value }) => isJsonObject(value),
  });

export type IncidentsConfig = z.output<typeof incidentsConfig>;

interface Given {
  readonly token?: unknown;
  readonly client_id?: unknown;
  readonly client_secret?: unknown;
}

function isGivenTwice({ token, client_id, client_secret }: Given): boolean {
  return token !== undefined && (client_id !== undefined || client_secret !== undefined);
}

function isGivenOnce({ token, client_id, client_secret }: Given): boolean {
  return token !== undefined || (client_id !== undefined && client_secret !== undefined);
}

/** How tokens are come by. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'client'; readonly id: Secret; readonly secret: Secret };

export function credentialsOf({ token, client_id: id, client_secret: secret }: IncidentsConfig): Credentials {
  if (token !== undefined) return { kind: 'token', token };
  if (id !== undefined && secret !== undefined) return { kind: 'client', id, secret };
  throw new TypeError('a checked configuration has a token, or a client with its secret');
}
