import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { compileRuleSet, parseRule, type Rule, viewOf } from './index.ts';

/** About ten times the worst of them, the parsing of its payload included. */
const MOST_PASSES = 300;
const MB = 1_000_000;
const POLICIES = '../shared/policies';

function rulesIn(folder: string): readonly Rule[] {
  if (!existsSync(folder)) {
    process.stdout.write(`SKIPPED the published policies: ${folder} is not here\n`);
    return [];
  }
  return readdirSync(folder).flatMap((file) => {
    const { rule } = parseRule(readFileSync(`${folder}/${file}`, 'utf8'));
    return rule ? [{ ...rule, feed: 'malicious_events' as const }] : [];
  });
}

function filled(piece: string): string {
  return piece.repeat(Math.ceil(MB / piece.length)).slice(0, MB);
}

/** The same on every run: characters as if drawn from a hat. */
function mixed(alphabet: string): string {
  let state = 1;
  const letters = Array.from({ length: MB }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return alphabet[Math.floor((state / 2 ** 32) * alphabet.length)] ?? '';
  });
  return letters.join('');
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const texts: Readonly<Record<string, string>> = {
  'line feeds': filled('\n'),
  "'or'or": filled("'or'"),
  '<<<<': filled('<'),
  '((((': filled('('),
  ';;;;': filled(';'),
  '../../': filled('../'),
  'base64, the same again and again': filled(`${BASE64.slice(7)}${BASE64.slice(0, 9)}`),
  'open tags': filled('<script onload='),
  'SQL words': filled('union select '),
  'stack frames': filled('\tat java.'),
  'shell words': filled(';sleep 1 '),
  'many leaves': `{"a":[${'"or 1=1",'.repeat(49_000)}1]}`,
  'many keys': `{${Array.from({ length: 40_000 }, (_, i) => `"k${i}":"v${i}"`).join()}}`,
  'escaped letters': `["${'\\u0041'.repeat(MB / 6)}"]`,
  'encoded blanks': filled('%27%20or%20'),
  'no ASCII': filled('é'),
};
/** So varied that several patterns keep computing: what is over the budget must be said. */
const costly: Readonly<Record<string, string>> = {
  'base64 at random': mixed(BASE64),
  'what attacks are made of': mixed('<>\'"();|&$ {}[]=/\\.-#%oran \n'),
};

const rules = [...rulesIn('rules'), ...rulesIn(POLICIES)];
const set = compileRuleSet(rules);

/** The rules without a verdict. Each judging is of a view of its own, as a view keeps what it has read. */
function failedOf(text: string): readonly string[] {
  const view = viewOf(
    { path: '/x', method: 'POST', requestPayload: text, statusCode: 500 },
    'malicious_events',
  );
  return set.match(view).failures.map(({ rule, reason }) => `${rule.id}: ${reason}`);
}

describe('a megabyte and the rules we publish', () => {
  it.each(Object.entries(texts))('%s: judged in full', (_name, text) => {
    expect(passesOf(() => failedOf(text), MOST_PASSES)).toBeLessThan(MOST_PASSES);
    expect(failedOf(text)).toEqual([]);
  });

  it.each(Object.entries(costly))('%s: judged, or it is said which rules are not', (_name, text) => {
    expect(passesOf(() => failedOf(text), MOST_PASSES)).toBeLessThan(MOST_PASSES);
    for (const reason of failedOf(text))
      expect(reason).toMatch(/needs too many steps|more .+ than may be looked at/);
  });
});

describe('a thousand rules whose words are all there', () => {
  it('cost one event no more than its share', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => {
      const { rule } = parseRule(
        `id: M${i}\nfilter: {request_payload: {regex: "(?i)needle${i}x[^<]*<b", contains_all: [needle${i}x, hay${i}y]}}\n`,
      );
      if (rule === undefined) throw new Error('the rule does not parse');
      return rule;
    });
    const words = Array.from({ length: 1_000 }, (_, i) => `needle${i}x hay${i}y `).join('');
    const crowded = compileRuleSet(many);
    const requestPayload = filled(words);
    const judge = () => crowded.match(viewOf({ path: '/', requestPayload }, 'malicious_events'));
    expect(passesOf(judge, 5 * MOST_PASSES)).toBeLessThan(5 * MOST_PASSES);
    const { matches, failures } = judge();
    expect(matches).toEqual([]);
    expect(failures.length).toBeGreaterThan(0);
  });
});
