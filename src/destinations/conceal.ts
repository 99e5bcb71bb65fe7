import type { Outcome } from '../core/delivery.ts';
import type { Secret } from '../core/secret.ts';

/** Takes a destination's own secrets out of the answers that an outcome holds. */
export type Conceal = <T extends Outcome>(outcome: T) => T;

/** Shorter ones would take half of every text with them. */
const MIN_SECRET = 4;
const MIN_PART = 6;
/** Of an answer, far more than is ever shown: what is masked later makes it shorter. */
const MAX_ANSWER = 8_192;
const MAX_READ = 65_536;
const MASK = '[secret]';

/** Parts of addresses that everybody knows. */
const KNOWN_PARTS: ReadonlySet<string> = new Set(
  'services hooks webhook webhooks webhookb2 incomingwebhook workflows triggers manual invoke enqueue workflow integrations alerts events'.split(
    ' ',
  ),
);

/**
 * An answer may echo what it was asked with: the address, its parts, a header, a key, in any of the ways in which they
 * are written on the wire. Nothing of it is left, and what is cut is cut between words, so that no half of a secret
 * stands at the end.
 */
export function createConceal(secrets: readonly Secret[]): Conceal {
  const pattern = patternOf(secrets.map((secret) => secret.reveal()));
  const conceal = (text: string): string => {
    const read = cutAtWord(text, MAX_READ);
    return cutAtWord(pattern === undefined ? read : read.replace(pattern, MASK), MAX_ANSWER);
  };
  const ofOne = <T extends object>(outcome: T): T =>
    'answer' in outcome && typeof outcome.answer === 'string'
      ? { ...outcome, answer: conceal(outcome.answer) }
      : outcome;
  return (outcome) =>
    outcome.kind === 'partial' ? { ...outcome, items: outcome.items.map(ofOne) } : ofOne(outcome);
}

function cutAtWord(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max).replace(/\S+$/, '');
}

function patternOf(secrets: readonly string[]): RegExp | undefined {
  const texts = new Set(secrets.flatMap(partsOf).flatMap(writings));
  const longestFirst = [...texts].filter((text) => text.length >= MIN_SECRET);
  longestFirst.sort((a, b) => b.length - a.length);
  return longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(escaped).join('|'), 'gi');
}

/** A secret whole, and what of it is secret by itself. */
function partsOf(secret: string): readonly string[] {
  const url = /^https?:/i.test(secret) ? URL.parse(secret) : null;
  if (url !== null) return [secret, url.href, ...partsOfUrl(url)];
  // A signing secret is known without its prefix too; a header's value is a scheme and the key.
  const words = secret.split(/\s+/).map((word) => word.replace(/^whsec_/, ''));
  const basic = /^basic\s+(\S+)$/i.exec(secret.trim())?.[1];
  const decoded = basic === undefined ? [] : [Buffer.from(basic, 'base64').toString()];
  const password = decoded.map((pair) => pair.slice(pair.indexOf(':') + 1));
  return [
    secret,
    ...words.filter((word) => !/^(?:basic|bearer|splunk|token)$/i.test(word)),
    ...decoded,
    ...password,
  ];
}

function partsOfUrl({ username, password, pathname, search, searchParams, hash }: URL): readonly string[] {
  const segments = pathname.split('/').flatMap((each) => [each, unescaped(each)]);
  const parts = [...segments, ...searchParams.values(), hash.slice(1)];
  const isTelling = (part: string): boolean =>
    part.length >= MIN_PART && !KNOWN_PARTS.has(part.toLowerCase());
  return [
    username,
    password,
    unescaped(password),
    pathname + search,
    pathname,
    ...parts.filter(isTelling),
  ].filter((part) => part.length > 1);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As text, in an address, in JSON, in HTML, in base64. */
function writings(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const html = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const base64 = Buffer.from(text).toString('base64').replace(/=+$/, '');
  const url = Buffer.from(text).toString('base64url');
  return [
    text,
    encodeURIComponent(text.toWellFormed()),
    json,
    json.replaceAll('/', '\\/'),
    html,
    base64,
    url,
  ];
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
