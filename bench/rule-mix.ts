import { Seeded } from './seeded.ts';

export type TextTerm = 'url' | 'query_param' | 'request_headers' | 'request_payload' | 'response_payload';

/** One condition, in a form that every contestant's own form can be made from. */
export type Clause =
  | { readonly kind: 'regex'; readonly term: TextTerm; readonly pattern: string }
  | { readonly kind: 'contains'; readonly term: TextTerm; readonly words: readonly string[] }
  | { readonly kind: 'header'; readonly name: string; readonly words: readonly string[] }
  | { readonly kind: 'header-regex'; readonly name: string; readonly pattern: string }
  | { readonly kind: 'leaf'; readonly key: string; readonly words: readonly string[] }
  | { readonly kind: 'network'; readonly networks: readonly string[] }
  | { readonly kind: 'code'; readonly from: number; readonly below: number }
  | { readonly kind: 'method'; readonly method: string };

/** A rule holds where any of its ways holds, and a way where all of its clauses do. */
export interface RuleSpec {
  readonly id: string;
  readonly ways: readonly (readonly Clause[])[];
  /** What an event carries that the rule is to find. */
  readonly bait: Bait;
}

export interface Bait {
  readonly url?: string;
  readonly header?: readonly [name: string, value: string];
  readonly leaf?: readonly [key: string, value: string];
  readonly response?: string;
  readonly ip?: string;
  readonly code?: number;
  readonly method?: string;
}

/** Patterns ignore case, as if `(?i)` stood before them; `A`, `B` and `C` are words of the rule's own. */
const POLICY_SHAPES = [
  ['(?:^|[^a-z0-9])(?:(?:\\.\\./)+A|/(?:B|C)/(?:etc|conf)/\\w+\\.(?:ini|log))(?:$|[^a-z0-9])', ' ../../A '],
  ['<\\s*(?:A|B)\\b[^>]{0,80}\\bon[a-z]+\\s*=\\s*["\']?C', '<A b onload=C'],
  ['\\bA\\s+(?:all\\s+)?B\\b.{0,60}\\bC\\b', 'A all B 1 from C'],
  ['\\b(?:A|B)\\s*\\(\\s*[\'"]?C', "A( 'C"],
  ['\\bhttps?://(?:A\\.example|B\\.test|C\\.internal)(?:/admin)?\\b', 'http://B.test/admin'],
  ['(?:;|\\||&&|\\$\\()\\s*(?:A|B|C)\\b(?:\\s+-\\w+)*', '; A -rf'],
  ['"\\$(?:A|B)"\\s*:\\s*[{\\["]?C', '"$A": {C'],
  ['\\bA(?:=|%3d)(?!B)[^&\\s]*C', 'A=1C'],
] as const;

const ERROR_SHAPES = [
  ['\\b(?:A|B)(?:\\.[\\w$]+)*\\.C(?:Exception|Error)\\b', 'A.core.CException'],
  ['\\b(?:A|B)-\\d{4,5}: .{1,80}C', 'A-01722: bad C'],
  ['(?:^|\\n)\\s*at A\\.B\\.C\\(', '\n   at A.B.C('],
] as const;

const BODY_TERMS = ['request_payload', 'query_param', 'request_headers'] as const;
const HEADERS = ['user-agent', 'referer', 'cookie', 'x-forwarded-host', 'authorization'] as const;
const LEAVES = ['name', 'comment', 'email', 'query', 'redirect', 'id'] as const;
const CODES = [400, 401, 403, 404, 500, 502] as const;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;

/** A mix as in production: policies over several texts, word lists, headers, bodies, networks, codes. */
export function ruleMix(count: number): readonly RuleSpec[] {
  const random = new Seeded(7);
  return Array.from({ length: count }, (_, i) => ({ id: `Bench${i}`, ...ruleOf(i % 20, random) }));
}

type Body = Omit<RuleSpec, 'id'>;

function ruleOf(slot: number, random: Seeded): Body {
  if (slot < 5) return policy(random);
  if (slot < 9) return wordList(random);
  if (slot < 12) return headerRule(random, slot % 2 === 0);
  if (slot < 15) return leafRule(random);
  if (slot < 17) return networkRule(random);
  return slot < 19 ? codeRule(random) : leakRule(random);
}

function shaped(shape: readonly [string, string], random: Seeded): { pattern: string; bait: string } {
  const words = [random.word(), random.word(), random.word()];
  const fill = (text: string): string =>
    text.replace(/(?<![\\A-Za-z])[ABC](?![A-Z])/g, (letter) => words['ABC'.indexOf(letter)] ?? letter);
  return { pattern: fill(shape[0]), bait: fill(shape[1]) };
}

function policy(random: Seeded): Body {
  const { pattern, bait } = shaped(random.pick(POLICY_SHAPES), random);
  return {
    ways: BODY_TERMS.map((term) => [{ kind: 'regex', term, pattern }]),
    bait: { header: ['x-note', bait] },
  };
}

function someWords(random: Seeded, count: number): readonly [string, ...string[]] {
  return [random.word(), ...Array.from({ length: count - 1 }, () => random.word())];
}

function wordList(random: Seeded): Body {
  const words = someWords(random, 3 + random.below(10));
  const ways: Clause[][] = [
    [{ kind: 'contains', term: 'url', words }],
    [{ kind: 'contains', term: 'request_payload', words }],
  ];
  return { ways, bait: { url: `/files/${random.pick(words)}` } };
}

function headerRule(random: Seeded, isRegex: boolean): Body {
  const name = random.pick(HEADERS);
  const words = someWords(random, 3);
  const clause: Clause = isRegex
    ? { kind: 'header-regex', name, pattern: `\\b(?:${words.join('|')})/\\d` }
    : { kind: 'header', name, words };
  return { ways: [[clause]], bait: { header: [name, `${words[0]}/1.2`] } };
}

function leafRule(random: Seeded): Body {
  const key = random.pick(LEAVES);
  const words = someWords(random, 4);
  return { ways: [[{ kind: 'leaf', key, words }]], bait: { leaf: [key, `about ${words[0]}`] } };
}

function networkRule(random: Seeded): Body {
  const prefixes = Array.from({ length: 4 + random.below(12) }, () => `203.${random.below(256)}`);
  const third = (): number => random.below(256);
  const networks = prefixes.map((prefix) => `${prefix}.${third()}.0/24`);
  return {
    ways: [[{ kind: 'network', networks }]],
    bait: { ip: (networks[0] ?? '').replace('0/24', '77') },
  };
}

function codeRule(random: Seeded): Body {
  const from = random.pick(CODES);
  const method = random.pick(METHODS);
  const words = someWords(random, 2);
  const way: Clause[] = [
    { kind: 'code', from, below: from + 1 + random.below(60) },
    { kind: 'method', method },
    { kind: 'contains', term: 'url', words },
  ];
  return { ways: [way], bait: { url: `/v1/${words[0]}`, code: from, method } };
}

function leakRule(random: Seeded): Body {
  const { pattern, bait } = shaped(random.pick(ERROR_SHAPES), random);
  return {
    ways: [
      [
        { kind: 'code', from: 400, below: 600 },
        { kind: 'regex', term: 'response_payload', pattern },
      ],
    ],
    bait: { response: bait, code: 500 },
  };
}

/** The rule as a template; JSON is YAML. */
export function templateOf({ id, ways }: RuleSpec): string {
  const filter = { or: ways.map((clauses) => ({ and: clauses.map(filterOf) })) };
  return JSON.stringify({ id, filter, info: { severity: 'HIGH' } });
}

function filterOf(clause: Clause): object {
  switch (clause.kind) {
    case 'regex':
      return { [clause.term]: { regex: [`(?i)${clause.pattern}`] } };
    case 'contains':
      return { [clause.term]: { contains_either: clause.words } };
    case 'header':
      return { request_headers: { for_one: keyed(clause.name, { contains_either: clause.words }) } };
    case 'header-regex':
      return { request_headers: { for_one: keyed(clause.name, { regex: [`(?i)${clause.pattern}`] }) } };
    case 'leaf':
      return { request_payload: { for_one: keyed(clause.key, { contains_either: clause.words }) } };
    case 'network':
      return { source_ip: { contains_either_cidr: clause.networks } };
    case 'code':
      return { response_code: { gte: clause.from, lt: clause.below } };
    case 'method':
      return { method: { eq: clause.method } };
  }
}

function keyed(key: string, value: object): object {
  return { key: { eq: key }, value };
}
