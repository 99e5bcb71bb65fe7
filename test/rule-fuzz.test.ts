import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import { referenceEvent } from '../src/demo/akto-simulator/index.ts';
import {
  compileRuleSet,
  coverRule,
  explainRule,
  parseRule,
  RULE_PROBLEM_CODES,
  runRuleTests,
  viewOf,
} from '../src/rules/index.ts';
import { passesOf } from './cpu-time.ts';
import { runs, SEED } from './seed.ts';

/** `TOCSIN_RUNS=50 TOCSIN_SEED=random npx vitest run test/rule-fuzz.test.ts` looks longer, and elsewhere. */
const RUNS = runs(2_000);
/** Far above what any case takes. */
const MOST_PASSES = 1_000;

const rowsOf = (file: string): readonly JsonObject[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
    .filter(isJsonObject);

const TAIL = `ignore: { method: { eq: PUT } }
info: { name: A, severity: HIGH, category: { name: B } }
aggregation_rules: [{ rule: { name: n, condition: { matchCount: 2, windowThreshold: 5, distinctIdentifier: { count: 2, source: request_payload, key: a } } } }]
tests: [{ name: t, events: [{ exchange: { path: "/?a=b", statusCode: 500 }, at: 30s, repeat: 2 }], expect: { alert: { count: 1 } } }]
`;
const small = rowsOf('test/fixtures/rules/filters.jsonl').map(
  ({ filter }) => `id: A\nfilter:\n  ${filter}\n${TAIL}`,
);
const whole = readdirSync('rules').map((name) => readFileSync(`rules/${name}`, 'utf8'));
const payloads = [
  String(referenceEvent['payload']),
  ...rowsOf('test/fixtures/payload/cases.jsonl').map(({ text }) => String(text)),
  '{"path":"/a?b=c&d=%41","method":"GET","requestHeaders":{"cookie":"a=b; c=d","x-forwarded-for":"1.2.3.4"},"requestPayload":"{\\"a\\":[1,{\\"b\\":null}]}","statusCode":200}',
];
const TOKENS = [
  ...[
    '\n',
    '\t',
    ':',
    ': ',
    '- ',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '<<: *a',
    '!x ',
    '|',
    '#',
    '? ',
    '%',
  ],
  ...[
    '\u0000',
    '\uFEFF',
    '\r\n',
    '\ud800',
    '\u202e',
    '${a}',
    '---\n',
    '...\n',
    'null',
    '~',
    '1e999',
    '-0',
    '0x1',
    '99999999999',
  ],
  ...[
    '__proto__',
    'constructor',
    'for_one',
    'for_all',
    'key',
    'value',
    'length',
    'extract',
    'regex',
    'or',
    'and',
    'eq',
  ],
  ...[
    '(?i)',
    '(a+)+',
    '\\1',
    '(?<=',
    '[[',
    '{1000}',
    '(',
    '\\Q',
    '10.0.0.0/33',
    '::/0',
    'request_payload',
    'query_param',
  ],
];

/** Mulberry32: the same cases for the same seed, everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % Math.max(1, below);
  };
}

type Pick = (below: number) => number;
const oneOf = <T>(list: readonly T[], pick: Pick): T =>
  list[pick(list.length)] ?? expect.fail('an empty list');

function mutated(text: string, pick: Pick): string {
  let result = text;
  for (let left = pick(4); left > 0; left -= 1) {
    const at = pick(result.length + 1);
    const kind = pick(5);
    const rest = result.slice(at);
    if (kind === 0) result = result.slice(0, at) + rest.slice(pick(30));
    else if (kind === 1) result = result.slice(0, at) + rest.slice(0, pick(60)) + rest;
    else if (kind === 2) result = result.slice(0, at) + String.fromCharCode(pick(0x2100)) + rest.slice(1);
    else result = result.slice(0, at) + oneOf(TOKENS, pick) + rest.slice(kind === 3 ? pick(8) : 0);
  }
  return result;
}

/** @returns whether the mutated rule could still run */
function lookAt(text: string, payload: string): boolean {
  const { rule, problems, origins } = parseRule(text, 'rules/a.yaml');
  expect(rule === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
  for (const { code, line, column, message } of problems) {
    expect(RULE_PROBLEM_CODES).toContain(code);
    expect(Math.min(line ?? 0, column ?? 0)).toBeGreaterThan(0);
    expect(message.length).toBeLessThan(1_000);
  }
  if (rule === undefined) return false;
  const event = { payload, actor: '203.0.113.9' };
  compileRuleSet([rule]).match(viewOf(event));
  explainRule(rule, viewOf(event), origins);
  runRuleTests(rule);
  coverRule(rule);
  return true;
}

it(`${RUNS} mutated rule files and payloads: each has a verdict, in bounded time, and none throws`, () => {
  const pick = randomFrom(SEED.seed);
  let ran = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const text = mutated(pick(100) === 0 ? oneOf(whole, pick) : oneOf(small, pick), pick);
    const payload = mutated(oneOf(payloads, pick), pick);
    let hasRun = false;
    let passes = 0;
    try {
      passes = passesOf(() => {
        hasRun = lookAt(text, payload);
      }, MOST_PASSES);
    } catch (error) {
      throw new Error(`case ${run}: ${JSON.stringify({ text, payload })}`, { cause: error });
    }
    if (hasRun) ran += 1;
    if (passes >= MOST_PASSES)
      throw new Error(`case ${run} takes ${passes} passes: ${JSON.stringify({ text, payload })}`);
  }
  process.stdout.write(`rule fuzz: ${RUNS} cases, ${ran} of them rules that still ran, none threw\n`);
  expect(ran).toBeGreaterThan(RUNS / 20);
}, 3_600_000);
