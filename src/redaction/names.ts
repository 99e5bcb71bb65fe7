import { NameMemory } from './name-memory.ts';
import { plainName } from './quotes.ts';

/** What a name says of its value. */
export interface NameMeaning {
  /** The word in the mask. */
  readonly kind: string;
  /** Cookies keep their names; everything else is masked whole. */
  readonly shape: 'value' | 'cookie' | 'set-cookie';
  /** The name alone does not tell: only a value that looks made by a machine is masked, and nothing below an object. */
  readonly isWeak: boolean;
}

const MAX_NAME = 160;
/** Digits alone are none. */
const WORD = /[0-9]*[a-z][a-z0-9]*/g;
const ONE_WORD = /^[a-z][a-z0-9]*$/;

/** Written together, whatever stood between the words. Matched at the end of a name, so that `passwordless` is none. */
const STRONG: readonly (readonly [string, RegExp])[] = [
  ['authorization', /(?:authori[sz]ation|authheader)$/],
  [
    'password',
    /(?:passw(?:or)?ds?|passwd|pwd|passphrase|passcode|pswd|passwort|contrasena|motdepasse)\d{0,3}$/,
  ],
  ['api-key', /(?:api|app|rapidapi|subscription|functions|license|account)keys?\d{0,3}$/],
  [
    'secret',
    /(?:secrets?|credentials?|(?:private|secret|access|encryption|signing|shared|master|auth|session|storage|service)keys?|secretid|privatepem)\d{0,3}$/,
  ],
  ['token', /(?:token|jwt|assertion|samlresponse|bearer|authcode|authorizationcode|authticket)\d{0,3}$/],
  ['session', /(?:sessionid|sessid|phpsessid|jsessionid|aspnetsessionid|connectsid)$/],
  [
    'card',
    /^(?:(?:credit|debit|payment)?card(?:no|num|number)|cc(?:no|num|number)?|pan|primaryaccountnumber|cardpan)$/,
  ],
  ['card', /(?:^|card)(?:cvv2?|cvc2?|csc|securitycode|cvn)$/],
  ['signature', /^(?:sig|xamzsignature|xgoogsignature|xhubsignature(?:256)?|xslacksignature|xsignature)$/],
  ['secret', /^(?:pin|pincode|otp|otpcode|totp|mfacode|onetimepassword|sid|csrf|xsrf|ssn)$/],
];

/** All of them at once: names that nobody has seen before are an attacker's, and nearly all say nothing. */
const ANY_STRONG = new RegExp(STRONG.map(([, { source }]) => source).join('|'));

/** Last words after which the value tells about a secret and is none. */
const ABOUT = new Set(
  (
    'type types count length len size expires expire expiry expiration in at on ttl time timestamp date url uri endpoint ' +
    'policy strength hint enabled disabled required valid invalid status name field label error errors message min max ' +
    'version format method algorithm alg rotation age changed updated created reset title placeholder id ids scope ' +
    'budget limit usage used visible show hide text pattern regex rules attempts supported'
  ).split(' '),
);
const WEAK = new Set([
  'auth',
  'pass',
  'session',
  'sess',
  'signature',
  'nonce',
  'login',
  'ticket',
  'credential',
  'key',
]);
/** `key` alone names a key of anything; behind these it opens a door. */
const CONFIRMING = /(?:confirm|confirmation|again|repeat|verify|hash|salt|plain|value|current|new|old)$/;

const known = new NameMemory<NameMeaning | null>();

/** Undefined where the name says nothing of a secret. `raw` as it stands in the text, escapes and all. */
export function meaningOfName(raw: string): NameMeaning | undefined {
  if (raw.length > MAX_NAME || raw === '') return undefined;
  const found = known.get(raw);
  if (found !== undefined) return found ?? undefined;
  // Of a query that was encoded into another, the last name.
  const meaning = judge(
    plainName(raw)
      .split(/[=&?;,\s]/)
      .at(-1) ?? '',
  );
  known.set(raw, meaning ?? null);
  return meaning;
}

/** The words of a name: `userPassword`, `user[pass-word][]`, `USER_PASSWORD`. */
function wordsOf(name: string): string[] {
  if (ONE_WORD.test(name)) return [name];
  const parted = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return parted.match(WORD) ?? [];
}

function judge(name: string): NameMeaning | undefined {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  const joined = words.join('');
  if (joined === 'cookie' || joined === 'cookies' || joined === 'cookie2') return cookieMeaning('cookie');
  if (/^setcookies?2?$/.test(joined)) return cookieMeaning('set-cookie');
  return (
    strong(joined) ?? (ABOUT.has(last) ? undefined : (strongBefore(joined) ?? anyWord(words) ?? weak(words)))
  );
}

function cookieMeaning(shape: 'cookie' | 'set-cookie'): NameMeaning {
  return { kind: 'cookie', shape, isWeak: false };
}

function strong(joined: string): NameMeaning | undefined {
  if (!ANY_STRONG.test(joined)) return undefined;
  const kind = STRONG.find(([, pattern]) => pattern.test(joined))?.[0];
  return kind === undefined ? undefined : { kind, shape: 'value', isWeak: false };
}

function strongBefore(joined: string): NameMeaning | undefined {
  const confirmed = joined.replace(CONFIRMING, '');
  return confirmed === joined ? undefined : strong(confirmed);
}

/** `password[first]`, `secret_access_value`: a word of the name says it, though it is not the last. */
function anyWord(words: readonly string[]): NameMeaning | undefined {
  const told = words.find((word) =>
    /^(?:passw(?:or)?d|passwd|pwd|passphrase|secret|apikey|credentials)$/.test(word),
  );
  return told === undefined
    ? undefined
    : { kind: told.startsWith('p') ? 'password' : 'secret', shape: 'value', isWeak: false };
}

function weak(words: readonly string[]): NameMeaning | undefined {
  const last = words.at(-1) ?? '';
  const isWeak =
    last === 'key'
      ? words.some((word) => /^(?:x|auth|crypto|hmac|aes|rsa|ssh|gpg|webhook)$/.test(word))
      : WEAK.has(last);
  return isWeak
    ? { kind: last === 'session' || last === 'sess' ? 'session' : 'secret', shape: 'value', isWeak }
    : undefined;
}

/** Whether a value under a weak name looks made by a machine. */
export function looksMade(value: string): boolean {
  if (value.length < 6 || /\s/.test(value.slice(0, 256))) return false;
  return (
    /\d/.test(value) ||
    value.length >= 20 ||
    (/[a-z]/.test(value) && /[A-Z]/.test(value) && value.length >= 10)
  );
}
