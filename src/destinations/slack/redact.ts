const SENSITIVE =
  /([?&;#](?:code|[^=&;#\s]{0,60}?(?:token|secret|passw|pwd|api[_-]?key|auth|session|signature|otp|jwt)[^=&;#\s]{0,60})=)[^&;#\s]*/gi;

/** A URL as evidence: the values of query keys that are named like credentials are masked. */
export function redactUrl(url: string): string {
  return url.slice(0, 2_000).replace(SENSITIVE, '$1[redacted]');
}
