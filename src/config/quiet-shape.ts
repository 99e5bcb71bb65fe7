import { z } from 'zod';
import { createZone } from '../core/zone.ts';
import { name } from '../schema/values.ts';
import { term } from './term.ts';
import { timeZone } from './time-shape.ts';

/** Its compiler says what it may be. */
const filter = z.unknown().superRefine((value, context) => {
  if (value === undefined) context.addIssue({ code: 'invalid_type', expected: 'object', input: value });
});

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:(Z)|([+-])(\d{2}):(\d{2}))?$/i;
const EXPECTED_DATE_TIME =
  'expected a date and a time, such as 2026-12-01T22:00, or 2026-12-01T22:00+01:00 with the offset of its clock';

const MINUTE_MS = 60_000;

const dateTime = z
  .string({ error: EXPECTED_DATE_TIME })
  .transform((text, context) => {
    const read = readDateTime(text);
    if (read !== undefined) return read;
    context.addIssue({ code: 'custom', message: EXPECTED_DATE_TIME });
    return z.NEVER;
  })
  .meta({ examples: ['2026-12-01T22:00', '2026-12-01T22:00:00+01:00'] });

/** A wall's time as if it were UTC's; with how far that wall is ahead of UTC, where it was said. */
function readDateTime(text: string): { readonly wallMs: number; readonly aheadMs?: number } | undefined {
  const [, year, month, day, hour, minute, second = '0', utc, sign, aheadHours, aheadMinutes] =
    DATE_TIME.exec(text) ?? [];
  const parts = [year, Number(month) - 1, day, hour, minute, second].map(Number);
  const [y = Number.NaN, ...rest] = parts;
  const wallMs = Date.UTC(y, ...rest);
  if (!isSame(wallMs, parts)) return undefined;
  if (utc !== undefined) return { wallMs, aheadMs: 0 };
  if (sign === undefined) return { wallMs };
  const ahead = Number(aheadHours) * 60 + Number(aheadMinutes);
  return ahead < 24 * 60 ? { wallMs, aheadMs: (sign === '-' ? -ahead : ahead) * MINUTE_MS } : undefined;
}

/** 30 February and 25:00 are days and hours that a calendar would carry on from. */
function isSame(wallMs: number, parts: readonly number[]): boolean {
  if (Number.isNaN(wallMs)) return false;
  const date = new Date(wallMs);
  const back = [
    ...[date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()],
    ...[date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()],
  ];
  return back.every((part, i) => part === parts[i]);
}

function instantOf({ wallMs, aheadMs }: z.output<typeof dateTime>, zone: string): number {
  if (aheadMs !== undefined) return wallMs - aheadMs;
  const wall = new Date(wallMs);
  const minute = createZone(zone).instantOf({
    ...{ year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() },
    ...{ hour: wall.getUTCHours(), minute: wall.getUTCMinutes() },
  });
  return minute + (wallMs % MINUTE_MS);
}

export const silenceShape = z
  .strictObject({
    name: name().describe('What logs and "tocsin silence list" call it: config/<name>.'),
    when: filter.describe('A filter over what alerts have; those that pass it tell nobody.'),
    from: dateTime.describe('When it begins: an ISO date and time, in time_zone unless it says its offset.'),
    until: dateTime.describe('When it ends, likewise; the instant itself is no longer silent.'),
    time_zone: timeZone.default('UTC').describe('IANA name: whose clocks "from" and "until" mean.'),
    reason: z.string().min(1).max(500).describe('Why; shown wherever the silence is.'),
    break_on_escalation: z
      .boolean()
      .default(false)
      .describe(
        'Whether an alert is silent no longer once it is more severe than it began, or an exploit of it succeeded.',
      ),
  })
  .transform(({ when: _compiled, from, until, time_zone: zone, break_on_escalation, ...own }, context) => {
    const [startsMs, endsMs] = [instantOf(from, zone), instantOf(until, zone)];
    const breaks = break_on_escalation ? { breakOnEscalation: true as const } : {};
    if (endsMs > startsMs) return { ...own, startsMs, endsMs, ...breaks };
    context.addIssue({ code: 'custom', message: 'must be later than "from"', path: ['until'] });
    return z.NEVER;
  });

export const inhibitionShape = z.strictObject({
  name: name().describe('What logs and "tocsin why" call it.'),
  source: filter.describe(
    'A filter over what alerts have: while one that passes it is open and was told of …',
  ),
  target: filter.describe('… alerts that pass this one tell nobody.'),
  equal: z
    .array(term)
    .describe('Terms in which both must be alike; [] where any source keeps every target quiet.'),
  equal_absent: z
    .boolean()
    .default(false)
    .describe('Whether two alerts of which neither has a value in a term of "equal" are alike in it.'),
});
