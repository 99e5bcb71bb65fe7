import { validateDetailed } from 'node-cron';
import { z } from 'zod';
import { Secret } from '../core/secret.ts';

type Units = Readonly<Record<string, number>>;

const UNIT_MS: Units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Units = {
  B: 1,
  kB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1e9,
  GiB: 1_073_741_824,
};

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const BYTES = /^(\d+(?:\.\d+)?)(B|kB|KiB|MB|MiB|GB|GiB)$/;

/** Reads `90s`, `1.5h`; undefined where the text is no duration. Milliseconds. */
export function parseDuration(text: string): number | undefined {
  return amountOf(text, DURATION, UNIT_MS);
}

/** Reads `512MiB`, `1GB`; undefined where the text is no size. Bytes. */
function parseBytes(text: string): number | undefined {
  return amountOf(text, BYTES, UNIT_BYTES);
}

function amountOf(text: string, pattern: RegExp, units: Units): number | undefined {
  const [, amount, unit] = pattern.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

interface Bounds {
  readonly min?: string;
  readonly max?: string;
}

function quantity(
  what: string,
  example: string,
  pattern: RegExp,
  parse: (text: string) => number | undefined,
  bounds: Bounds,
) {
  const min = bounds.min === undefined ? 0 : (parse(bounds.min) ?? 0);
  const max =
    bounds.max === undefined ? Number.POSITIVE_INFINITY : (parse(bounds.max) ?? Number.POSITIVE_INFINITY);
  return z
    .string({ error: `expected a ${what} with its unit, such as ${example}` })
    .regex(pattern, { error: `expected a ${what} with its unit, such as ${example}` })
    .transform((text, context) => {
      const value = parse(text) ?? Number.NaN;
      if (value < min) context.addIssue({ code: 'custom', message: `must be at least ${bounds.min}` });
      if (value > max) context.addIssue({ code: 'custom', message: `must be at most ${bounds.max}` });
      return value;
    })
    .meta({ examples: [example] });
}

/** A duration with its unit (`30s`, `15m`, `24h`, `7d`); milliseconds once read. */
export const duration = (bounds: Bounds = {}) => quantity('duration', '30s', DURATION, parseDuration, bounds);

/** A size with its unit (`512MiB`); bytes once read. */
export const byteSize = (bounds: Bounds = {}) => quantity('size', '512MiB', BYTES, parseBytes, bounds);

/** What marks a key as secret, in the schema's own words: the loader masks its value and takes `<key>_file` too. */
const SECRET_META = { writeOnly: true } as const;

/** A text that is masked wherever it could be seen. Its key may also be given as `<key>_file`. */
export const secret = () =>
  z
    .string({ error: 'expected a text' })
    .min(1, { error: 'must not be empty' })
    .transform((text) => new Secret(text))
    .meta(SECRET_META);

/** A name that other keys refer to, and that metrics and ids carry. */
export const name = () =>
  z.string({ error: 'expected a name' }).regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, {
    error: 'expected a name of letters, digits, dot, dash and underscore, at most 63 of them',
  });

export { baseUrl, secretUrl } from './urls.ts';

/** A whole number. */
export const integer = (bounds: { readonly min?: number; readonly max?: number } = {}) => {
  const number = z.int({ error: 'expected a whole number' });
  const { min, max } = bounds;
  const atLeast = min === undefined ? number : number.min(min, { error: `must be at least ${min}` });
  return max === undefined ? atLeast : atLeast.max(max, { error: `must be at most ${max}` });
};

/** Far above any schedule that a person writes. */
const MAX_CRON_CHARS = 200;

/** A cron schedule of five fields, or of six with the seconds first; read in UTC. */
export const cronExpression = () =>
  z
    .string({ error: 'expected a cron schedule, such as "*/30 * * * * *" (seconds first)' })
    .superRefine((text, context) => {
      const message = cronMistake(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ examples: ['*/30 * * * * *'] });

const CRON_FIELDS: Readonly<Record<string, string>> = {
  second: 'second',
  minute: 'minute',
  hour: 'hour',
  dayOfMonth: 'day of month',
  month: 'month',
  dayOfWeek: 'day of week',
};

function cronMistake(text: string): string | undefined {
  const expected =
    'expected a cron schedule of 5 fields, or 6 with the seconds first, such as "*/30 * * * * *"';
  if (text.trim() === '' || text.length > MAX_CRON_CHARS) return expected;
  const [mistake] = validateDetailed(text).errors;
  if (mistake === undefined) return undefined;
  const field = CRON_FIELDS[mistake.field];
  return field === undefined ? expected : `${expected}: its ${field} is not valid`;
}
