import type { Bait, RuleSpec } from './rule-mix.ts';
import { Seeded } from './seeded.ts';

/** One event in this many carries what some rule looks for. */
const BAIT_EVERY = 50;
const EXCHANGE_LENGTH = 6_000;

const WORDS =
  'the order was sent to account and name of customer price total item city street user list page next first last open ' +
  'closed pending description value update created time zone language currency amount status active product review';
const NOUNS = WORDS.split(' ');
const PATHS = ['orders', 'users', 'products', 'search', 'sessions', 'cart', 'reports'] as const;
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36',
  'okhttp/4.12.0',
] as const;

/** API events as texts, as a feed sends them: each with an exchange of about 6 KB in the text format. */
export function traffic(count: number, rules: readonly RuleSpec[]): readonly string[] {
  const random = new Seeded(11);
  return Array.from({ length: count }, (_, i) => {
    const rule = i % BAIT_EVERY === BAIT_EVERY - 1 ? rules[random.below(rules.length)] : undefined;
    return JSON.stringify(apiEvent(i, random, rule?.bait ?? {}));
  });
}

function apiEvent(index: number, random: Seeded, bait: Bait): object {
  const ip = bait.ip ?? `198.51.${random.below(256)}.${random.below(256)}`;
  return {
    id: `e${index}`,
    actor: ip,
    filterId: 'SQLInjection',
    severity: 'HIGH',
    category: 'SQL_INJECTION',
    subCategory: 'SQL_INJECTION',
    eventType: 'SINGLE',
    type: 'Rule-Based',
    country: 'US',
    status: 'ACTIVE',
    timestamp: 1_760_000_000 + index,
    metadata: 'country_code: "US"',
    payload: exchangeText(random, bait, ip),
  };
}

function exchangeText(random: Seeded, bait: Bait, ip: string): string {
  const path = bait.url ?? `/api/v2/${random.pick(PATHS)}/${random.below(99_999)}`;
  const head = [
    field('method', bait.method ?? random.pick(['GET', 'POST', 'PUT'])),
    field(
      'path',
      `${path}?page=${random.below(50)}&q=${random.pick(NOUNS)}+${random.pick(NOUNS)}&sort=price`,
    ),
    field('type', 'HTTP/1.1'),
    ...requestHeaders(random, bait).map(header('request_headers')),
    field('request_payload', requestBody(random, bait)),
    `status_code: ${bait.code ?? random.pick([200, 200, 200, 201, 304, 404, 500])}\n`,
    field('status', '200 OK'),
    ...responseHeaders(random).map(header('response_headers')),
    field('ip', ip),
    field('akto_vxlan_id', '1667'),
  ].join('');
  const rest = EXCHANGE_LENGTH - head.length - 24;
  return `${head}${field('response_payload', responseBody(random, bait, rest))}`;
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll("'", "\\'");
  return `"${escaped.replaceAll('\n', '\\n')}"`;
}

function field(name: string, text: string): string {
  return `${name}: ${quoted(text)}\n`;
}

function header(name: string): (pair: readonly [string, string]) => string {
  return ([key, value]) =>
    `${name} {\n  key: ${quoted(key)}\n  value {\n    values: ${quoted(value)}\n  }\n}\n`;
}

function hex(random: Seeded, length: number): string {
  return Array.from({ length }, () => random.below(16).toString(16)).join('');
}

function requestHeaders(random: Seeded, bait: Bait): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [
    ['accept', 'application/json, text/plain, */*'],
    ['accept-encoding', 'gzip, deflate, br'],
    ['authorization', `Bearer ${hex(random, 120)}`],
    ['content-type', 'application/json'],
    ['cookie', `sid=${hex(random, 32)}; theme=dark; lang=en`],
    ['host', 'api.example.com'],
    ['referer', `https://www.example.com/${random.pick(PATHS)}`],
    ['user-agent', random.pick(AGENTS)],
    ['x-request-id', hex(random, 32)],
    ['x-cloud-trace-context', `${hex(random, 32)}/${random.below(1e9)}`],
  ];
  return [...headers.filter(([name]) => name !== bait.header?.[0]), ...(bait.header ? [bait.header] : [])];
}

function responseHeaders(random: Seeded): readonly (readonly [string, string])[] {
  return [
    ['cache-control', 'no-store, max-age=0'],
    ['content-type', 'application/json; charset=utf-8'],
    ['date', 'Thu, 09 Oct 2025 08:53:20 GMT'],
    ['etag', `W/"${hex(random, 16)}"`],
    ['server', 'envoy'],
    ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
    ['x-content-type-options', 'nosniff'],
    ['vary', 'Accept-Encoding, Origin'],
  ];
}

function sentence(random: Seeded, words: number): string {
  return Array.from({ length: words }, () => random.pick(NOUNS)).join(' ');
}

function requestBody(random: Seeded, bait: Bait): string {
  const [key, value] = bait.leaf ?? ['comment', sentence(random, 12)];
  const items = Array.from({ length: 6 }, () => ({
    id: random.below(1e6),
    sku: hex(random, 10),
    price: 12.5,
  }));
  const address = { city: sentence(random, 1), street: sentence(random, 3), verified: true, floor: null };
  return JSON.stringify({
    name: sentence(random, 2),
    email: 'ann@example.com',
    address,
    items,
    [key]: value,
  });
}

function responseBody(random: Seeded, bait: Bait, length: number): string {
  const rows: string[] = bait.response === undefined ? [] : [bait.response];
  const row = (): string =>
    JSON.stringify({ id: random.below(1e6), title: sentence(random, 4), text: sentence(random, 14) });
  // Quotes are escaped in the text format, so a row is longer there than here.
  for (let left = length; left > 200; left -= quoted(rows.at(-1) ?? '').length) rows.push(row());
  return `{"data":[\n${rows.join(',\n')}]}`;
}
