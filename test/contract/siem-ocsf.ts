import { isIP } from 'node:net';

/**
 * What OCSF 1.8 (schema.ocsf.io/1.8.0) requires of the classes and objects that we write: "Attributes" of each class
 * and object page (names, types, requirement), "Constraints", the enumerations, and from "Understanding OCSF" that
 * `type_uid` is `class_uid * 100 + activity_id`. An attribute that a page does not list is an error, as it is to the
 * schema server's validator; `unmapped` is where such things belong.
 */
interface ObjectRules {
  readonly required: readonly string[];
  readonly atLeastOne?: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

const ENDPOINT: ObjectRules = {
  required: [],
  atLeastOne: [
    'ip',
    'uid',
    'name',
    'hostname',
    'svc_name',
    'instance_uid',
    'interface_uid',
    'interface_name',
  ],
  attributes: {
    ip: 'ip',
    port: 'port',
    name: 'string',
    hostname: 'hostname',
    uid: 'string',
    location: 'location',
  },
};

const OBJECTS: Readonly<Record<string, ObjectRules>> = {
  metadata: {
    required: ['version', 'product'],
    attributes: {
      ...{ version: 'string', product: 'product', uid: 'string', log_name: 'string', log_provider: 'string' },
      ...{ event_code: 'string', original_time: 'string', correlation_uid: 'string' },
    },
  },
  product: {
    required: [],
    atLeastOne: ['name', 'uid'],
    attributes: { name: 'string', vendor_name: 'string', version: 'string' },
  },
  finding_info: {
    required: ['uid'],
    attributes: {
      ...{ uid: 'string', title: 'string', desc: 'string', analytic: 'analytic', types: '[string]' },
      ...{ data_sources: '[string]', first_seen_time: 'timestamp', last_seen_time: 'timestamp' },
      ...{ created_time: 'timestamp', related_events: '[related_event]' },
    },
  },
  analytic: {
    required: ['type_id'],
    atLeastOne: ['name', 'uid'],
    attributes: { name: 'string', uid: 'string', type_id: 'integer', type: 'string', category: 'string' },
  },
  related_event: { required: ['uid'], attributes: { uid: 'string' } },
  remediation: { required: ['desc'], attributes: { desc: 'string', references: '[string]' } },
  evidences: {
    required: [],
    // http_request and http_response are none of those that may stand alone.
    atLeastOne: ['src_endpoint', 'dst_endpoint', 'url'],
    attributes: {
      ...{ src_endpoint: 'network_endpoint', dst_endpoint: 'network_endpoint', url: 'url' },
      ...{ http_request: 'http_request', http_response: 'http_response' },
    },
  },
  network_endpoint: ENDPOINT,
  location: {
    required: [],
    atLeastOne: ['city', 'country', 'postal_code', 'region'],
    attributes: { country: 'country' },
  },
  url: {
    required: [],
    atLeastOne: ['url_string', 'path'],
    attributes: {
      ...{ url_string: 'string', hostname: 'hostname', port: 'port' },
      ...{ path: 'string', query_string: 'string' },
    },
  },
  http_request: {
    required: [],
    attributes: {
      ...{ http_method: 'http_method', url: 'url', user_agent: 'string' },
      ...{ referrer: 'string', version: 'string' },
    },
  },
  http_response: { required: ['code'], attributes: { code: 'integer' } },
  observable: {
    required: ['type_id'],
    attributes: { name: 'string', type_id: 'observable_type', type: 'string', value: 'string' },
  },
  user: {
    required: [],
    atLeastOne: ['account', 'name', 'uid'],
    attributes: { name: 'string', type_id: 'integer', type: 'string' },
  },
  service: { required: [], atLeastOne: ['name', 'uid'], attributes: { name: 'string' } },
};

const BASE: Readonly<Record<string, string>> = {
  ...{ activity_id: 'integer', activity_name: 'string', category_uid: 'integer', category_name: 'string' },
  ...{ class_uid: 'integer', class_name: 'string', type_uid: 'integer', type_name: 'string' },
  ...{ time: 'timestamp', start_time: 'timestamp', end_time: 'timestamp', count: 'integer' },
  ...{ severity_id: 'severity', severity: 'string', message: 'string', metadata: 'metadata' },
  ...{ observables: '[observable]', status_id: 'integer', status: 'string', status_detail: 'string' },
  unmapped: 'unmapped',
};
const BASE_REQUIRED = [
  ...['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid'],
];

interface ClassRules extends ObjectRules {
  readonly category: number;
  readonly activities: readonly number[];
  readonly statuses: readonly number[];
}

const CLASSES: Readonly<Record<number, ClassRules>> = {
  0: {
    ...{ category: 0, activities: [0, 99], statuses: [0, 1, 2, 99] },
    ...{ required: BASE_REQUIRED, attributes: BASE },
  },
  2004: {
    ...{ category: 2, activities: [0, 1, 2, 3, 99], statuses: [0, 1, 2, 3, 4, 5, 6, 99] },
    required: [...BASE_REQUIRED, 'finding_info'],
    attributes: {
      ...BASE,
      ...{
        finding_info: 'finding_info',
        evidences: '[evidences]',
        is_alert: 'boolean',
        remediation: 'remediation',
      },
    },
  },
  3002: {
    ...{ category: 3, activities: [0, 1, 2, 3, 4, 5, 6, 7, 99], statuses: [0, 1, 2, 99] },
    required: [...BASE_REQUIRED, 'user'],
    atLeastOne: ['service', 'dst_endpoint'],
    attributes: {
      ...BASE,
      ...{ user: 'user', service: 'service', is_remote: 'boolean' },
      ...{ src_endpoint: 'network_endpoint', dst_endpoint: 'network_endpoint', http_request: 'http_request' },
    },
  },
};

const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];
const HOSTNAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const text = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed();
const integer = (value: unknown): value is number => Number.isSafeInteger(value);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: text,
  integer,
  boolean: (value) => typeof value === 'boolean',
  // Milliseconds: seconds would be in 1970.
  timestamp: (value) => integer(value) && value >= 0 && value < 2 ** 48,
  port: (value) => integer(value) && value >= 0 && value <= 65_535,
  ip: (value) => typeof value === 'string' && isIP(value) > 0 && !value.includes('%'),
  hostname: (value) => typeof value === 'string' && HOSTNAME.test(value),
  country: (value) => typeof value === 'string' && /^[A-Z]{2}$/.test(value),
  http_method: (value) => METHODS.includes(String(value)),
  severity: (value) => [0, 1, 2, 3, 4, 5, 6, 99].includes(Number(value)),
  observable_type: (value) => [1, 2].includes(Number(value)),
  unmapped: isRecord,
};

/** Everything that breaks the schema, one line each; empty where it is kept. */
export function ocsfProblems(document: unknown): string[] {
  if (!isRecord(document)) return ['is no object'];
  const rules = CLASSES[Number(document['class_uid'])];
  if (rules === undefined) return [`class_uid ${String(document['class_uid'])} is none of ours`];
  const { activity_id: activity, class_uid: uid, type_uid: type, status_id: status } = document;
  const problems = objectProblems('', document, rules);
  if (document['category_uid'] !== rules.category) problems.push('category_uid is of another class');
  if (!rules.activities.includes(Number(activity))) problems.push('activity_id is none of the class');
  if (status !== undefined && !rules.statuses.includes(Number(status))) problems.push('status_id is none');
  if (Number(uid) * 100 + Number(activity) !== type)
    problems.push('type_uid is not class_uid * 100 + activity_id');
  if (activity === 99 && !document['activity_name']) problems.push('activity 99 needs its activity_name');
  if (document['severity_id'] === 99 && !document['severity'])
    problems.push('severity 99 needs its severity');
  return problems;
}

function objectProblems(at: string, value: Record<string, unknown>, rules: ObjectRules): string[] {
  const missing = rules.required.filter((name) => value[name] === undefined);
  const one = rules.atLeastOne?.some((name) => value[name] !== undefined) ?? true;
  return [
    ...missing.map((name) => `${at}${name} is missing`),
    ...(one ? [] : [`${at}: none of ${rules.atLeastOne?.join(', ')}`]),
    ...Object.entries(value).flatMap(([name, inner]) =>
      attributeProblems(`${at}${name}`, inner, rules.attributes[name]),
    ),
  ];
}

function attributeProblems(at: string, value: unknown, type: string | undefined): string[] {
  if (type === undefined) return [`${at} is no attribute of it`];
  const [, item] = /^\[(.+)\]$/.exec(type) ?? [];
  if (item !== undefined) {
    if (!Array.isArray(value) || value.length === 0) return [`${at} is no list with something in it`];
    return value.flatMap((each, index) => attributeProblems(`${at}[${index}]`, each, item));
  }
  const rules = OBJECTS[type];
  if (rules !== undefined)
    return isRecord(value) ? objectProblems(`${at}.`, value, rules) : [`${at} is no object`];
  return TYPES[type]?.(value) ? [] : [`${at} is no ${type}: ${JSON.stringify(value)?.slice(0, 80)}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
