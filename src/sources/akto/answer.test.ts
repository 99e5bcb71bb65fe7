import { describe, expect, it } from 'vitest';
import { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { readAnswer, readEventList } from './answer.ts';

const HTML = { 'content-type': 'text/html;charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
const errors = (...texts: unknown[]) => JSON.stringify({ actionErrors: texts });

function failure(run: () => unknown): SourceError {
  try {
    run();
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
  throw new Error('did not fail');
}

const KEY = new Secret('bm90LWEta2V5/w==');

describe('readAnswer', () => {
  it.each([
    {
      why: 'a revoked key',
      status: 403,
      headers: {},
      body: '',
      kind: 'refused',
      says: /refused the API key \(403\).*api_key/,
    },
    {
      why: 'a revoked key, in HTML',
      status: 403,
      headers: HTML,
      body: '<html/>',
      kind: 'refused',
      says: /refused the API key/,
    },
    {
      why: 'no key, says a proxy',
      status: 401,
      headers: {},
      body: '',
      kind: 'refused',
      says: /refused the API key \(401\)/,
    },
    {
      why: 'a key without the right',
      status: 403,
      headers: JSON_TYPE,
      body: errors('You do not have access'),
      kind: 'refused',
      says: /may not read this feed \(403\): "You do not have access"/,
    },
    {
      why: 'an exception in the server, which mostly passes',
      status: 422,
      headers: JSON_TYPE,
      body: errors('Error occurred'),
      kind: 'unavailable',
      says: /could not answer \(422\): "Error occurred"/,
    },
    {
      why: 'an exception without words',
      status: 422,
      headers: {},
      body: '',
      kind: 'unavailable',
      says: /\(422\); it will/,
    },
    {
      why: 'too many requests',
      status: 429,
      headers: {},
      body: '',
      kind: 'unavailable',
      says: /fewer requests \(429\)/,
    },
    {
      why: 'a proxy without a back end',
      status: 502,
      headers: HTML,
      body: '<html/>',
      kind: 'unavailable',
      says: /\(502\)/,
    },
    {
      why: 'a wrong path',
      status: 404,
      headers: HTML,
      body: '<html/>',
      kind: 'refused',
      says: /does not know the request \(404\).*url/,
    },
    { why: 'a wrong method', status: 405, headers: {}, body: '', kind: 'refused', says: /\(405\).*url/ },
    {
      why: 'a login redirect',
      status: 302,
      headers: { location: 'https://sso/?token=abc' },
      body: '',
      kind: 'refused',
      says: /redirect \(302\)/,
    },
    {
      why: 'a login page',
      status: 200,
      headers: HTML,
      body: '<!DOCTYPE html>',
      kind: 'unavailable',
      says: /200 with an HTML page/,
    },
    {
      why: 'HTML that calls itself JSON',
      status: 200,
      headers: JSON_TYPE,
      body: ' <html>',
      kind: 'unavailable',
      says: /HTML/,
    },
    {
      why: 'half an answer',
      status: 200,
      headers: JSON_TYPE,
      body: '{"total":',
      kind: 'unavailable',
      says: /not JSON/,
    },
    { why: 'an empty answer', status: 200, headers: {}, body: '', kind: 'unavailable', says: /not JSON/ },
  ])('$why is $kind', ({ status, headers, body, kind, says }) => {
    const error = failure(() => readAnswer({ status, headers, body }, 'akto-prod', 0, KEY));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/^source "akto-prod": [^\n]+$/);
    expect(error.message).not.toContain('token=abc');
  });

  it.each([
    { value: '7', ms: 7_000 },
    { value: 'Thu, 01 Jan 1970 00:01:00 GMT', ms: 60_000 },
    { value: 'soon', ms: undefined },
    { value: undefined, ms: undefined },
  ])('takes Retry-After $value', ({ value, ms }) => {
    const response = { status: 503, headers: { 'retry-after': value }, body: '' };
    expect(failure(() => readAnswer(response, 'a', 0, KEY)).retryAfterMs).toBe(ms);
  });

  it('makes one short line of whatever the server says of its own accord', () => {
    const body = errors('first\nsource "b": forged\u001b[2J\u202e\u2028', 7, null, 'x'.repeat(10_000));
    const { message } = failure(() => readAnswer({ status: 422, headers: {}, body }, 'a', 0, KEY));
    expect(message.length).toBeLessThan(400);
    expect(message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  it.each<[why: string, body: string]>([
    ['as it is', errors(`no ${KEY.reveal()}`)],
    ['escaped, as writers of JSON for web pages do', errors(`no ${KEY.reveal()}`).replaceAll('=', '\\u003d')],
    ['with its slashes escaped', errors(`no ${KEY.reveal()}`).replaceAll('/', '\\/')],
    ['where the sentence is cut', errors(`${'x'.repeat(193)}${KEY.reveal()}`)],
  ])('never repeats the key, %s', (_, body) => {
    for (const status of [403, 422, 500]) {
      const { message } = failure(() => readAnswer({ status, headers: {}, body }, 'a', 0, KEY));
      expect(message).not.toContain('bm90');
      expect(message).toContain('[secre');
    }
  });

  it.each(['{"total":1}', '[]', 'null', '"Markdown"'])(
    'gives the JSON of a good answer, whatever it is: %s',
    (body) => {
      expect(readAnswer({ status: 200, headers: {}, body }, 'a', 0, KEY)).toEqual(JSON.parse(body));
    },
  );
});

describe('readEventList', () => {
  it.each([
    { why: 'null', body: { maliciousEvents: null, total: 0 } },
    { why: 'the text "null"', body: { maliciousEvents: 'null', total: 0 } },
    { why: 'a text where a list is documented', body: { maliciousEvents: 'SUCCESS' } },
    { why: 'no list at all', body: { total: 0 } },
    { why: 'an object', body: { maliciousEvents: {} } },
  ])('$why is a failing back end, not an empty feed', ({ body }) => {
    const error = failure(() => readEventList(body, 'akto-prod'));
    expect(error.kind).toBe('unavailable');
    expect(error.message).toMatch(/^source "akto-prod": .*without a list of events/);
  });

  it.each([
    { total: 3, means: 3 },
    { total: 0, means: 0 },
    { total: 'null', means: 0 },
    { total: -1, means: 0 },
    { total: null, means: 0 },
  ])('takes a total of $total as $means', ({ total, means }) => {
    expect(readEventList({ maliciousEvents: [], total }, 'a')).toEqual({ rows: [], total: means });
  });
});
