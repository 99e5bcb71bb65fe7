import { javaTrim } from './text.ts';

const TWO_MONTHS_SECONDS = 60 * 24 * 60 * 60;
/** No header is longer; whatever is cannot be walked within an event's time. */
const MAX_COOKIES = 4_096;

/** `name=value` where exactly two parts stand around `=`; trailing `=` vanish. Undefined for anything else. */
export function splitPair(text: string): readonly [string, string] | undefined {
  let end = text.length;
  while (end > 0 && text[end - 1] === '=') end -= 1;
  const bare = text.slice(0, end);
  const at = bare.indexOf('=');
  if (at < 0 || bare.includes('=', at + 1)) return undefined;
  return [bare.slice(0, at), bare.slice(at + 1)];
}

/** The cookies of a `cookie` or `set-cookie` value: no decoding, the first of duplicates wins. */
export function cookiesOf(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const piece of header.split(';', MAX_COOKIES)) {
    const [name, value] = splitPair(javaTrim(piece)) ?? [];
    if (name !== undefined && value !== undefined && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

/**
 * Whether a `set-cookie` value keeps its cookie for 60 days or more, by Max-Age, else by Expires.
 * @param nowSeconds the event's own time; without it Expires says nothing
 */
export function lastsTwoMonths(header: string, nowSeconds: number | undefined): boolean {
  let maxAge: string | undefined;
  let expires: string | undefined;
  for (const piece of header.split(';', MAX_COOKIES)) {
    const [name, value] = splitPair(javaTrim(piece)) ?? [];
    const folded = name?.toLowerCase();
    if (folded === 'max-age') maxAge = value;
    if (folded === 'expires') expires ??= value;
  }
  if (maxAge !== undefined) return /^-?\d{1,15}$/.test(maxAge) && Number(maxAge) >= TWO_MONTHS_SECONDS;
  if (expires === undefined || nowSeconds === undefined || expires.length > 64) return false;
  const until = Date.parse(expires.replaceAll('-', ' '));
  return Number.isFinite(until) && until / 1_000 - nowSeconds >= TWO_MONTHS_SECONDS;
}
