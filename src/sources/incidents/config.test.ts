import { describe, expect, it } from 'vitest';
import { credentialsOf, incidentsConfig } from './config.ts';

const least = { name: 'identity', type: 'incidents', url: 'https://ib.example.com/api/v2/' };
const client = { client_id: 'tocsin', client_secret: 'hush:hush' };
const told = (config: object): string[] =>
  incidentsConfig
    .safeParse(config)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the configuration of a source', () => {
  it('needs a name, a URL and a client; the rest has defaults', () => {
    const { client_id, client_secret, ...rest } = incidentsConfig.parse({ ...least, ...client });
    expect([client_id?.reveal(), client_secret?.reveal()]).toEqual(['tocsin', 'hush:hush']);
    expect(rest).toEqual({
      name: 'identity',
      type: 'incidents',
      url: 'https://ib.example.com/api/v2',
      schedule: '0 * * * * *',
      page_size: 100,
      initial_lookback: 86_400_000,
      late_arrival: 900_000,
      stale_after: 900_000,
      timeout: 30_000,
      deadline: 300_000,
    });
  });

  it('takes a token instead', () => {
    const credentials = credentialsOf(incidentsConfig.parse({ ...least, token: 'abc' }));
    expect(credentials.kind === 'token' && credentials.token.reveal()).toBe('abc');
  });

  const either = ': give either token, or both client_id and client_secret';
  const twice = ': give either token, or client_id and client_secret, not both';
  it.each<[string, object, readonly string[]]>([
    ['neither token nor client', {}, [either]],
    ['a client without its secret', { client_id: 'a' }, [either]],
    ['a secret without its client', { client_secret: 'a' }, [either]],
    ['both', { ...client, token: 'abc' }, [twice]],
    ['a token and half a client', { client_id: 'a', token: 'abc' }, [twice]],
    ['a mistake elsewhere beside it', { page_size: 0 }, ['page_size: must be at least 2', either]],
  ])('says in one sentence what is wrong with %s', (_why, given, sentences) => {
    expect(told({ ...least, ...given })).toEqual(sentences);
  });

  it.each<[string, object, RegExp]>([
    ['a token with a line end', { token: 'a\nb' }, /printable characters without blanks/],
    ['an empty token', { token: '' }, /empty/],
    ['a client id that Basic cannot carry', { ...client, client_id: 'a:b' }, /no colon/],
    ['a page of one, which joins no other', { ...client, page_size: 1 }, /page_size/],
    ['a page too large', { ...client, page_size: 1_001 }, /page_size/],
    ['a duration without a unit', { ...client, late_arrival: 900 }, /unit/],
    ['a schedule that is none', { ...client, schedule: 'often' }, /cron/],
    ['a key that does not exist', { ...client, feeds: ['incidents'] }, /feeds/],
    ['a query in the URL', { ...client, url: 'https://x/?a=1' }, /without user, query or fragment/],
  ])('refuses %s', (_why, given, says) => {
    expect(told({ ...least, ...given }).join()).toMatch(says);
  });
});
