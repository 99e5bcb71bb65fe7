import { z } from 'zod';
import { byteSize, duration, name, secret } from '../schema/values.ts';
import { digestShape } from './digest-shape.ts';
import { intervalShape } from './interval-shape.ts';
import { inhibitionShape, silenceShape } from './quiet-shape.ts';
import { redactionShape } from './redaction-shape.ts';
import { term } from './term.ts';

const POSTGRES = /^postgres(?:ql)?:/i;
const SQLITE = /^sqlite:(?![:?]|\/\/)(.+)$/;

const EXPECTED_STORE = 'expected sqlite:PATH, such as sqlite:./data/tocsin.db';

const store = z
  .string({ error: EXPECTED_STORE })
  .transform((text, context) => {
    const path = SQLITE.exec(text)?.[1];
    if (path !== undefined) return { kind: 'sqlite' as const, path };
    if (POSTGRES.test(text)) context.addIssue(unsupportedStore);
    else context.addIssue({ code: 'custom', message: EXPECTED_STORE });
    return z.NEVER;
  })
  .meta({ examples: ['sqlite:./data/tocsin.db'] });

const unsupportedStore = {
  code: 'custom' as const,
  message: 'this version stores on SQLite only: write sqlite:PATH, such as sqlite:./data/tocsin.db',
  params: { code: 'unsupported-store' },
};

const LISTEN = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;

const EXPECTED_LISTEN = 'expected HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464';

const listen = z
  .string({ error: EXPECTED_LISTEN })
  .transform((text, context) => {
    const [, bracketed, plain, port] = LISTEN.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
    context.addIssue({ code: 'custom', message: EXPECTED_LISTEN });
    return z.NEVER;
  })
  .meta({ examples: ['127.0.0.1:9464', '0.0.0.0:9464', '[::1]:9464'] });

export const DEFAULT_RULE_PATHS = ['rules/'];

/** As a rule's own key takes it too. */
const resolveAfter = duration({ min: '1m', max: '7d' });

export const routeShape = z.strictObject({
  name: name()
    .optional()
    .describe(
      'What notifications, metrics and logs call this route. Default: route-1, route-2, … in file order.',
    ),
  when: z
    .unknown()
    .optional()
    .describe(
      'A filter in the rule language; alerts that pass it take this route. Absent: every alert does.',
    ),
  to: z.array(name()).min(1).describe('Names of the destinations to tell; each must take alerts.'),
  continue: z.boolean().default(false).describe('Whether later routes are tried too after this one matched.'),
  group_by: z
    .array(term)
    .min(1)
    .optional()
    .describe(
      'Alerts with the same values of these terms share one notification. Default: source and actor, and source and rule where there is no actor.',
    ),
  group_wait: duration({ max: '1h' })
    .prefault('10s')
    .describe('From the first match of a group to its notification: time for company to arrive.'),
  group_interval: duration({ min: '1s', max: '7d' })
    .prefault('5m')
    .describe('The least time between two notifications of a group that keeps growing.'),
  repeat_interval: duration({ min: '1m', max: '90d' })
    .prefault('4h')
    .describe('After this long a group that still goes on is told of again, with what came since.'),
  send_resolved: z
    .boolean()
    .default(true)
    .describe('Whether it is told when the last alert of a group is over.'),
  active_times: z
    .array(name())
    .min(1)
    .optional()
    .describe('Time intervals inside any of which it tells; outside, alerts wait. Default: always.'),
  mute_times: z
    .array(name())
    .min(1)
    .optional()
    .describe('Time intervals inside which it does not tell; alerts wait. Default: never.'),
  escalate: z
    .strictObject({
      after: duration({ min: '1m', max: '7d' }).describe(
        'How long after its first notification a group may stay unacknowledged.',
      ),
      to: z.array(name()).min(1).describe('Names of the destinations that are told then, once each.'),
    })
    .optional()
    .describe('Who else is told where nobody acknowledges. Default: nobody.'),
});

const alerts = z.strictObject({
  resolve_after: resolveAfter
    .prefault('1h')
    .describe('An alert is over after so long without a match; a rule may have a resolve_after of its own.'),
});

const retention = z.strictObject({
  events: duration({ min: '1h' })
    .prefault('30d')
    .describe('How long delivered events, notifications and quiet alerts are kept.'),
  dead_letters: duration({ min: '1h' })
    .prefault('90d')
    .describe('How long deliveries that nobody would take are kept for a redrive.'),
  max_size: byteSize({ min: '16MiB' })
    .prefault('4GiB')
    .describe('The bound of the store on disk; beyond it the oldest delivered events go first.'),
});

const server = z.strictObject({
  listen: listen
    .prefault('127.0.0.1:9464')
    .describe('HOST:PORT of health, metrics and the API; port 0 takes a free one.'),
  token: secret().optional().describe('What API callers must show as a bearer token.'),
});

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info').describe('The least level that is logged.'),
});

/**
 * The whole file. What an entry of `sources` and `destinations` looks like is its adapter's to say: the
 * JSON Schema is made with their shapes, validation is done with each entry's own.
 */
export function configShape<S extends z.ZodType, D extends z.ZodType>(source: S, destination: D) {
  return z.strictObject({
    sources: z.array(source).min(1).describe('Where events come from.'),
    rules: z
      .strictObject({
        paths: z
          .array(z.string().min(1))
          .min(1)
          .default(DEFAULT_RULE_PATHS)
          .describe('Rule files, or folders that hold them; relative to this file.'),
      })
      .prefault({})
      .describe('What is looked for.'),
    destinations: z.array(destination).min(1).describe('Where events, matches and alerts go.'),
    routes: z
      .array(routeShape)
      .min(1)
      .optional()
      .describe(
        'Who is told of which alerts: the first that matches. Default: every alert to every destination that takes alerts.',
      ),
    alerts: alerts.prefault({}).describe('How long alerts live.'),
    time_intervals: z
      .array(intervalShape)
      .min(1)
      .optional()
      .describe('Times that routes may name: working hours, nights, maintenance. Default: none.'),
    silences: z
      .array(silenceShape)
      .min(1)
      .optional()
      .describe('Planned maintenance: alerts that tell nobody for a while. Default: none.'),
    inhibitions: z
      .array(inhibitionShape)
      .min(1)
      .optional()
      .describe('Alerts that tell nobody while another one is open. Default: none.'),
    redaction: redactionShape
      .prefault({})
      .describe('What is masked in all that leaves for destinations, unless they say "redact: off".'),
    digests: z.array(digestShape).min(1).optional().describe('Scheduled summaries. Default: none.'),
    instance: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, {
        error: 'expected 1 to 64 letters, digits, dots, hyphens and underscores',
      })
      .optional()
      .describe(
        'What tells this installation from others at the same pager. Default: random, made once and kept in the store.',
      ),
    store: store
      .prefault('sqlite:./data/tocsin.db')
      .describe('Where state lives: sqlite:PATH, relative to this file.'),
    retention: retention.prefault({}).describe('What is kept, and how much of it.'),
    server: server.prefault({}).describe('The HTTP server of health, metrics and the API.'),
    log: log.prefault({}).describe('The log, JSON lines on stderr.'),
  });
}

/** What validates all that no adapter owns. */
export const fileShape = configShape(z.unknown(), z.unknown());

export type CheckedFile = z.output<typeof fileShape>;
export type CheckedRoute = NonNullable<CheckedFile['routes']>[number];
