import type { Finding } from './codes.ts';
import type { Places } from './places.ts';

const PEM = /^\s*-----BEGIN /;
const UNFILLED =
  /(?:^|[\s:/@=])\$(?:\([^)]*\)|[A-Za-z_][A-Za-z0-9_]*)(?=$|[\s:/@.&?-])|\$[A-Z][A-Z0-9_]{3,}\b/;
const OTHER_REFERENCE = /\{\{.*\}\}|^%[A-Za-z_][A-Za-z0-9_]*%$|<%.*%>/;
const QUOTES = [`""`, `''`, '``', '“”', '‘’', '„“'];

/** Words that stand where a secret is to be put in. */
const PLACEHOLDERS: readonly RegExp[] = [
  /^<.*>$/,
  /^\[.+\]$/,
  /^(?:x{3,}|X{3,}|\*{3,}|\.{3,}|…|_{3,}|-{3,}|0{8,})$/,
  /^(?:your|my|the|some|put|insert|enter|add|paste|replace|fill)[-_ ].*(?:key|token|secret|password|url|here|this|me|webhook|id)s?$/i,
  /^your[-_ ]/i,
  /^(?:change|replace|fill)[-_ ]?(?:me|it|this|in)\b.*$/i,
  /^(?:todo|tbd|fixme|placeholder|dummy|redacted|null|none|undefined|nil)$/i,
  /(?:^|[-_])(?:goes[-_]here|placeholder|changeme|change[-_]me)$/i,
  /^(?:key|token|secret|password|api[-_ ]?key)[-_ ](?:goes[-_ ])?here$/i,
];

/**
 * Warns of secrets that hardly are what somebody means to send: references that nothing fills in, quotes and blanks
 * that are part of the value, words that only mark the place. Never says what the value is.
 */
export function checkSecrets(places: Places): Finding[] {
  return places.secrets().flatMap(({ key, place: { text = '', variables, offset } }): Finding[] => {
    const doubt = text === '' ? undefined : doubtOf(text);
    if (doubt === undefined) return [];
    const label = key === undefined || !/^[a-z_]+$/.test(key) ? '' : `${key}: `;
    const message = `${label}${doubt}${originOf(variables)}`;
    return [{ code: 'doubtful-secret', offset, message, severity: 'warning' }];
  });
}

function doubtOf(text: string): string | undefined {
  if (PEM.test(text)) return undefined;
  const bare = text.trim();
  if (bare === '') return 'the secret is nothing but blanks';
  if (UNFILLED.test(text))
    return `a $NAME in it is not filled in; write \${NAME}, or use the _file form of the key`;
  if (OTHER_REFERENCE.test(text))
    return `a reference of another tool in it is not filled in here; write \${NAME}, or use the _file form of the key`;
  if (
    QUOTES.some(
      ([open, close]) => bare.length > 1 && bare.startsWith(open ?? '') && bare.endsWith(close ?? ''),
    )
  )
    return 'the quotes around it are part of the value; remove them';
  if (bare.split(/[\s/]+/).some(isPlaceholder))
    return 'this looks like a placeholder; put the real value in its place';
  if (isPlaceholder(bare)) return 'this looks like a placeholder; put the real value in its place';
  if (bare !== text) return 'blanks or a line end at its beginning or end are part of the value; remove them';
  return undefined;
}

/** Also of one part of an address or a header: `https://hooks.slack.com/services/XXX`, `Bearer YOUR_TOKEN`. */
function isPlaceholder(text: string): boolean {
  return PLACEHOLDERS.some((pattern) => pattern.test(text));
}

function originOf(variables: readonly string[]): string {
  if (variables.length === 0) return '';
  return ` (its value comes from ${variables.map((name) => `\${${name}}`).join(' and ')})`;
}
