import { isIPv4, isIPv6 } from 'node:net';

/** Who or what is at one end of a connection, as a source wrote it: text, and what of it is certain. */
export interface Address {
  readonly text: string;
  /** A literal without zone: what an index of addresses takes. */
  readonly ip: string | undefined;
  readonly port: number | undefined;
}

const LONGEST_ADDRESS = 80;
const V4_PORT = /^([\d.]{7,15}):(\d{1,5})$/;
const V6_PORT = /^\[([\dA-Fa-f:.]{2,45})\](?::(\d{1,5}))?$/;
const NAME_PORT = /^([^:[\]]{1,253}):(\d{1,5})$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Reads `203.0.113.9:57796`, `[2001:db8::1]:443`, or a bare address. What is none keeps its text alone. */
export function readAddress(text: string): Address {
  if (isIp(text)) return { text, ip: text, port: undefined };
  const [, ip, port] = text.length > LONGEST_ADDRESS ? [] : (V4_PORT.exec(text) ?? V6_PORT.exec(text) ?? []);
  if (ip === undefined || !isIp(ip)) return { text, ip: undefined, port: undefined };
  return { text, ip, port: readPort(port) };
}

/** What a Host header names. */
export interface Host {
  /** An address or a name, without its port. */
  readonly name: string;
  readonly port: number | undefined;
}

export function readHost(text: string): Host {
  const { ip, port } = readAddress(text);
  if (ip !== undefined) return { name: ip, port };
  const [, name, ownPort] = text.length > 300 ? [] : (NAME_PORT.exec(text) ?? []);
  return name === undefined ? { name: text, port: undefined } : { name, port: readPort(ownPort) };
}

/** Zones mean something on one machine only, and no index takes them. */
export function isIp(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%'));
}

/** As DNS has it: letters, digits and dashes between dots. */
export function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label));
}

function readPort(text: string | undefined): number | undefined {
  const port = text === undefined ? Number.NaN : Number(text);
  return port <= 65_535 ? port : undefined;
}
