import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import { loadSetup } from '../../src/app/load.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { formatProblem } from '../../src/core/problem.ts';
import {
  type AktoSimulator,
  referenceEvent,
  seededRandom,
  startAktoSimulator,
} from '../../src/demo/akto-simulator/index.ts';
import { type PagerDuty, startPagerDuty } from '../contract/webhook-stands.ts';
import { recordedTelemetry } from './bench.ts';
import { API_KEY, ruleFor } from './running.ts';

const ROUTING_KEY = 'r'.repeat(32);
/** A minute passes in a second, so that nobody waits for `resolve_after`. */
const TIMES_FASTER = 60;

const STARTED_MS = systemClock.now();
const fast: Clock = {
  now: () => Math.floor(STARTED_MS + (systemClock.now() - STARTED_MS) * TIMES_FASTER),
  sleep: (ms, signal) => systemClock.sleep(ms / TIMES_FASTER, signal),
};

let feed: AktoSimulator;
let pager: PagerDuty;
let daemon: Daemon;
let folder: string;

const config = (feeds: string) => `
sources:
  - { name: akto, type: akto, url: "${feed.url}", api_key: ${API_KEY}, schedule: "* * * * * *", feeds: [${feeds}] }
destinations:
  - { name: pager, type: webhook, url: "${pager.origin}", format: pagerduty, routing_key: "${ROUTING_KEY}" }
routes:
  - { name: attacks, when: { rule: { eq: rule-SQLi } }, to: [pager], group_by: [rule], group_wait: 1s, group_interval: 1m, repeat_interval: 6m }
alerts: { resolve_after: 3m }
store: sqlite:./tocsin.db
server: { listen: "127.0.0.1:0" }
`;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-blind-'));
  mkdirSync(join(folder, 'rules'));
  feed = await startAktoSimulator({ apiKey: API_KEY });
  pager = await startPagerDuty(ROUTING_KEY);
  writeFileSync(join(folder, 'config.yaml'), config('malicious_events'));
  writeFileSync(join(folder, 'rules', 'a.yaml'), ruleFor('SQLi'));
  const place = { file: join(folder, 'config.yaml'), cwd: folder, env: {} };
  const { setup, problems } = loadSetup(place);
  if (setup === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  const { telemetry } = recordedTelemetry();
  daemon = await startDaemon({ place, setup, telemetry, clock: fast, random: seededRandom(1) });
});
afterEach(async () => {
  await daemon.stop();
  await Promise.all([feed.close(), pager.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const attack = (id: string): void => {
  const timestamp = Math.floor(fast.now() / 1_000);
  feed.add([{ ...referenceEvent, id, filterId: 'SQLi', timestamp }]);
};

async function until<T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 20) {
    const found = await find();
    if (found !== undefined) return found;
    await systemClock.sleep(20);
  }
  throw new Error(`nobody saw ${what}`);
}

const actions = () => pager.events.map((event) => event['event_action']);
const alertIn = (event: JsonObject | undefined): JsonObject => {
  const payload = event?.['payload'];
  const details = isJsonObject(payload) ? payload['custom_details'] : undefined;
  const alerts = isJsonObject(details) ? details['alerts'] : undefined;
  const [first] = Array.isArray(alerts) ? alerts : [];
  return isJsonObject(first) ? first : {};
};
const told = (action: string, of: (alert: JsonObject) => boolean = () => true) =>
  until(`a ${action}`, () =>
    pager.events.find((each) => each['event_action'] === action && of(alertIn(each))),
  );
const stored = async () => (await daemon.store.listAlerts({ limit: 1 }))[0];

const DOWN = { kind: 'status', status: 503, page: 'down' } as const;

/** The attack is paged for; then its feed answers 503 for longer than `resolve_after`, until a reminder says so. */
async function goBlind(): Promise<JsonObject> {
  attack('first');
  await told('trigger');
  feed.setHazards({ answer: DOWN });
  return told('trigger', (alert) => alert['blind'] !== undefined);
}

describe('a feed that answers 503 for longer than resolve_after, in an attack', () => {
  it('ends nothing at the pager, and what is told says since when nobody can see', async () => {
    const reminder = await goBlind();
    expect(actions()).not.toContain('resolve');
    expect([...pager.incidents.values()]).toEqual(['triggered']);
    expect(alertIn(reminder)).toMatchObject({ state: 'open', blind: { reason: 'failing' } });
    expect(JSON.stringify(reminder)).toMatch(
      /last seen \d{4}-\d\d-\d\d \d\d:\d\d, feed down since (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC/,
    );
    const matchedMs = (await stored())?.matchedAtMs ?? 0;
    expect(fast.now() - matchedMs).toBeGreaterThan(3 * 60_000);
  });

  it('makes no second page where the attack goes on behind it, and its end is told once', async () => {
    await goBlind();
    attack('second');
    feed.setHazards({ answer: undefined });
    await until('the second match', async () => ((await stored())?.count === 2 ? true : undefined));
    expect(await stored()).toMatchObject({ state: 'open', episode: 1 });
    await told('resolve');
    expect(pager.incidents.size).toBe(1);
    expect(actions().filter((action) => action === 'resolve')).toHaveLength(1);
  });

  it('tells of the end within moments of its return where the attack does not go on', async () => {
    await goBlind();
    const backMs = fast.now();
    feed.setHazards({ answer: undefined });
    const end = await told('resolve');
    expect(JSON.stringify(end)).toContain('(over)');
    const { resolvedBecause, resolvedAtMs = 0 } = (await stored()) ?? {};
    expect(resolvedBecause).toBe('quiet');
    expect(resolvedAtMs).toBeGreaterThanOrEqual(backMs);
  });
});

describe('alerts of what a reload takes away', () => {
  it.each([
    ['their feed', () => writeFileSync(join(folder, 'config.yaml'), config('threat_actors'))],
    ['their rule', () => writeFileSync(join(folder, 'rules', 'a.yaml'), ruleFor('Other'))],
  ])('end with %s, at once, and say that they are no longer watched', async (_, take) => {
    attack('first');
    await told('trigger');
    take();
    expect(await daemon.reload()).toEqual([]);
    const end = await told('resolve');
    expect(JSON.stringify(end)).toContain('(no longer watched)');
    expect(await stored()).toMatchObject({ state: 'resolved', resolvedBecause: 'unwatched' });
    expect([...pager.incidents.values()]).toEqual(['resolved']);
  });
});
