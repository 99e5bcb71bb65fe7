import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import { decodePayload } from '../../payload/index.ts';
import {
  type AktoSimulator,
  type Hazard,
  makeEvents,
  referenceEvent,
  referenceTemplate,
  startAktoSimulator,
} from './index.ts';

const DAY_S = 86_400;
const FROM_S = 1_780_012_800;
const TO_S = FROM_S + 3 * DAY_S - 1;
const EVENTS = makeEvents(7, 600, { fromS: FROM_S, toS: TO_S });
const RANGE = { startTs: FROM_S, endTs: TO_S };

type Row = Readonly<Record<string, unknown>>;

let simulator: AktoSimulator;
beforeAll(async () => {
  const remediation = { BOLA: '# Ours\n<!channel>', constructor: 'own' };
  simulator = await startAktoSimulator({ apiKey: 'k', events: [referenceEvent, ...EVENTS], remediation });
});
afterAll(() => simulator.close());

async function text(endpoint: string, body: JsonObject): Promise<string> {
  const response = await fetch(`${simulator.url}/api/${endpoint}`, {
    method: 'POST',
    headers: { 'x-api-key': 'k' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  return response.text();
}

async function ask(endpoint: string, body: JsonObject = RANGE) {
  return JSON.parse(await text(endpoint, body));
}

const sum = (rows: readonly Row[], key: string): number =>
  rows.reduce((total, row) => total + Number(row[key]), 0);

describe('statistics add up to the events', () => {
  it('counts by severity, the severity under subCategory, and by category', async () => {
    const { categoryCounts: severities } = await ask('fetchCountBySeverity');
    expect(severities.map(({ subCategory }: Row) => subCategory)).toEqual(['CRITICAL', 'HIGH', 'MEDIUM']);
    expect(new Set(severities.map(({ category }: Row) => category))).toEqual(new Set(['']));
    const { categoryCounts } = await ask('fetchThreatCategoryCount');
    expect([sum(severities, 'count'), sum(categoryCounts, 'count')]).toEqual([600, 600]);
    expect(Object.keys(categoryCounts[0]).sort()).toEqual(['category', 'count', 'subCategory']);
  });

  it('gives an event without a severity its kind’s', async () => {
    const body = { startTs: Number(referenceEvent['timestamp']), endTs: Number(referenceEvent['timestamp']) };
    expect(await ask('fetchCountBySeverity', body)).toEqual({
      categoryCounts: [{ subCategory: 'CRITICAL', count: 1, category: '' }],
    });
  });

  it('draws the timeline by day in UTC', async () => {
    const { threatActivityTimelines: days } = await ask('getThreatActivityTimeline');
    expect(days.map(({ ts }: Row) => ts)).toEqual([0, 1, 2].map((day) => FROM_S + day * DAY_S));
    const counts = days.flatMap(
      ({ subCategoryWiseData }: { subCategoryWiseData: Row[] }) => subCategoryWiseData,
    );
    expect(sum(counts, 'activityCount')).toBe(600);
    expect(Object.keys(counts[0]).sort()).toEqual(['activityCount', 'subcategory']);
  });

  it('counts actors by day and by country', async () => {
    const { total } = await ask('fetchThreatActors');
    const daily = await ask('getDailyThreatActorsCount');
    expect(daily).toMatchObject({ totalAnalysed: 600, totalAttacks: 600, totalActiveStatus: 600 });
    expect(sum(daily.actorsCounts, 'totalActors')).toBeGreaterThanOrEqual(total);
    expect(daily.actorsCounts[0].criticalActors).toBeLessThan(daily.actorsCounts[0].totalActors);
    const { actorsCountPerCountry, actorsCountPerCounty } = await ask('getActorsCountPerCounty');
    expect([sum(actorsCountPerCountry, 'count'), actorsCountPerCounty]).toEqual([total, 'SUCCESS']);
  });
});

describe('vocabularies', () => {
  it('name what the events hold', async () => {
    const table = await ask('fetchFiltersThreatTable', {});
    expect(table).toMatchObject({ severity: 'null', maliciousEvents: 'null', limit: 50, total: 0 });
    expect(table.urls).toContain('/portal/redlion');
    expect(table.hosts).toEqual(expect.arrayContaining(['api.shop.example', 'portal.bank.example']));
    expect(table.subCategory).toEqual(expect.arrayContaining(['SQL_INJECTION', 'RL', 'SecurityMisconfig']));
    const newer = await ask('fetchFiltersThreatTable', { startTimestamp: FROM_S, endTimestamp: TO_S });
    expect(newer.ips).not.toContain('20.65.193.78');
    const actors = await ask('fetchFiltersForThreatActors', {});
    expect(actors.actorId).toContain('20.65.193.78');
    expect(actors.latestAttack).toContain('OSCommandInjection');
    expect(actors.country).toEqual(expect.arrayContaining(['US', '']));
  });
});

describe('fetchAggregateMaliciousRequests', () => {
  it('tells the requests behind an aggregated event, each a JSON text whose headers are JSON texts', async () => {
    const event = EVENTS.find(({ eventType }) => eventType === 'AGGREGATED');
    const body = { refId: event?.['refId'], eventType: 'AGGREGATED', actor: event?.['actor'] };
    const { maliciousPayloadsResponses: told, ...echo } = await ask('fetchAggregateMaliciousRequests', body);
    expect(echo).toMatchObject(body);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.length).toBeLessThanOrEqual(8);
    const last = told.at(-1);
    expect([last.ts, last.metadata]).toEqual([
      event?.['timestamp'],
      JSON.stringify({ countryCode: event?.['country'] }, null, 2),
    ]);
    expect(decodePayload(last.orig)).toEqual(decodePayload(String(event?.['payload'])));
    for (const { orig, ts } of told) {
      const { requestHeaders, time } = JSON.parse(orig);
      expect([typeof requestHeaders, JSON.parse(requestHeaders).host, time]).toEqual([
        'string',
        expect.any(String),
        ts,
      ]);
    }
    expect(await ask('fetchAggregateMaliciousRequests', body)).toMatchObject({
      maliciousPayloadsResponses: told,
    });
  });

  it('tells the one request of a single event, and nothing where the id is unknown', async () => {
    const { refId = '' } = referenceEvent;
    const single = await ask('fetchAggregateMaliciousRequests', { refId, eventType: 'SINGLE' });
    expect(single.maliciousPayloadsResponses).toHaveLength(1);
    expect(JSON.parse(single.maliciousPayloadsResponses[0].orig).path).toBe('/portal/redlion');
    expect((await ask('fetchAggregateMaliciousRequests', { refId: 'x' })).maliciousPayloadsResponses).toEqual(
      [],
    );
    expect((await ask('fetchAggregateMaliciousRequests', {})).maliciousPayloadsResponses).toEqual([]);
  });

  it('survives a payload that cannot be read', async () => {
    simulator.add([{ id: 'bad', refId: 'bad', timestamp: 1, url: '/u', method: 'PUT', payload: '{broken' }]);
    const { maliciousPayloadsResponses } = await ask('fetchAggregateMaliciousRequests', { refId: 'bad' });
    expect(JSON.parse(maliciousPayloadsResponses[0].orig)).toMatchObject({ method: 'PUT', path: '/u' });
  });
});

describe('fetchRemediationInfo', () => {
  it.each([
    { testId: 'SQLInjection', has: /^## SQL injection\n(?:.*\n)*1\. Bind/ },
    { testId: 'BOLA', has: /^# Ours\n<!channel>$/ },
    { testId: 'Unheard', has: /^$/ },
    { testId: 'toString', has: /^$/ },
  ])('$testId', async ({ testId, has }) => {
    expect(await ask('fetchRemediationInfo', { testId })).toMatch(has);
  });

  it('has a made one for every kind of made event', async () => {
    for (const testId of new Set(EVENTS.map(({ filterId }) => String(filterId))))
      expect(await ask('fetchRemediationInfo', { testId })).not.toBe('');
  });
});

describe('fetchFilterYamlTemplate', () => {
  it('gives the reference page’s own as it stands, and reads the info of others', async () => {
    expect(await ask('fetchFilterYamlTemplate', {})).toEqual({ templates: [], content: 'null' });
    const content = 'id: mine\ninfo:\n  name: Mine\n  severity: LOW\n';
    simulator.setTemplates([referenceTemplate, { id: 'mine', content }, { id: 'bad', content: ': [' }]);
    const { templates } = await ask('fetchFilterYamlTemplate', {});
    expect(templates[0]).toEqual(referenceTemplate);
    expect(templates[0].content).toContain('matchCount: 50 \n');
    expect(templates[1].info).toMatchObject({ name: 'Mine', severity: 'LOW', tags: 'null' });
    expect(templates[2]).toMatchObject({ id: 'bad', author: 'AKTO', info: { name: 'null' } });
  });
});

const ENDPOINTS = {
  fetchSuspectSampleData: 'maliciousEvents',
  fetchThreatActors: 'actors',
  fetchFiltersThreatTable: 'urls',
  getThreatActivityTimeline: 'threatActivityTimelines',
  fetchAggregateMaliciousRequests: 'maliciousPayloadsResponses',
  fetchCountBySeverity: 'categoryCounts',
  fetchThreatApis: 'apis',
  fetchThreatCategoryCount: 'categoryCounts',
  fetchFilterYamlTemplate: 'templates',
  fetchFiltersForThreatActors: 'country',
  getDailyThreatActorsCount: 'actorsCounts',
  getActorsCountPerCounty: 'actorsCountPerCountry',
};

describe.each(Object.entries(ENDPOINTS))('hazards of %s', (endpoint, list) => {
  const withHazard = async (hazard: Hazard): Promise<string> => {
    simulator.setHazards({ answer: ({ path }) => (path === `/api/${endpoint}` ? hazard : undefined) });
    const said = await text(endpoint, { refId: EVENTS[0]?.['refId'] ?? '' });
    expect(await text('fetchRemediationInfo', { testId: 'x' })).toBe('""');
    simulator.setHazards({ answer: undefined });
    return said;
  };

  it('makes its own list null, and no other endpoint’s', async () => {
    expect(JSON.parse(await withHazard({ kind: 'null_list', spelled: 'null' }))[list]).toBe(null);
    expect(JSON.parse(await withHazard({ kind: 'null_list', spelled: 'string' }))[list]).toBe('null');
    expect(JSON.parse(await withHazard({ kind: 'null_list', spelled: 'missing' }))).not.toHaveProperty(list);
  });

  it('withholds rows, pads, halves and refuses', async () => {
    expect(JSON.parse(await withHazard({ kind: 'missing_rows', every: 1 }))[list]).toEqual([]);
    expect(JSON.parse(await withHazard({ kind: 'huge_body', bytes: 70_000 })).padding).toHaveLength(70_000);
    const half = await withHazard({ kind: 'half' });
    expect(() => JSON.parse(half)).toThrow(SyntaxError);
    expect(await withHazard({ kind: 'login_page' })).toContain('<form');
    expect(JSON.parse(await withHazard({ kind: 'no_right', text: 'no' }))).toEqual({ actionErrors: ['no'] });
  });
});

it('tells the requests of one endpoint from the others', async () => {
  const before = simulator.requestsTo('fetchCountBySeverity').length;
  await ask('fetchCountBySeverity');
  await ask('fetchThreatCategoryCount');
  const requests = simulator.requestsTo('fetchCountBySeverity');
  expect([requests.length - before, requests.at(-1)?.body]).toEqual([1, RANGE]);
});
