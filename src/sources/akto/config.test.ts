import { describe, expect, it } from 'vitest';
import { aktoConfig } from './config.ts';

const least = { name: 'akto-prod', type: 'akto', url: 'https://app.akto.io/', api_key: 'hush' };

describe('the configuration of a source', () => {
  it('needs a name, a URL and a key; the rest has defaults', () => {
    const { api_key, ...rest } = aktoConfig.parse(least);
    expect(api_key.reveal()).toBe('hush');
    expect(rest).toEqual({
      name: 'akto-prod',
      type: 'akto',
      url: 'https://app.akto.io',
      feeds: ['malicious_events'],
      schedule: '*/30 * * * * *',
      page_size: 500,
      initial_lookback: 86_400_000,
      late_arrival: 900_000,
      stale_after: 900_000,
      timeout: 30_000,
      deadline: 300_000,
    });
  });

  it.each([
    { why: 'a feed that Akto does not have', wrong: { feeds: ['incidents'] }, says: /threat_actors/ },
    { why: 'a feed twice', wrong: { feeds: ['threat_apis', 'threat_apis'] }, says: /each feed once/ },
    { why: 'no feed', wrong: { feeds: [] }, says: /at least one feed/ },
    { why: 'a page of nothing', wrong: { page_size: 0 }, says: /page_size/ },
    { why: 'a page too large', wrong: { page_size: 5_001 }, says: /page_size/ },
    { why: 'a duration without a unit', wrong: { late_arrival: 900 }, says: /unit/ },
    { why: 'a time-out that no server meets', wrong: { timeout: '10ms' }, says: /at least 1s/ },
    { why: 'a schedule that is none', wrong: { schedule: 'often' }, says: /cron/ },
    { why: 'an empty key', wrong: { api_key: '' }, says: /empty/ },
    { why: 'a key that does not exist', wrong: { apikey: 'x' }, says: /apikey/ },
  ])('refuses $why', ({ wrong, says }) => {
    const read = aktoConfig.safeParse({ ...least, ...wrong });
    expect(read.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join()).toMatch(
      says,
    );
  });
});
