import type { z } from 'zod';
import { counted } from '../core/counted.ts';
import { CONFIG_CODES, type ConfigCode, type Finding } from './codes.ts';
import type { Path, Place, Places } from './places.ts';
import { describe, nearest, suggestion } from './words.ts';

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

export type Checked<T> = { readonly data: T } | { readonly findings: readonly Finding[] };

/** Validates a value that stood at `path`; what is wrong comes back with its places and never repeats a value. */
export function check<T>(schema: z.ZodType<T>, value: unknown, path: Path, places: Places): Checked<T> {
  const result = schema.safeParse(value, { error: sentence });
  if (result.success) return { data: result.data };
  const findings = result.error.issues
    .flatMap(expand)
    .flatMap((issue) => toFinding(issue, path, places) ?? []);
  return { findings: onePerValue(findings) };
}

/** What our own words for a value's own mistakes are; a shape that has its own message keeps it. */
function sentence(issue: RawIssue): string {
  if (issue.code === 'invalid_type')
    return `expected ${TYPES[issue.expected] ?? issue.expected}, found ${describe(issue.input)}`;
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String), issue.input);
  if (issue.code === 'too_small')
    return tooSmall(issue.origin, Number(issue.minimum), issue.inclusive !== false);
  if (issue.code === 'too_big') return tooBig(issue.origin, Number(issue.maximum), issue.inclusive !== false);
  if (issue.code === 'invalid_key') return 'this key is not allowed here';
  return 'is not valid';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function oneOf(values: readonly string[], input: unknown): string {
  const expected = values.length === 1 ? `expected ${values[0]}` : `expected one of ${values.join(', ')}`;
  const near = typeof input === 'string' ? nearest(input, values) : undefined;
  return near === undefined || values.length === 1 ? expected : `${expected}${suggestion(near, values)}`;
}

function tooSmall(origin: string, minimum: number, inclusive: boolean): string {
  if (origin === 'array' || origin === 'set')
    return minimum === 1
      ? 'the list is empty: give at least one entry, or remove the key'
      : `needs at least ${counted(minimum, 'entry', 'entries')}`;
  if (origin === 'string')
    return minimum === 1 ? 'must not be empty' : `must have at least ${counted(minimum, 'character')}`;
  return inclusive ? `must be at least ${minimum}` : `must be more than ${minimum}`;
}

function tooBig(origin: string, maximum: number, inclusive: boolean): string {
  if (origin === 'array' || origin === 'set') return `takes at most ${counted(maximum, 'entry', 'entries')}`;
  if (origin === 'string') return `must have at most ${counted(maximum, 'character')}`;
  return inclusive ? `must be at most ${maximum}` : `must be less than ${maximum}`;
}

/** What a union says is what the alternative says that came furthest, not that none fitted. */
function expand(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [best = []] = [...issue.errors].sort((a, b) => progress(b) - progress(a));
  return best.flatMap(expand).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Deeper is further; failing at a value of the right type is further than at one of another. */
function progress(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ code, path }) => 2 * path.length + (code === 'invalid_type' ? 0 : 1)));
}

/** Undefined for what the reader has reported already. */
function toFinding(issue: Issue, base: Path, places: Places): Finding | undefined {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys' || places.isUnread(path)) return undefined;
  const place = places.at(path);
  const around = place ?? places.around(path);
  const offset = around?.offset ?? 0;
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    return { code: 'bad-value', offset: place?.keyOffset ?? offset, message };
  }
  if (place === undefined && issue.code !== 'custom') return missingKey(String(path.at(-1)), around, offset);
  const message = `${label(path)}${withoutValue(issue.message, around)}${origin(around)}`;
  return { code: codeOf(issue), offset, message };
}

function missingKey(key: string, mapping: Place | undefined, offset: number): Finding {
  const orFile = mapping?.keys.includes(`${key}_file`) === true ? ` (or "${key}_file")` : '';
  return { code: 'missing-key', offset, message: `missing key "${key}"${orFile}` };
}

/** `page_size: `, `feeds[1]: `, nothing for the whole file. */
function label(path: Path): string {
  const index = path.at(-1);
  if (typeof index === 'number') return `${path.at(-2) ?? ''}[${index}]: `;
  return index === undefined ? '' : `${index}: `;
}

function withoutValue(message: string, place: Place | undefined): string {
  const hidden = place?.secret === true || (place?.variables.length ?? 0) > 0;
  const text = place?.text ?? '';
  if (!hidden || text === '') return message;
  if (message.includes(text)) return 'is not valid';
  // A name in a template may be what a variable held.
  return message.replace(/"([^"]+)"/g, (quoted, inner: string) => (text.includes(inner) ? 'this' : quoted));
}

function origin(place: Place | undefined): string {
  const variables = place?.variables ?? [];
  return variables.length === 0
    ? ''
    : ` (its value comes from ${variables.map((name) => `\${${name}}`).join(' and ')})`;
}

function codeOf(issue: Issue): ConfigCode {
  if (issue.code === 'invalid_type') return 'wrong-type';
  if (issue.code === 'too_small' && issue.origin === 'array') return 'empty-list';
  const own = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return CONFIG_CODES.find((code) => code === own) ?? 'bad-value';
}

/** A value may fail several checks for one mistake; the first says enough. */
function onePerValue(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ offset, code, message }) => {
    const key = code === 'missing-key' ? `${offset} ${message}` : `${offset}`;
    return !seen.has(key) && seen.add(key);
  });
}
