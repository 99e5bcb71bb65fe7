import { holdsMask, maskOf } from './marks.ts';
import { beginsToken, isQuote, runStart } from './quotes.ts';
import { alnumAnd, type Charset, runEnd } from './runs.ts';

// Secrets that tell by their looks what they are, whatever stands around them. Each is found by one rare character of its
// beginning, so that a text without them costs one look a character.

export interface Found {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

interface Shape {
  readonly kind: string;
  /** Ends with the trigger. */
  readonly prefix: string;
  /** Sticky, right behind the prefix; bounded, since a text may hold a prefix at every third character. */
  readonly tail: RegExp;
  /** What else of the token may follow. */
  readonly rest: Charset;
}

const REST = alnumAnd('_-');

function shapes(kind: string, prefixes: string, tail: RegExp, rest = REST): Shape[] {
  return prefixes.split(' ').map((prefix) => ({ kind, prefix, tail, rest }));
}

const SHAPES: readonly Shape[] = [
  ...shapes('github-token', 'ghp_ gho_ ghu_ ghs_ ghr_', /[A-Za-z0-9]{20,40}/y),
  ...shapes('github-token', 'github_', /pat_[A-Za-z0-9_]{20,40}/y),
  ...shapes(
    'slack-token',
    'xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xoxc- xoxd- xapp-',
    /[A-Za-z0-9%-]{10,40}/y,
    alnumAnd('%-'),
  ),
  ...shapes('stripe-key', 'sk_ rk_', /(?:live|test)_[A-Za-z0-9]{10,40}/y),
  ...shapes('gitlab-token', 'glpat- gldt- glrt-', /[A-Za-z0-9_-]{16,40}/y, alnumAnd('_.-')),
  ...shapes('npm-token', 'npm_', /[A-Za-z0-9]{30,40}/y),
  ...shapes('webhook-secret', 'whsec_', /[A-Za-z0-9+/=_-]{16,40}/y, alnumAnd('+/=_-')),
  ...shapes('shopify-token', 'shpat_ shpss_ shpca_ shppa_', /[A-Fa-f0-9]{24,40}/y),
  ...shapes('digitalocean-token', 'dop_ doo_ dor_', /v1_[a-f0-9]{32,64}/y),
  ...shapes('huggingface-token', 'hf_', /[A-Za-z0-9]{30,40}/y),
  ...shapes('pypi-token', 'pypi-', /AgE[A-Za-z0-9_-]{20,40}/y),
  ...shapes(
    'api-key',
    'sk-',
    /(?:(?:proj|svcacct|admin|ant-[a-z0-9]{3,8}|or-v1)-[A-Za-z0-9_-]{20,60}|[A-Za-z0-9]{20,60})/y,
  ),
  ...shapes('aws-key', 'AKI ASI ABI ACC', /A[A-Z0-9]{16}(?![A-Za-z0-9])/y),
  ...shapes('google-key', 'AI', /za[A-Za-z0-9_-]{30,45}/y),
  ...shapes('sendgrid-key', 'SG', /\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}/y),
  ...shapes('twilio-key', 'SK', /[0-9a-f]{32}(?![A-Za-z0-9])/y),
];

/** By the trigger and the character before it. */
const BY_END = Map.groupBy(SHAPES, ({ prefix }) => pairOf(prefix, prefix.length - 1));

export const SHAPE_PREFIXES: readonly string[] = SHAPES.map(({ prefix }) => prefix);

function pairOf(text: string, at: number): number {
  return text.charCodeAt(at - 1) * 128 + text.charCodeAt(at);
}

/** A key of a well-known shape whose prefix ends at `at`. */
export function keyAt(text: string, at: number): Found | undefined {
  const candidates = at > 0 ? BY_END.get(pairOf(text, at)) : undefined;
  for (const { kind, prefix, tail, rest } of candidates ?? []) {
    const start = at + 1 - prefix.length;
    if (start < 0 || text.charCodeAt(start) !== prefix.charCodeAt(0)) continue;
    if (!text.startsWith(prefix, start) || !beginsToken(text, start)) continue;
    const end = stickyEnd(tail, text, at + 1);
    if (end >= 0) return { start, end: runEnd(text, end, rest), kind };
  }
  return undefined;
}

function stickyEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

const TOKEN_PARTS = alnumAnd('_-=.');
const MIN_HEADER = 10;
const MIN_REST = 8;

/**
 * A JWT (or JWE) that begins at `start` with `eyJ`.
 * @returns where to go on; with `found` where it is one
 */
export function jwtAt(text: string, start: number): { readonly next: number; readonly found?: Found } {
  const headerEnd = runEnd(text, start, REST);
  if (text.charAt(headerEnd) !== '.' || headerEnd - start < MIN_HEADER) return { next: headerEnd };
  const end = runEnd(text, headerEnd, TOKEN_PARTS);
  const rest = text.slice(headerEnd + 1, end);
  const isToken = rest.length >= MIN_REST && (rest.includes('.') || rest.startsWith('eyJ'));
  return isToken ? { next: end, found: { start, end, kind: 'jwt' } } : { next: end };
}

/** A slash may be written `\\/`. */
const CREDENTIALS = alnumAnd('._~+/=-\\');
const BASE64 = /^[A-Za-z0-9+/_-]{8,}={0,2}$/;

const LETTER_R = 0x72;
const LETTER_C = 0x63;

/** `Bearer …` or `Basic …`, whose blank (or `%20`) stands at `at` and ends before `from`. */
export function schemeAt(text: string, at: number, from: number): Found | undefined {
  const last = text.charCodeAt(at - 1) | 0x20;
  if (last !== LETTER_R && last !== LETTER_C) return undefined;
  const isBearer = /^bearer$/i.test(text.slice(at - 6, at)) && beginsToken(text, at - 6);
  const isBasic = !isBearer && /^basic$/i.test(text.slice(at - 5, at)) && beginsToken(text, at - 5);
  if (!isBearer && !isBasic) return undefined;
  const end = runStart(text, runEnd(text, from, CREDENTIALS));
  if (end - from < 6) return undefined;
  const value = text.slice(from, end);
  if (isBearer ? !looksBearer(value) : !looksBasic(value)) return undefined;
  return { start: from, end, kind: 'authorization' };
}

/** Prose knows bearer tokens, too. */
function looksBearer(value: string): boolean {
  return /\d/.test(value) || value.length >= 20 || (/[a-z]/.test(value) && /.[A-Z]/.test(value));
}

function looksBasic(value: string): boolean {
  const bare = value.replaceAll('\\', '');
  if (!BASE64.test(bare)) return false;
  const colon = Buffer.from(bare.slice(0, 400), 'base64').toString('latin1').indexOf(':');
  return colon >= 0 || /\d/.test(bare);
}

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
const PEM_END = /-----END [A-Z0-9 ]{0,60}-----/y;
const PEM_BODY = alnumAnd('+/= \t\r\n\\:,.%');

/** A private key in PEM, also one that is cut off. */
export function pemAt(text: string, start: number): Found | undefined {
  const begin = stickyEnd(PEM_BEGIN, text, start);
  if (begin < 0) return undefined;
  const body = pemBodyEnd(text, begin);
  const end = stickyEnd(PEM_END, text, body);
  const closed = end >= 0 ? end : isQuote(text.charCodeAt(body)) ? runStart(text, body) : body;
  return { start, end: Math.max(closed, begin), kind: 'private-key' };
}

/** Single dashes are part of it: `DEK-Info`. */
function pemBodyEnd(text: string, from: number): number {
  let end = runEnd(text, from, PEM_BODY);
  while (text.charAt(end) === '-' && !text.startsWith('-----', end)) end = runEnd(text, end + 1, PEM_BODY);
  return end;
}

const AUTHORITY = /:(?:\\{0,7}\/){2}/y;
const MAX_AUTHORITY = 1_024;
const USER_INFO = maskOf('password');
const AUTHORITY_END = /[\s/?#"'<>\\]/;

/** User and password in a URL whose `://` begins at `at`. */
export function userInfoAt(text: string, at: number): Found | undefined {
  const start = stickyEnd(AUTHORITY, text, at);
  if (start < 0) return undefined;
  const [authority = ''] = text.slice(start, start + MAX_AUTHORITY).split(AUTHORITY_END, 1);
  const end = start + authority.lastIndexOf('@');
  if (holdsMask(authority)) return maskedUserInfo(text, start, end);
  const colon = authority.indexOf(':');
  const from = colon >= 0 && start + colon < end ? start + colon + 1 : start;
  return from < end ? { start: from, end, kind: 'password' } : undefined;
}

/** One that was masked before is found again, lest a name before it takes all of the URL. */
function maskedUserInfo(text: string, start: number, end: number): Found | undefined {
  const from = end - USER_INFO.length;
  const isOurs =
    from >= start && text.startsWith(USER_INFO, from) && (from === start || text.charAt(from - 1) === ':');
  return isOurs ? { start: from, end, kind: 'password' } : undefined;
}

const SLACK_HOOK =
  /:(?:\\{0,7}\/){2}hooks\.slack(?:-gov)?\.com(?:\\{0,7}\/)(?:services|workflows|triggers)(?:\\{0,7}\/)/y;
const HOOK_PATH = alnumAnd('/\\');

/** The path of a Slack webhook, which is its secret. */
export function webhookAt(text: string, at: number): Found | undefined {
  const start = stickyEnd(SLACK_HOOK, text, at);
  const end = start < 0 ? -1 : runStart(text, runEnd(text, start, HOOK_PATH));
  return end <= start ? undefined : { start, end, kind: 'webhook-url' };
}
