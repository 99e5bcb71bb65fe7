import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../core/json.ts';
import type { SourceStatistics } from '../../core/source-knowledge.ts';
import { fetchStatistics } from './statistics.ts';

const DAY_MS = 86_400_000;
const FROM_MS = Date.UTC(2026, 10, 20);
const SLICE = { fromMs: FROM_MS, toMs: FROM_MS + DAY_MS - 1 };
const never = new AbortController().signal;

/** Answers as told, by endpoint. */
const answering = (answers: Readonly<Record<string, JsonObject>>) => ({
  ask: async (action: string): Promise<JsonObject> => answers[action] ?? {},
});

const GOOD = {
  fetchCountBySeverity: {
    categoryCounts: [
      { category: '', subCategory: 'HIGH', count: 7 },
      { category: '', subCategory: 'LOW', count: 2 },
    ],
  },
  fetchThreatCategoryCount: { categoryCounts: [{ category: 'XSS', subCategory: 'XSS', count: 9 }] },
  getActorsCountPerCounty: { actorsCountPerCountry: [{ country: 'FR', count: 3 }] },
  getThreatActivityTimeline: {
    threatActivityTimelines: [
      { ts: 1_795_000_060, subCategoryWiseData: [{ subcategory: 'XSS', activityCount: 4 }] },
      { ts: 1_795_000_000, subCategoryWiseData: [{ subcategory: 'XSS', activityCount: 5 }] },
    ],
  },
  getDailyThreatActorsCount: {
    actorsCounts: [{ ts: 1_795_000_000, totalActors: 12, criticalActors: 1 }],
  },
} satisfies Record<string, JsonObject>;

const NUMBERS: Omit<SourceStatistics, 'missing'> = {
  severities: [
    { name: 'HIGH', count: 7 },
    { name: 'LOW', count: 2 },
  ],
  categories: [{ name: 'XSS', count: 9 }],
  actors: [{ name: 'FR', count: 3 }],
  timeline: [
    { atMs: 1_795_000_000_000, counts: [{ name: 'XSS', count: 5 }] },
    { atMs: 1_795_000_060_000, counts: [{ name: 'XSS', count: 4 }] },
  ],
  dailyActors: [{ atMs: 1_795_000_000_000, total: 12, critical: 1 }],
};

describe('what Akto counts', () => {
  it('is read from five endpoints, the severity where the server puts it, times in order', async () => {
    expect(await fetchStatistics(answering(GOOD), 'prod', SLICE, never)).toEqual({ ...NUMBERS, missing: [] });
  });

  it.each<[why: string, value: Json | undefined]>([
    ['null: the back end failed', null],
    ['the word null', 'null'],
    ['a missing key', undefined],
    ['SUCCESS, as the reference page shows', 'SUCCESS'],
    ['an object', {}],
  ])('is missing, not nothing, where a list is %s', async (_, value) => {
    const daily = value === undefined ? {} : { actorsCounts: value };
    const answers = { ...GOOD, getDailyThreatActorsCount: daily };
    expect(await fetchStatistics(answering(answers), 'prod', SLICE, never)).toEqual({
      ...NUMBERS,
      dailyActors: [],
      missing: [
        'source "prod": Akto answered without a list of actorsCounts, which means that its back end is failing (getDailyThreatActorsCount)',
      ],
    });
  });

  it('leaves out rows that count nothing, and adds up those of one name', async () => {
    const rows: Json[] = [
      { subCategory: 'A', count: 2 },
      { subCategory: 'A', count: 3 },
      { subCategory: '__proto__', count: 1 },
      { subCategory: 'B', count: -1 },
      { subCategory: 'C', count: 1e300 },
      { subCategory: 'D', count: '7' },
      { subCategory: null, category: 'E', count: 1 },
      { subCategory: '', count: 4 },
      { subCategory: 'x'.repeat(1_000_000), count: 1 },
      'no row',
      null,
    ];
    const answers = { ...GOOD, fetchThreatCategoryCount: { categoryCounts: rows } };
    const { categories } = await fetchStatistics(answering(answers), 'prod', SLICE, never);
    expect(categories).toEqual([
      { name: 'A', count: 5 },
      { name: '__proto__', count: 1 },
      { name: 'E', count: 1 },
      { name: '(unknown)', count: 4 },
      { name: `${'x'.repeat(200)}…`, count: 1 },
    ]);
  });

  it('asks nothing more once its time is up, and names what it did not ask', async () => {
    const { missing } = await fetchStatistics(answering(GOOD), 'prod', SLICE, AbortSignal.abort());
    expect(missing).toHaveLength(5);
    expect(missing[4]).toBe('source "prod": there was no time left to ask getDailyThreatActorsCount');
  });
});
