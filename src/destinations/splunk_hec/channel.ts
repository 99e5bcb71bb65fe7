import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';

/** Acknowledgements are counted on each channel apart. */
export interface Channel {
  readonly id: string;
  /** False once Splunk has begun to count anew: an id may then be that of a later request. */
  readonly trusted: boolean;
}

export interface Channels {
  /** The one to send on now. */
  current(): Channel;
  /** Every id that Splunk gives passes here, in the order of the requests. */
  count(channel: Channel, ackId: number): void;
}

/** Splunk forgets a channel, and its count, that was idle for 600 s. */
const MAX_IDLE_MS = 300_000;

/** A new channel for each process, after each quiet time, and wherever a count did not go up. */
export function createChannels(clock: Clock, random: Random): Channels {
  const open = () => ({ id: newChannel(random), trusted: true, highest: -1 });
  let latest = open();
  let usedMs = clock.now();
  return {
    current() {
      const idleMs = Math.abs(clock.now() - usedMs);
      if (!latest.trusted || idleMs > MAX_IDLE_MS) latest = open();
      usedMs = clock.now();
      return latest;
    },
    count(channel, ackId) {
      if (channel !== latest) return;
      if (ackId <= latest.highest) latest.trusted = false;
      latest.highest = ackId;
    },
  };
}

/** A GUID, version 4. */
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
