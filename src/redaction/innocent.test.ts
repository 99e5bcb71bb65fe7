import { expect, it } from 'vitest';
import { createRedactor } from './index.ts';

const redactor = createRedactor();

it.each([
  ['a UUID', '4f9619ff-8b86-4011-b42d-00c04fc964ff'],
  ['a UUID of digits', '41111111-1111-1111-4111-111111111111'],
  ['epoch milliseconds', '1760000000123 and 4102444800000'],
  ['epoch microseconds', '1760000000123456'],
  ['an md5 fingerprint', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['an IPv4 address with port', '20.0.143.224:57796'],
  ['an IPv6 address', '2001:db8::ff00:42:8329'],
  ['a trace context', '223616523a5d7e23d186a9bef1f6e6d7/10875075389630637163'],
  ['an order number that fails the check', 'order 4111111111111112'],
  ['an order number of no issuer', '/orders/9999999999999995'],
  ['a snowflake', '1849251984125181952'],
  ['a card number inside a word', 'x4111111111111111'],
  ['a phone number', '+1 415 555 2671'],
  ['words that hold secret ones', 'tokenize the author of a passwordless secretary, keyboard: on'],
  ['prose about secrets', 'Reset password: click the link. The token: see below.'],
  ['prose about authorization', 'Broken object level authorization: users may read others'],
  ['a Markdown heading', '**Authorization:** enforce it on the server'],
  ['prose about schemes', 'Use bearer authentication or Basic authentication'],
  ['a challenge', 'WWW-Authenticate: Bearer realm="api", error="invalid_token"'],
  ['counts of tokens', '{"max_tokens":4096,"token_count":12,"token_type":"Bearer","expires_in":3600}'],
  [
    'what is said of a password',
    '{"password_policy":"strong","passwordLength":16,"password_reset_url":"/x"}',
  ],
  ['nothing under a secret name', '{"password":null,"token":"","secret":false}'],
  ['names as values', '{"grant_type":"password","type":"token"}'],
  ['keys of other things', '{"key":"user:1","primary_key":"abc12345","sort_key":"z9","public_key_id":"k1"}'],
  ['authors', 'author=ann&authority=x1234567&tokenizer=bpe50000'],
  ['ids', 'session_type=web&token_id=abc123&client_id=web-1234567'],
  ['a user agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['base64', 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk'],
  ['base64 that begins like a token', 'eyJhIjoxLCJiIjoyfQ=='],
  ['programs', 'if (token == null || password != other) { token => 1 }'],
  ['an etag', 'W/"7c3-1982adf3355"'],
  ['a style sheet', 'input[type=password]:focus { color: red }'],
  ['placeholders', 'mysql -u <user> -p<password> -h host'],
  ['a URL with a port', 'https://api.example.com:8443/users/me@example.com?page=2'],
])('leaves %s alone', (_what, text) => {
  expect(redactor.text(text)).toBe(text);
});

it('leaves by identity what holds no secret', () => {
  const raw = {
    id: '6c6b0f1e-2b6f-4a8a-9d0e-4111111111111111',
    actor: '203.0.113.9',
    refId: '4111111111111111',
    filterId: 'SQLInjection',
    timestamp: 1_760_000_000,
    metadata: 'country_code: "US"',
    payload: 'method: "GET"\npath: "/x?page=2"\nstatus_code: 200\n',
    nested: { list: [1, 'a', null, true], none: {} },
  };
  expect(redactor.json(raw)).toBe(raw);
  const delivery = {
    kind: 'event',
    id: 'd1',
    rules: [],
    event: { id: 'e1', source: 's', feed: 'malicious_events', feedId: 'f', timeMs: 1, raw },
  } as const;
  expect(redactor.delivery(delivery)).toBe(delivery);
});

it('keeps what an event is known by, whatever it looks like', () => {
  const raw = {
    id: '4111111111111111',
    actor: 'token=abc12345',
    refId: '4111111111111111',
    url: '/?token=abc12345',
  };
  expect(redactor.json(raw)).toEqual({ ...raw, url: '/?token=[redacted:token]' });
});
