import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import { compileRuleSet, parseRule, type Rule, type RuleSet, viewOf } from '../src/rules/index.ts';
import { handWrittenLoop, jsonRulesEngine, type Rival } from './rivals.ts';
import { type RuleSpec, ruleMix, templateOf } from './rule-mix.ts';
import { traffic } from './traffic.ts';

/*
 * `npm run bench -- match`: what judging an event costs, beside what others take for the same rules and events, in one
 * run on one machine. Every figure is µs per event, the best of several rounds; an event's payload is decoded anew in each.
 */

const SIZES = [1, 10, 100, 1_000, 5_000] as const;
const EVENTS = 400;
const MEASURE_MS = 1_500;
/** They take longer; the first rounds warm them up. */
const RIVAL_ROUNDS = 6;

interface Figure {
  readonly name: string;
  readonly rules: number;
  readonly microseconds: number;
  readonly compileMs?: number;
  readonly bytesPerRule?: number;
  /** Of EVENTS events, those on which some rule holds. */
  readonly matched?: number;
}

interface Goal {
  readonly what: string;
  readonly value: number;
  readonly goal: number;
  readonly met: boolean;
}

function parsed(texts: readonly string[]): readonly JsonObject[] {
  return texts.map((text) => {
    const event: unknown = JSON.parse(text);
    return isJsonObject(event) ? event : {};
  });
}

/** µs per event of the best round of all events: others' work on the machine only ever adds. */
function measure<T>(prepare: () => readonly T[], judge: (item: T) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + MEASURE_MS;
  while (performance.now() < end) {
    const items = prepare();
    const start = performance.now();
    for (const item of items) judge(item);
    best = Math.min(best, ((performance.now() - start) * 1_000) / items.length);
  }
  return best;
}

function ruleOf(spec: RuleSpec): Rule {
  const { rule, problems } = parseRule(templateOf(spec));
  if (rule === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return rule;
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heldBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function tocsin(specs: readonly RuleSpec[], texts: readonly string[]): Figure {
  const rules = specs.map(ruleOf);
  const before = heldBytes();
  const start = performance.now();
  const set = compileRuleSet(rules);
  const compileMs = performance.now() - start;
  const microseconds = measure(
    () => parsed(texts),
    (event) => set.match(viewOf(event, 'malicious_events')),
  );
  // After all events: what patterns remember of texts counts as theirs.
  const bytesPerRule = Math.max(0, heldBytes() - before) / rules.length;
  const matched = parsed(texts).filter((event) => matchedIds(set, event).length > 0).length;
  return { name: 'tocsin', rules: rules.length, microseconds, compileMs, bytesPerRule, matched };
}

function matchedIds(set: RuleSet, event: JsonObject): readonly string[] {
  return set.match(viewOf(event, 'malicious_events')).matches.map(({ rule }) => rule.id);
}

async function rivalFigure(
  name: string,
  rival: Rival,
  rules: number,
  texts: readonly string[],
): Promise<Figure> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < RIVAL_ROUNDS; round += 1) {
    const events = parsed(texts);
    const start = performance.now();
    for (const event of events) await rival.match(event);
    best = Math.min(best, ((performance.now() - start) * 1_000) / events.length);
  }
  return { name, rules, microseconds: best };
}

/** A race between contestants that do not do the same work is none. */
async function assertSameVerdicts(
  set: RuleSet,
  rivals: readonly Rival[],
  texts: readonly string[],
): Promise<void> {
  for (const event of parsed(texts)) {
    const ours = matchedIds(set, event).toSorted().join();
    for (const rival of rivals) {
      const theirs = [...(await rival.match(event))].toSorted().join();
      if (ours !== theirs)
        throw new Error(`verdicts differ on ${String(event['id'])}: ${ours} here, ${theirs} there`);
    }
  }
}

async function rivalFigures(
  specs: readonly RuleSpec[],
  texts: readonly string[],
): Promise<readonly Figure[]> {
  const loop = handWrittenLoop(specs);
  const engine = jsonRulesEngine(specs);
  const few = texts.slice(40, 60);
  await assertSameVerdicts(compileRuleSet(specs.map(ruleOf)), [loop, engine], few);
  return [
    await rivalFigure('hand-written loop', loop, specs.length, texts.slice(0, 100)),
    await rivalFigure('json-rules-engine', engine, specs.length, few),
  ];
}

function goals(figures: readonly Figure[]): readonly Goal[] {
  const of = (name: string, rules: number): Figure => {
    const figure = figures.find((one) => one.name === name && one.rules === rules);
    if (figure === undefined) throw new Error(`${name} with ${rules} rules was not measured`);
    return figure;
  };
  const cost = (name: string, rules: number): number => of(name, rules).microseconds;
  const thousand = of('tocsin', 1_000);
  const atMost = (what: string, value: number, goal: number): Goal => ({
    what,
    value,
    goal,
    met: value <= goal,
  });
  const atLeast = (what: string, value: number, goal: number): Goal => ({
    what,
    value,
    goal,
    met: value >= goal,
  });
  const ours = thousand.microseconds;
  return [
    atMost('1,000 rules / JSON.parse of the event, at most', ours / cost('JSON.parse', 0), 6),
    atMost('1,000 rules / 10 rules, at most', ours / cost('tocsin', 10), 3),
    atLeast('hand-written loop / 1,000 rules, at least', cost('hand-written loop', 1_000) / ours, 20),
    atLeast('json-rules-engine / 1,000 rules, at least', cost('json-rules-engine', 1_000) / ours, 100),
    atMost('compiling 1,000 rules, seconds, at most', (thousand.compileMs ?? 0) / 1_000, 1),
    atMost('memory per rule of 1,000, KB, at most', (thousand.bytesPerRule ?? 0) / 1_024, 20),
  ];
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(13))).join('');
}

function row({ name, rules, microseconds, compileMs, bytesPerRule, matched }: Figure): string {
  const kilobytes = bytesPerRule === undefined ? undefined : bytesPerRule / 1_024;
  const cells = [microseconds, 1e6 / microseconds, compileMs, kilobytes].map(
    (n) => n?.toFixed(n < 100 ? 1 : 0) ?? '',
  );
  return line([name, String(rules), ...cells, matched === undefined ? '' : String(matched)]);
}

function print(figures: readonly Figure[], reached: readonly Goal[], eventBytes: number): void {
  console.log(`${EVENTS} events of ${Math.round(eventBytes)} bytes, Node ${process.version}\n`);
  console.log(line(['', 'rules', 'µs/event', 'events/s', 'compile ms', 'KB/rule', 'matched']));
  for (const figure of figures) console.log(row(figure));
  console.log('');
  for (const { what, value, goal, met } of reached)
    console.log(`${met ? 'met   ' : 'MISSED'} ${what} ${goal}: ${value.toFixed(2)}`);
  console.log(`\n${JSON.stringify({ node: process.version, eventBytes, figures, goals: reached })}`);
}

async function main(): Promise<void> {
  const specs = ruleMix(5_000);
  const texts = traffic(EVENTS, specs.slice(0, 1_000));
  const parse: Figure = {
    name: 'JSON.parse',
    rules: 0,
    microseconds: measure(
      () => texts,
      (text) => JSON.parse(text),
    ),
  };
  const ours = SIZES.map((size) => tocsin(specs.slice(0, size), texts));
  const figures = [parse, ...ours, ...(await rivalFigures(specs.slice(0, 1_000), texts))];
  print(figures, goals(figures), texts.reduce((sum, text) => sum + text.length, 0) / texts.length);
}

await main();
