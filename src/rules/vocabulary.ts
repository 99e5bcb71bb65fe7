import { FEEDS, type Feed } from '../core/event.ts';

/** What a term holds, which decides the operators that make sense on it. */
export type TermKind =
  | 'text'
  | 'number'
  | 'flag'
  | 'body'
  | 'headers'
  | 'query'
  | 'address'
  | 'network'
  | 'severity';

/**
 * The words that may stand as terms. `network` terms take CIDR operators only, as in the original; `address`
 * terms take every operator.
 */
export type TermTable = ReadonlyMap<string, TermKind>;

/** Of the captured exchange: the template language's own terms. */
export const EXCHANGE_TERMS: TermTable = new Map<string, TermKind>([
  ['url', 'text'],
  ['method', 'text'],
  ['api_collection_id', 'text'],
  ['response_code', 'number'],
  ['query_param', 'query'],
  ['request_headers', 'headers'],
  ['response_headers', 'headers'],
  ['request_payload', 'body'],
  ['response_payload', 'body'],
  ['source_ip', 'network'],
  ['destination_ip', 'network'],
  ['country_code', 'text'],
]);

/** What `method` can be; any other word is seen as `OTHER`. */
export const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'TRACK',
  'WS',
]);

const MALICIOUS_EVENT_TERMS: TermTable = new Map<string, TermKind>([
  ['actor', 'address'],
  ['filter_id', 'text'],
  ['severity', 'severity'],
  ['category', 'text'],
  ['sub_category', 'text'],
  ['event_type', 'text'],
  ['type', 'text'],
  ['country', 'text'],
  ['dest_country', 'text'],
  ['host', 'text'],
  ['status', 'text'],
  ['label', 'text'],
  ['successful_exploit', 'flag'],
  ['ref_id', 'text'],
  ['session_id', 'text'],
]);

const INCIDENT_TERMS: TermTable = new Map<string, TermKind>([
  ['incident_id', 'text'],
  ['attack_id', 'text'],
  ['fingerprint', 'text'],
  ['ip_address', 'address'],
  ['user_agent', 'text'],
  ['requests', 'number'],
  ['create_time', 'text'],
  ['update_time', 'text'],
  ['change', 'text'],
]);

const ACTOR_TERMS: TermTable = new Map<string, TermKind>([
  ['actor', 'address'],
  ['latest_api_endpoint', 'text'],
  ['latest_api_ip', 'address'],
  ['latest_api_method', 'text'],
  ['latest_api_host', 'text'],
  ['latest_attack', 'text'],
  ['discovered_at', 'number'],
  ['country', 'text'],
  ['object_id', 'text'],
  ['change', 'text'],
]);

const API_TERMS: TermTable = new Map<string, TermKind>([
  ['api', 'text'],
  ['method', 'text'],
  ['requests_count', 'number'],
  ['actors_count', 'number'],
  ['discovered_at', 'number'],
  ['host', 'text'],
  ['change', 'text'],
]);

/** What the events of each feed can be asked for. */
export const FEED_TERMS: Readonly<Record<Feed, TermTable>> = {
  malicious_events: new Map([...EXCHANGE_TERMS, ...MALICIOUS_EVENT_TERMS]),
  incidents: INCIDENT_TERMS,
  threat_actors: ACTOR_TERMS,
  threat_apis: API_TERMS,
};

/** What routes and silences can ask an alert for. */
export const ALERT_TERMS: TermTable = new Map<string, TermKind>([
  ['rule', 'text'],
  ['rule_name', 'text'],
  ['severity', 'severity'],
  ['category', 'text'],
  ['sub_category', 'text'],
  ['source', 'text'],
  ['feed', 'text'],
  ['count', 'number'],
  ['actor', 'address'],
  ['country', 'text'],
  ['host', 'text'],
  ['url', 'text'],
  ['method', 'text'],
  ['filter_id', 'text'],
  ['status_code', 'number'],
  ['successful_exploit', 'flag'],
  ['attack_id', 'text'],
  ['ip_address', 'address'],
]);

/** Every term there is. A rule may name any of them: one that its feed never has is a warning, not an error. */
export const ALL_TERMS: TermTable = new Map(FEEDS.toReversed().flatMap((feed) => [...FEED_TERMS[feed]]));

export const OPERATORS = [
  'contains_either',
  'contains_all',
  'not_contains',
  'not_contains_either',
  'regex',
  'eq',
  'neq',
  'eq_obj',
  'neq_obj',
  'gt',
  'gte',
  'lt',
  'lte',
  'datatype',
  'contains_jwt',
  'cookie_expire_filter',
  'contains_either_cidr',
  'not_contains_cidr',
  'regex_extract',
] as const;
export type OperatorName = (typeof OPERATORS)[number];

export const NETWORK_OPERATORS: ReadonlySet<string> = new Set(['contains_either_cidr', 'not_contains_cidr']);

export const PREDICATES = ['and', 'or'] as const;
export const COLLECTIONS = ['for_one', 'for_all'] as const;
export const SELECTORS = ['key', 'value'] as const;
export const MEASURES = ['length', 'percentage_match', 'percentage_match_schema'] as const;

/** Words of the original that need its database, its traffic history or a language model. */
export const UNSUPPORTED: ReadonlySet<string> = new Set([
  'belongs_to_collections',
  'magic_validate',
  'not_magic_validate',
  'nlp_classification',
  'contains_sensitive_data',
  'ssrf_url_hit',
  'private_variable_context',
  'param_context',
  'endpoint_in_traffic_context',
  'include_roles_access',
  'exclude_roles_access',
  'api_access_type',
  'api_type',
  'test_type',
  'auth_type',
]);

/**
 * Words that the original reads under a term and that then never decide anything: parameters of operators that need a
 * language model or the vendor's database, and what only its active tests use. The value is what they evaluate to.
 */
export const INERT: ReadonlyMap<string, boolean> = new Map([
  ['category', false],
  ['confidence', false],
  ['extractmultiple', false],
  ['param', false],
  ['pattern', false],
  ['type', false],
  ['valuetype', true],
]);

const FEED_NAMES: ReadonlySet<string> = new Set(FEEDS);
export function isFeed(text: unknown): text is Feed {
  return typeof text === 'string' && FEED_NAMES.has(text);
}

export function isOperator(word: string): word is OperatorName {
  return OPERATORS.some((operator) => operator === word);
}
