import { isIP } from 'node:net';

/**
 * What the Elastic Common Schema 8.17 requires: the types of "ECS Field Reference" for the fields that we write (as its
 * generated component templates map them, `ignore_above` included), "ECS Categorization Fields" (allowed values, and
 * "expected event types" of each category), and from "Custom Fields" that fields of one's own have a name space.
 */
const FIELDS: Readonly<Record<string, string>> = {
  ...{ '@timestamp': 'date', 'ecs.version': 'keyword', message: 'text' },
  ...{ 'observer.vendor': 'keyword', 'observer.product': 'keyword', 'observer.version': 'keyword' },
  ...{
    'event.id': 'keyword',
    'event.kind': 'keyword',
    'event.category': 'keywords',
    'event.type': 'keywords',
  },
  ...{
    'event.code': 'keyword',
    'event.action': 'keyword',
    'event.module': 'keyword',
    'event.provider': 'keyword',
  },
  ...{ 'event.dataset': 'keyword', 'event.outcome': 'keyword', 'event.severity': 'long' },
  ...{ 'event.start': 'date', 'event.end': 'date', 'event.original': 'text' },
  ...{
    'rule.id': 'keyword',
    'rule.name': 'keyword',
    'rule.description': 'keyword',
    'rule.category': 'keyword',
  },
  ...{ 'rule.ruleset': 'keyword', 'rule.reference': 'keyword' },
  ...{ 'source.address': 'keyword', 'source.ip': 'ip', 'source.port': 'port' },
  ...{ 'source.geo.country_iso_code': 'keyword', 'source.geo.country_name': 'keyword' },
  ...{ 'client.address': 'keyword', 'client.ip': 'ip', 'client.port': 'port' },
  ...{ 'destination.address': 'keyword', 'destination.ip': 'ip', 'destination.port': 'port' },
  ...{ 'destination.domain': 'keyword', 'related.ip': 'ips', 'related.hosts': 'keywords' },
  ...{ 'http.version': 'keyword', 'http.request.method': 'keyword', 'http.request.referrer': 'keyword' },
  ...{ 'http.response.status_code': 'long', 'user_agent.original': 'keyword' },
  ...{ 'url.original': 'wildcard', 'url.path': 'wildcard', 'url.query': 'keyword' },
  ...{ 'url.domain': 'keyword', 'url.port': 'port' },
  ...{
    'threat.indicator.type': 'keyword',
    'threat.indicator.ip': 'ip',
    'threat.indicator.last_seen': 'date',
  },
  tocsin_id: 'keyword',
};
const EXPECTED_TYPES: Readonly<Record<string, readonly string[]>> = {
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  intrusion_detection: ['allowed', 'denied', 'info'],
  threat: ['indicator'],
  web: ['access', 'error', 'info'],
};
const KINDS = ['alert', 'asset', 'enrichment', 'event', 'metric', 'state', 'pipeline_error', 'signal'];
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const keyword = (value: unknown): boolean =>
  typeof value === 'string' && value.isWellFormed() && value !== '' && value.length <= 1_024;
const long = (value: unknown): value is number => Number.isSafeInteger(value);
const ip = (value: unknown): boolean => typeof value === 'string' && isIP(value) > 0 && !value.includes('%');
const all = (value: unknown, each: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(each);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...{ keyword, long, ip, keywords: (value) => all(value, keyword), ips: (value) => all(value, ip) },
  date: (value) => typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value)),
  port: (value) => long(value) && value >= 0 && value <= 65_535,
  text: (value) => typeof value === 'string' && value.isWellFormed(),
  wildcard: (value) => typeof value === 'string' && value.isWellFormed() && value.length <= 8_192,
};

/** Everything that an index with the ECS mapping would refuse or hide, one line each. */
export function ecsProblems(document: unknown): string[] {
  const fields = new Map(leaves('', document));
  const missing = ['@timestamp', 'ecs.version', 'event.kind', 'event.id', 'tocsin_id'].filter(
    (name) => !fields.has(name),
  );
  return [
    ...missing.map((name) => `${name} is missing`),
    ...[...fields].flatMap(([name, value]) => fieldProblems(name, value)),
    ...categoryProblems(fields),
  ];
}

function fieldProblems(name: string, value: unknown): string[] {
  const own = /^(tocsin\.[a-z_]+|labels\.[A-Za-z0-9_-]+)$/.test(name);
  const type = FIELDS[name] ?? (own ? 'own' : undefined);
  if (type === undefined) return [`${name} is no field of ECS`];
  const fits = type === 'own' ? isOwn(value) : TYPES[type]?.(value);
  return fits ? [] : [`${name} is no ${type}: ${JSON.stringify(value)?.slice(0, 80)}`];
}

/** What dynamic mapping makes a keyword, a number or a flag of. */
function isOwn(value: unknown): boolean {
  return keyword(value) || typeof value === 'number' || typeof value === 'boolean' || all(value, keyword);
}

function categoryProblems(fields: ReadonlyMap<string, unknown>): string[] {
  const kind = String(fields.get('event.kind'));
  const categories = listOf(fields.get('event.category'));
  const types = listOf(fields.get('event.type'));
  const expected = categories.flatMap((category) => EXPECTED_TYPES[category] ?? []);
  const unknown = categories.filter((category) => EXPECTED_TYPES[category] === undefined);
  return [
    ...(KINDS.includes(kind) ? [] : [`event.kind ${kind} is none`]),
    ...unknown.map((category) => `event.category ${category} is none of ours`),
    ...(categories.length === 0
      ? []
      : types.filter((type) => !expected.includes(type)).map((type) => `event.type ${type}`)),
    ...(fields.has('event.outcome') &&
    !['success', 'failure', 'unknown'].includes(String(fields.get('event.outcome')))
      ? ['event.outcome is none']
      : []),
  ];
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Dotted names and what they hold; a name with a dot of its own would become an object. */
function leaves(at: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[at, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[at, value]];
  return entries.flatMap(([key, inner]) => {
    const name = key.includes('.') ? `${key} (a dot)` : key;
    return leaves(at === '' ? name : `${at}.${name}`, inner);
  });
}
