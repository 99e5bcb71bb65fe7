import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/json.ts';
import { makeEvents, referenceEvent } from '../src/demo/akto-simulator/index.ts';
import { compilePattern } from '../src/regex/index.ts';
import type { Filter } from '../src/rules/filter-tree.ts';
import {
  compileRuleSet,
  type EventView,
  parseRules,
  runRuleTests,
  viewOf,
  yieldsAmong,
} from '../src/rules/index.ts';

const FOLDER = 'rules/';
const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ file: FOLDER + name, text: readFileSync(FOLDER + name, 'utf8') }));
const { rules, problems } = parseRules(files);
const pack = compileRuleSet(rules);

/** Which rules an event of the feed matches; every event with an actor and a country is new-country's too. */
function matched(event: JsonObject): string[] {
  const { matches, failures } = pack.match(viewOf(event));
  expect(failures).toEqual([]);
  return matches.map(({ rule }) => rule.id).filter((id) => id !== 'new-country');
}

describe('the pack', () => {
  it('parses without a problem', () => {
    expect(problems).toEqual([]);
    expect(rules.map(({ id }) => `${FOLDER}${id}.yaml`)).toEqual(files.map(({ file }) => file));
  });

  it('compiles each pattern to one that takes time in proportion to its text', () => {
    const patterns = rules.flatMap(({ filter }) => expressionsIn(filter).map(({ pattern }) => pattern));
    expect(patterns.length).toBeGreaterThan(100);
    expect(patterns.filter((pattern) => !compilePattern(pattern).linear)).toEqual([]);
  });
});

interface Expression {
  readonly term: string;
  readonly aspect: string;
  readonly pattern: string;
}

/** Every pattern of a filter, and what it looks at. */
function expressionsIn(filter: Filter | undefined): Expression[] {
  if (filter === undefined) return [];
  if ('children' in filter) return filter.children.flatMap(expressionsIn);
  if (filter.kind !== 'condition' || filter.operator !== 'regex') return [];
  const { term, aspect } = filter;
  return filter.operands.map((pattern) => ({ term, aspect, pattern: String(pattern) }));
}

function textsAt(view: EventView, term: string, aspect: string): string[] {
  const fields = view.fields?.(term);
  if (aspect === 'key') return [...(fields?.keys ?? [])];
  const data = aspect === 'value' ? (fields?.values ?? []) : [view.get(term)];
  return data.filter((datum) => typeof datum === 'string');
}

/** Its alerts are as severe as the feed says, so that what the feed calls CRITICAL stays so. */
const FEEDS_SEVERITY = 'vendor-high-severity';

describe('rules of the pack that meet on one event', () => {
  const yielding = (raw: JsonObject) => {
    const { matches } = pack.match(viewOf(raw, 'malicious_events'));
    return {
      rules: matches.map(({ rule }) => rule.id).sort(),
      yields: Object.fromEntries(yieldsAmong(matches)),
    };
  };
  const exchange = { method: 'GET', path: "/products?id=1'%20OR%20'1'='1", statusCode: 403 };

  it('leave one SQL injection, which the feed calls HIGH and a tool sends, to the rule for that', () => {
    const payload = { ...exchange, requestHeaders: { 'user-agent': 'sqlmap/1.8' } };
    expect(yielding({ actor: '203.0.113.9', filterId: 'SQLInjection', severity: 'HIGH', payload })).toEqual({
      rules: ['client-error-burst', 'scanner-user-agent', 'sql-injection', 'vendor-high-severity'],
      yields: {
        'client-error-burst': ['sql-injection'],
        'scanner-user-agent': ['sql-injection'],
        'vendor-high-severity': ['sql-injection'],
      },
    });
  });

  it('keep what the feed calls CRITICAL where no rule here is as severe', () => {
    const { yields } = yielding({
      actor: '203.0.113.9',
      filterId: 'X',
      severity: 'CRITICAL',
      payload: exchange,
    });
    expect(yields).not.toHaveProperty('vendor-high-severity');
  });

  it('never yield to each other', () => {
    const payload = { method: 'GET', path: '/.env', requestHeaders: { 'user-agent': 'zgrab' } };
    expect(yielding({ payload })).toMatchObject({
      rules: ['scanner-user-agent', 'sensitive-path'],
      yields: { 'sensitive-path': ['scanner-user-agent'] },
    });
  });
});

describe.each(rules)('$id', (rule) => {
  it('says what it is and what to do', () => {
    expect(rule.info.name).toBeTruthy();
    expect(rule.info.description).toContain('What to do:');
    expect(rule.info.category).toBeTruthy();
    expect(rule.info.subCategory).toBeTruthy();
    if (rule.id !== FEEDS_SEVERITY) expect(rule.severity).toBeTruthy();
    expect(rule.groupBy).not.toEqual([]);
  });

  it('has a test that fires and one that stays silent', () => {
    const silent = rule.tests.filter(({ expect: { count } }) => count === 0);
    expect(silent).not.toEqual([]);
    expect(rule.tests.length).toBeGreaterThan(silent.length);
  });

  it('has a test for each of its patterns', () => {
    const firing = rule.tests.filter(({ expect: { count } }) => count !== 0);
    const views = firing.flatMap(({ events }) => events.map(({ raw }) => viewOf(raw, rule.feed)));
    const places = Map.groupBy(expressionsIn(rule.filter), ({ pattern }) => pattern);
    const idle = [...places].filter(([pattern, expressions]) => {
      const { test } = compilePattern(pattern);
      return !expressions.some(({ term, aspect }) =>
        views.some((view) => textsAt(view, term, aspect).some((text) => test(text))),
      );
    });
    expect(idle.map(([pattern]) => pattern)).toEqual([]);
  });

  it('passes its own tests', () => {
    expect(runRuleTests(rule).filter(({ passed }) => !passed)).toEqual([]);
  });
});

it("the vendor's reference event is a scanner's", () => {
  expect(matched(referenceEvent)).toEqual(['scanner-user-agent']);
});

describe('attacks as the demo makes them', () => {
  const made = makeEvents(7, 2_000, { fromS: 1_780_000_000, toS: 1_780_086_400 });

  it.each([
    ['SQLInjection', 'sql-injection'],
    ['XSS', 'cross-site-scripting'],
    ['OSCommandInjection', 'os-command-injection'],
    ['LocalFileInclusionLFIRFI', 'path-traversal'],
    ['SSRF', 'server-side-request-forgery'],
    ['NoSQLInjection', 'nosql-injection'],
    ['SecurityMisconfig', 'sensitive-path'],
    ['High4XXAlertFilter', 'login-brute-force'],
  ])('%s is seen by %s', (filterId, rule) => {
    const events = made.filter((event) => event['filterId'] === filterId && event['payload'] !== '');
    expect(events.length).toBeGreaterThan(10);
    expect(events.filter((event) => !matched(event).includes(rule))).toEqual([]);
  });
});

describe('an ordinary day', () => {
  const browser = {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    accept: 'text/html,*/*;q=0.8',
    cookie: 'sid=8f2; theme=dark; a="b"',
  };
  const json = (path: string, body: object): JsonObject => ({
    method: 'POST',
    path,
    requestPayload: JSON.stringify(body),
    statusCode: 201,
  });
  const get = (path: string, statusCode = 200): JsonObject => ({ method: 'GET', path, statusCode });

  it.each<JsonObject>([
    get('/'),
    get('/search?q=rock+%27n%27+roll&sort=price%20desc&page=2'),
    get("/search?q=men's+shoes+and+socks&size=9-10"),
    get('/products?filter[color]=red&filter[size][]=m&order=name'),
    get('/redirect?to=https%3A%2F%2Fwww.example.com%2Fa%3Fb%3Dc%26d%3De'),
    get('/files/2026/report..final.pdf'),
    get('/.well-known/openid-configuration'),
    get('/api/v1/users/4711/orders?select=id,total&from=2026-01-01'),
    get('/old-page', 404),
    get('/me', 401),
    json('/comments', {
      text: 'Select one or more; update your "profile" -- then drop me a line & be happy | sad',
    }),
    json('/comments', { text: 'Use <b>bold</b> & <i>italic</i>; 3 < 4 and 5 > 4. Cost: $5 {approx} (50%)' }),
    json('/comments', {
      text: 'On Linux: open a terminal; the ls and cat commands list and show files, sleep 8h',
    }),
    json('/markdown', {
      text: '# Title\n\n| id | host | env |\n|---|---|---|\n| 1 | web | prod |\n\n`code` and `id`\n',
    }),
    json('/graphql', {
      query: 'query Q($id: ID!, $in: [Int]) { user(id: $id) { id name orders(first: 10) { total } } }',
    }),
    json('/mail', {
      subject: 'Hi {{first_name}}',
      body: 'Your code is {{code}} ($5). Union members: select a delegate.',
    }),
    json('/profile', {
      name: "D'Angelo O'Neil-Smith",
      bio: "It's 'fine' or not; = is a sign",
      website: 'https://example.org/',
    }),
    json('/config', {
      path: '../shared/logo.png',
      home: '/home/app',
      script: 'main.js',
      env: 'prod',
      file: 'etc.txt',
    }),
    json('/login', { email: 'a@example.com', password: `x' y"z;#-1=1` }),
    json('/events', { name: 'click', onClick: 'open', onload: 12, script: 'analytics', time: 1_790_000_000 }),
    {
      method: 'POST',
      path: '/form',
      requestPayload: 'name=Ann+%26+Bob&note=50%25+off%21&id=7&or=1',
      statusCode: 200,
    },
    {
      method: 'POST',
      path: '/soap',
      requestPayload: '<?xml version="1.0"?><a:Envelope xmlns:a="urn:x"/>',
      statusCode: 200,
    },
  ])('$method $path $requestPayload', (exchange) => {
    expect(matched({ requestHeaders: browser, ...exchange })).toEqual(
      exchange['statusCode'] === 404 ? ['client-error-burst'] : [],
    );
  });
});
