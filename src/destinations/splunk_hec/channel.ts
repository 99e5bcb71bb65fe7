import type { Random } from '../../core/random.ts';

/** A new channel's name: acknowledgements are counted on each channel apart. A GUID, version 4. */
export function newChannel(random: Random): string {
  const bytes = Array.from({ length: 16 }, () => Math.floor(random() * 256));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const MAX_COOKIES = 20;
const COOKIE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})=([\x21-\x3a\x3c-\x7e]{0,2000})/;

/** Load balancers keep a channel on one indexer by a cookie: what was set last is sent back. */
export interface CookieJar {
  keep(setCookies: readonly string[]): void;
  /** The `cookie` header, or none. */
  headers(): Record<string, string>;
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, string>();
  return {
    keep: (setCookies) => {
      for (const text of setCookies) {
        const [, name, value] = COOKIE.exec(text) ?? [];
        if (name === undefined || value === undefined) continue;
        if (cookies.has(name) || cookies.size < MAX_COOKIES) cookies.set(name, value);
      }
    },
    headers: () =>
      cookies.size === 0
        ? {}
        : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
  };
}
