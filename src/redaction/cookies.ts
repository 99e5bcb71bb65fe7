import { isMask, maskOf } from './marks.ts';

const MASK = maskOf('cookie');
/** What the server says of a cookie, and is no part of it. */
const ATTRIBUTES = new Set([
  'path',
  'domain',
  'expires',
  'max-age',
  'samesite',
  'priority',
  'version',
  'comment',
]);
const FLAGS = new Set(['secure', 'httponly', 'partitioned', '']);

/** `sid=1; theme=dark` → `sid=[redacted:cookie]; theme=[redacted:cookie]`: the names tell a person enough. */
export function maskCookies(value: string, isSet: boolean): string {
  return value
    .split(';')
    .map((piece, index) => (isSet && index > 0 ? maskAttribute(piece) : maskPair(piece)))
    .join(';');
}

function maskPair(piece: string): string {
  const equals = piece.indexOf('=');
  const value = piece.slice(equals + 1);
  const bare = value.trim();
  if (bare === '' || isMask(bare)) return piece;
  const blanks = value.slice(0, value.length - value.trimStart().length);
  return `${piece.slice(0, equals + 1)}${blanks}${MASK}${value.slice(value.trimEnd().length)}`;
}

/** Several cookies may stand in one line, a comma between them: what holds a `=` is no attribute's value. */
function maskAttribute(piece: string): string {
  const equals = piece.indexOf('=');
  const name = (equals < 0 ? piece : piece.slice(0, equals)).trim().toLowerCase();
  if (equals < 0) return FLAGS.has(name) ? piece : maskPair(piece);
  return ATTRIBUTES.has(name) && !piece.includes('=', equals + 1) ? piece : maskPair(piece);
}
