/**
 * Why no answer came.
 * - `timeout`: our deadline passed; the far side may have acted all the same.
 * - `reset`: the connection closed before the answer was whole; likewise.
 * - `aborted`: our caller stopped the request.
 */
export type NetErrorKind =
  | 'timeout'
  | 'refused'
  | 'reset'
  | 'dns'
  | 'tls'
  | 'too_large'
  | 'aborted'
  | 'other';

/**
 * A request without an answer. The message is one sentence that names host and port only, and there
 * is no `cause`: the errors below this one carry headers, paths and tokens.
 */
export class NetError extends Error {
  readonly kind: NetErrorKind;

  constructor(kind: NetErrorKind, message: string) {
    super(message);
    this.name = 'NetError';
    this.kind = kind;
  }
}

/** Makes the error of a kind, in our words. `detail` is an error code, a count; never text from the wire. */
export function netError(kind: NetErrorKind, url: string, detail = ''): NetError {
  return new NetError(kind, sentence(kind, placeOf(url), detail));
}

/** Turns what a socket, a TLS handshake or an HTTP library threw into an error that is safe to show. */
export function toNetError(error: unknown, url: string): NetError {
  if (error instanceof NetError) return error;
  const code = codeOf(error);
  const kind = kindOf(code, error);
  // axios has one code for this and for others; the sentence says more.
  return netError(kind, url, kind === 'too_large' ? '' : code);
}

function sentence(kind: NetErrorKind, place: string, detail: string): string {
  const why = detail === '' ? '' : ` (${detail})`;
  const sentences: Record<NetErrorKind, string> = {
    timeout: `${place} did not answer in time${why}`,
    refused: `${place} refused the connection`,
    reset: `${place} closed the connection before its answer was complete`,
    dns: `the name of ${place} could not be resolved${why}`,
    tls: `no trusted TLS connection to ${place}${why}`,
    too_large: `${place} sent an answer that is too large${why}`,
    aborted: `the request to ${place} was stopped`,
    other: `the request to ${place} failed${why}`,
  };
  return sentences[kind];
}

/** Host and port, and nothing else: a path or a query may be a secret. */
function placeOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return 'an address that is not a URL';
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? '443' : '80') : parsed.port;
  return `${parsed.hostname}:${port}`;
}

const KIND_BY_CODE: ReadonlyMap<string, NetErrorKind> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'reset'],
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNABORTED', 'timeout'],
  ['EPROTO', 'tls'],
  ['HOSTNAME_MISMATCH', 'tls'],
  ['INVALID_CA', 'tls'],
]);
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/;

function kindOf(code: string, error: unknown): NetErrorKind {
  const known = KIND_BY_CODE.get(code);
  if (known !== undefined) return known;
  if (TLS_CODE.test(code)) return 'tls';
  const message = error instanceof Error ? error.message : '';
  // axios gives one code, ERR_BAD_RESPONSE, to a body cut short and to one that passes the limit.
  if (message.startsWith('maxContentLength')) return 'too_large';
  return /\b(aborted|hang up)\b/.test(message) ? 'reset' : 'other';
}

/** The error's code where it looks like one; anything else could be text from the wire. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  const { code } = error;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : '';
}
