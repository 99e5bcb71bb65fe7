import { FEEDS } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import { SEVERITIES } from '../core/severity.ts';
import {
  DISTINCT_SOURCES,
  MAX_MATCH_COUNT,
  MAX_WINDOW_MINUTES,
  WINDOW_FILTERS,
} from './aggregation-parser.ts';
import { DATATYPES } from './operand-parser.ts';
import {
  ALL_TERMS,
  COLLECTIONS,
  MEASURES,
  NETWORK_OPERATORS,
  OPERATORS,
  type OperatorName,
  PREDICATES,
  SELECTORS,
  type TermKind,
} from './vocabulary.ts';
import { MAX_IDENTITIES } from './windows.ts';

/**
 * The JSON Schema (2020-12) of a rule file, for editors and for `tocsin schema --rule`: made from the words that the
 * parsers read by. The parsers say more: what a schema cannot, such as whether a pattern compiles.
 */
export function ruleJsonSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tocsin rule',
    description:
      'A filter template with optional keys of ours. Write the words of filters in lower case here.',
    type: 'object',
    properties: {
      id: {
        type: 'string',
        minLength: 1,
        description: 'Unique; it names the rule in alerts, logs and metrics.',
      },
      source: { enum: FEEDS, default: 'malicious_events', description: 'The feed whose events are judged.' },
      filter: { ...ref('filter'), description: 'Which events match.' },
      ignore: { ...ref('filter'), description: 'Which of them do not count after all.' },
      success_filter: { ...ref('filter'), description: 'Without filter, a match; windows can count by it.' },
      failure_filter: { ...ref('filter'), description: 'Without filter, a match; windows can count by it.' },
      info: INFO,
      aggregation_rules: {
        type: ['array', 'null'],
        items: WINDOW,
        description: 'When matches become an alert.',
      },
      group_by: {
        ...oneOrMore({ enum: [...ALL_TERMS.keys()] }),
        description: 'Whose values share one alert.',
      },
      resolve_after: {
        type: 'string',
        pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
        description: 'Its alerts are over after so long without a match, such as 30m; 1m to 7d.',
      },
      runbook: { type: 'string', description: 'A link that alerts carry.' },
      yields: {
        type: 'boolean',
        default: false,
        description: 'Raises an alert only on events of which no other rule, at least as severe, raises one.',
      },
      tests: { type: ['array', 'null'], items: TEST, description: 'What tocsin test runs.' },
    },
    required: ['id'],
    anyOf: ['filter', 'success_filter', 'failure_filter'].map((key) => ({ type: 'object', required: [key] })),
    $defs: definitions(),
  };
}

function ref(name: string): JsonObject {
  return { $ref: `#/$defs/${name}` };
}

function oneOrMore(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: 'array', items: schema }] };
}

/** What stands under a word that takes conditions: a map, or a list of maps. */
function conditions(name: string): JsonObject {
  return { anyOf: [ref(name), { type: 'array', minItems: 1, items: ref(name) }] };
}

function object(properties: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, additionalProperties: false, ...more };
}

function each(words: readonly string[], schema: (word: string) => JsonObject): JsonObject {
  return Object.fromEntries(words.map((word) => [word, schema(word)]));
}

/** One definition for each place in a filter, because each place takes words of its own. */
function definitions(): JsonObject {
  const under = (name: string) => each(PREDICATES, () => conditions(name));
  const parts = each([...SELECTORS, ...MEASURES], () => conditions('in_part'));
  const networks = operators((operator) => NETWORK_OPERATORS.has(operator));
  const others = operators((operator) => !NETWORK_OPERATORS.has(operator));
  const collections = each(COLLECTIONS, () => conditions('in_collection'));
  const extract = { extract: { type: 'string', description: 'Binds what was found to a name.' } };
  const inTerm = { ...others, ...collections, ...parts, ...extract };
  const terms = Object.fromEntries([...ALL_TERMS].map(([term, kind]) => [term, conditions(placeIn(kind))]));
  const compared = { type: 'array', minItems: 2, maxItems: 2, items: { type: ['number', 'string'] } };
  return {
    filter: object({ ...under('filter'), ...terms, compare_greater: compared }),
    in_term: object({ ...under('in_term'), ...inTerm }),
    in_address: object({ ...under('in_address'), ...inTerm, ...networks }),
    in_network: object({ ...under('in_network'), ...networks }),
    in_collection: object({ ...under('in_collection'), ...parts }),
    in_part: object({ ...under('in_part'), ...others, ...extract }),
  };
}

function placeIn(kind: TermKind): string {
  if (kind === 'network') return 'in_network';
  return kind === 'address' ? 'in_address' : 'in_term';
}

function operators(takes: (operator: OperatorName) => boolean): JsonObject {
  const taken = OPERATORS.filter(takes);
  return Object.fromEntries(
    taken.map((operator) => [operator, { description: MEANINGS[operator], ...operandsOf(operator) }]),
  );
}

const NUMBERS: ReadonlySet<OperatorName> = new Set(['gt', 'gte', 'lt', 'lte']);
const FLAGS: ReadonlySet<OperatorName> = new Set(['contains_jwt', 'cookie_expire_filter']);

function operandsOf(operator: OperatorName): JsonObject {
  if (NETWORK_OPERATORS.has(operator)) return oneOrMore({ type: 'string', examples: ['10.0.0.0/8'] });
  if (operator === 'datatype') return oneOrMore(anyCaseOf([...DATATYPES]));
  if (FLAGS.has(operator)) return oneOrMore({ type: 'boolean' });
  return oneOrMore({ type: NUMBERS.has(operator) ? ['number', 'string'] : ['string', 'number', 'boolean'] });
}

const MEANINGS: Readonly<Record<OperatorName, string>> = {
  contains_either: 'Some of these is contained.',
  contains_all: 'All of these are contained.',
  not_contains: 'None of these is contained.',
  not_contains_either: 'At least one of these is not contained.',
  regex: 'Some of these patterns is found (as Java reads them).',
  regex_extract: 'Some of these patterns is found (as Java reads them).',
  eq: 'Equals the first of these.',
  neq: 'Differs from the first of these.',
  eq_obj: 'Holds the same leaves of JSON, in any order.',
  neq_obj: 'Does not hold the same leaves of JSON.',
  gt: 'Is greater than this number or severity.',
  gte: 'Is this number or severity, or greater.',
  lt: 'Is less than this number or severity.',
  lte: 'Is this number or severity, or less.',
  datatype: 'Is of this type.',
  contains_jwt: 'Holds a JSON Web Token (true), or none (false).',
  cookie_expire_filter: 'Sets a cookie that lasts sixty days or longer (true), or none (false).',
  contains_either_cidr: 'Is an address in some of these networks.',
  not_contains_cidr: 'Is no address in any of these networks.',
};

/** Read in any letter case; editors offer the words as given. */
function anyCaseOf(words: readonly string[]): JsonObject {
  const patterns = words.map((word) =>
    [...word].map((letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`).join(''),
  );
  return { anyOf: [{ enum: words }, { type: 'string', pattern: `^(?:${patterns.join('|')})$` }] };
}

const SEVERITY = anyCaseOf(SEVERITIES);

const INFO: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    description: { type: 'string' },
    severity: { ...SEVERITY, description: "Of its alerts; where absent, the event's own." },
    category: {
      anyOf: [{ type: 'string' }, { type: 'object', properties: { name: { type: 'string' } } }],
    },
    subCategory: { type: 'string' },
  },
};

function whole(maximum: number, description: string): JsonObject {
  return { type: 'integer', minimum: 1, maximum, description };
}

const WINDOW: JsonObject = {
  type: 'object',
  required: ['rule'],
  properties: {
    rule: {
      type: 'object',
      required: ['condition'],
      properties: {
        name: { type: 'string' },
        condition: {
          type: 'object',
          required: ['windowThreshold'],
          properties: {
            matchCount: whole(MAX_MATCH_COUNT, 'So many matches fire.'),
            windowThreshold: whole(MAX_WINDOW_MINUTES, 'Within so many minutes.'),
            incrementFilter: { enum: [...WINDOW_FILTERS, '', null] },
            thresholdBreachFilter: { enum: [...WINDOW_FILTERS, '', null] },
            distinctIdentifier: {
              type: ['object', 'null'],
              required: ['count', 'source', 'key'],
              properties: {
                count: whole(MAX_IDENTITIES, 'So many different values fire.'),
                source: { enum: DISTINCT_SOURCES },
                key: { type: 'string', minLength: 1 },
              },
            },
          },
        },
      },
    },
  },
};

const TEST: JsonObject = object(
  {
    name: { type: 'string', minLength: 1 },
    events: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        description: "In the feed's own keys, with exchange, at, repeat and also.",
        properties: {
          exchange: { type: 'object', description: 'A captured exchange instead of payload.' },
          at: { type: 'string', description: "When, from the test's start: 30s, 5m." },
          repeat: { type: 'integer', minimum: 1 },
          also: {
            type: 'object',
            description:
              'Other rules that raise an alert on it, each with its severity: for rules that yield.',
            additionalProperties: SEVERITY,
          },
        },
      },
    },
    expect: {
      anyOf: [
        { enum: ['silent', 'match'] },
        object(
          { alert: object({ severity: SEVERITY, count: { type: 'integer', minimum: 0 } }) },
          { required: ['alert'] },
        ),
      ],
    },
  },
  { required: ['name', 'events', 'expect'] },
);
