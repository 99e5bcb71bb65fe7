import ipaddr from 'ipaddr.js';

export interface Network {
  readonly family: 'ipv4' | 'ipv6';
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** Longer than any address with brackets, zone and port. */
const MAX_ADDRESS = 100;

/**
 * Reads an address as logs carry them: `203.0.113.9`, `203.0.113.9:57796`, `2001:db8::1`, `[2001:db8::1]:443`,
 * `fe80::1%eth0`; IPv4 inside IPv6 counts as IPv4. Undefined for anything else.
 */
export function parseAddress(text: string): readonly number[] | undefined {
  if (text.length > MAX_ADDRESS) return undefined;
  return plainFourParts(text) ?? anyAddress(text);
}

/** Nearly all addresses are four decimal numbers and nothing else: every event's is read. */
function plainFourParts(text: string): readonly number[] | undefined {
  const bytes: number[] = [];
  let part = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // A zero in front means octal to some readers.
      if (part === 0) return undefined;
      part = part < 0 ? digit : part * 10 + digit;
    } else if (part < 0 || part > 255 || (at < text.length && digit !== DOT)) return undefined;
    else {
      bytes.push(part);
      part = -1;
    }
  }
  return bytes.length === 4 ? bytes : undefined;
}

const DOT = 0x2e - 0x30;

function anyAddress(text: string): readonly number[] | undefined {
  const bare = bareAddress(text.trim());
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare).toByteArray();
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toByteArray() : address.toByteArray();
}

function bareAddress(text: string): string {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, withPort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  return (inBrackets ?? withPort ?? text).replace(/%[\w.-]+$/, '');
}

/** Reads `10.0.0.0/8` or `2001:db8::/32`; bits of the host are masked. */
export function parseNetwork(text: string): Network | undefined {
  const [, address, width] = /^([^/]{1,60})\/(\d{1,3})$/.exec(text.trim()) ?? [];
  if (address === undefined || width === undefined) return undefined;
  const bytes = plainAddress(address);
  const bits = Number(width);
  if (bytes === undefined || bits > bytes.length * 8) return undefined;
  return { family: bytes.length === 4 ? 'ipv4' : 'ipv6', bytes, bits };
}

function plainAddress(text: string): readonly number[] | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toByteArray();
  return text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toByteArray() : undefined;
}

export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}

export function isInNetwork(address: readonly number[], network: Network): boolean {
  if (address.length !== network.bytes.length) return false;
  const whole = network.bits >> 3;
  for (let i = 0; i < whole; i += 1) if (address[i] !== network.bytes[i]) return false;
  const rest = network.bits & 7;
  if (rest === 0) return true;
  const shift = 8 - rest;
  return (address[whole] ?? 0) >> shift === (network.bytes[whole] ?? 0) >> shift;
}
