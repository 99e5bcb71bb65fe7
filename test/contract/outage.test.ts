import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { type Bench, createBench, event } from '../pipeline/bench.ts';
import { START_MS } from '../pipeline/manual-clock.ts';
import { type Everywhere, everywhere } from './everywhere.ts';

const MINUTE_MS = 60_000;

let bench: Bench;
let all: Everywhere;
beforeEach(async () => {
  bench = createBench();
  all = await everywhere(bench);
});
afterEach(async () => {
  await all.close();
  await bench.close();
});

/** Each a second after the other, half of them of each rule; every minute has actors of its own, so that groups grow. */
const attacks = (count: number, from: number, minute: number): readonly Event[] =>
  Array.from({ length: count }, (_, index) => {
    const filterId = index % 2 === 0 ? 'Attack' : 'Probe';
    const raw = { filterId, actor: `203.0.${minute}.${index % 4}` };
    return event(`e${String(from + index).padStart(5, '0')}`, raw, minute * 60 + index);
  });

interface Page {
  readonly group: string;
  readonly action: string;
  /** `alert/GROUP/OPENED/NUMBER` */
  readonly id: string;
  readonly newCount: number;
}

/** An end has no details: it is told by the key of what it ends. */
const pages = (): readonly Page[] =>
  all.pager().map((event) => {
    const { id, new_count: newCount = 0 } = Object(Object(event['payload']).custom_details);
    const [group, action] = [String(event['dedup_key']), String(event['event_action'])];
    return {
      group,
      action,
      id: id === undefined ? `${group}/${action}` : String(id),
      newCount: Number(newCount),
    };
  });

it('an outage of half an hour of every destination: all is delivered after, once, in order, and people read a summary', async () => {
  const sent: Event[] = [];
  const take = async (minute: number): Promise<void> => {
    const events = attacks(10, sent.length, minute);
    sent.push(...events);
    await all.take(events);
  };
  await take(0);
  await all.runUntil(START_MS + MINUTE_MS);
  const told = { slack: all.slack().length, pages: pages().length };
  expect(told).toEqual({ slack: 2, pages: 2 });

  all.away(true);
  for (let minute = 1; minute <= 30; minute += 1) {
    await take(minute);
    await all.runUntil(START_MS + (minute + 1) * MINUTE_MS);
  }
  expect({ slack: all.slack().length, pages: pages().length }, 'nothing came through').toEqual(told);
  for (const arrived of Object.values(all.arrivals).slice(0, 3)) expect(arrived()).toHaveLength(10);

  all.away(false);
  await all.drain();
  const ids = sent.map(({ id }) => id);
  for (const [name, arrived] of Object.entries(all.arrivals)) {
    expect(arrived().toSorted(), `${name}: all of them, each once`).toEqual(ids.toSorted());
    const before = ids.slice(0, 10);
    const [tried = '', ...after] = arrived().slice(10);
    expect(arrived().slice(0, 10)).toEqual(before);
    expect(after, `${name}: in order, but for the one with which it was tried`).toEqual(
      ids.slice(10).filter((id) => id !== tried),
    );
  }

  const paged = pages();
  expect(new Set(paged.map(({ id }) => id)).size, 'no page twice').toBe(paged.length);
  expect(paged.length).toBeGreaterThan(10);
  for (const [group, own] of Object.entries(Object.groupBy(paged, (page) => page.group))) {
    const told = (own ?? []).slice(0, -1).map(({ id }) => Number(id.split('/').at(-1)));
    expect(told, `pages of ${group} in the order in which they were made`).toEqual(
      told.map((_, index) => index + 1),
    );
    expect(own?.at(-1)?.action).toBe('resolve');
  }
  const matches = paged.reduce((sum, { newCount }) => sum + newCount, 0);
  expect(matches, 'no match is counted twice').toBeLessThanOrEqual(ids.length);

  const read = all.slack();
  expect(read.filter((text) => text.includes('*Summed up*')).length).toBeGreaterThan(0);
  expect(read.length, 'fewer messages than a machine gets').toBeLessThan(paged.length);
  // A summary of ends alone counts none.
  const counted = read.map((text) =>
    text.includes('nothing new') ? 0 : Number(/(\d+) (?:new )?match/.exec(text)?.[1] ?? 0),
  );
  expect(read.filter((text) => !/\d+ (?:new )?match|^✅ \*Over: \d+ alerts?\*/.test(text))).toEqual([]);
  expect(
    counted.reduce((sum, count) => sum + count, 0),
    'and they add up',
  ).toBe(ids.length);
});
