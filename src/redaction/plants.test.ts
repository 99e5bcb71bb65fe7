import { describe, expect, it } from 'vitest';
import type { Notification } from '../core/alert.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Digest } from '../core/digest.ts';
import { decodePayload } from '../payload/index.ts';
import { createRedactor } from './index.ts';

const redactor = createRedactor();

/** No piece of eight characters of the secret may be left anywhere. */
function survivors(secret: string, output: unknown): string[] {
  const text = JSON.stringify(output);
  return Array.from({ length: Math.max(1, secret.length - 7) }, (_, at) => secret.slice(at, at + 8)).filter(
    (piece) => text.includes(JSON.stringify(piece).slice(1, -1)),
  );
}

function textString(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

function textForm(header: readonly [string, string], path: string, body: string): string {
  const [name, value] = header;
  return (
    `method: "POST"\npath: ${textString(path)}\nrequest_headers {\n  key: ${textString(name)}\n  value {\n` +
    `    values: ${textString(value)}\n  }\n}\nrequest_payload: ${textString(body)}\nstatus_code: 200\n` +
    `response_payload: ${textString(body)}\n`
  );
}

function jsonForm(header: readonly [string, string], path: string, body: string): string {
  return JSON.stringify({
    method: 'POST',
    path,
    requestHeaders: JSON.stringify({ host: 'api.example.com', [header[0]]: header[1] }),
    requestPayload: body,
    responseHeaders: JSON.stringify({ [header[0]]: [header[1]] }),
    responsePayload: body,
    statusCode: 200,
  });
}

const PLAIN: readonly [string, string] = ['accept', '*/*'];

/** Where a text may stand on its way out. */
const PLACES: Readonly<Record<string, (text: string) => unknown>> = {
  'a bare text': (text) => redactor.text(text),
  'an event field': (text) => redactor.json({ id: 'e1', url: text }),
  'a nested event field': (text) => redactor.json({ id: 'e1', a: { b: [text] } }),
  'a body, text form': (text) => redactor.json({ payload: textForm(PLAIN, '/', text) }),
  'a body, JSON form': (text) => redactor.json({ payload: jsonForm(PLAIN, '/', text) }),
  'a body in a body, JSON form': (text) =>
    redactor.json({ payload: jsonForm(PLAIN, '/', JSON.stringify({ inner: text })) }),
  'a header value, text form': (text) => redactor.json({ payload: textForm(['x-note', text], '/', '') }),
  'a header value, JSON form': (text) => redactor.json({ payload: jsonForm(['x-note', text], '/', '') }),
  'a path, text form': (text) => redactor.json({ payload: textForm(PLAIN, `/x?note=1&${text}`, '') }),
  'a cut text form': (text) =>
    redactor.json({ payload: `${textForm(PLAIN, '/', text)}response_headers { key: "x` }),
  'an alert': (text) => redactor.delivery(alert(text)),
  'a digest': (text) => redactor.delivery(digest(text)),
};

function alert(text: string): Delivery {
  const notification: Notification = {
    id: 'n1',
    route: '0',
    reason: 'opened',
    group: { rule: 'R', url: text },
    severity: 'HIGH',
    newCount: 1,
    omittedAlerts: 0,
    createdAtMs: 1,
    alerts: [
      {
        fingerprint: 'd41d8cd98f00b204e9800998ecf8427e',
        rule: 'R',
        ruleName: 'R',
        description: text,
        severity: 'HIGH',
        source: 's',
        feed: 'malicious_events',
        group: { actor: '203.0.113.9', url: text },
        count: 1,
        firstSeenMs: 1,
        lastSeenMs: 1,
        openedAtMs: 1,
        newCount: 1,
        ...{ state: 'open', episode: 1, matchedAtMs: 1, resolveAfterMs: 1 },
        ...{ actors: { count: 1 }, apis: { count: 1 } },
        labels: { rule: 'R', actor: '203.0.113.9', url: text },
        sample: [{ id: 'e1', timeMs: 1, actor: '203.0.113.9', url: text, host: text, method: text }],
        context: {
          remediation: text,
          evidence: { requests: [{ path: text, host: text, method: text }], total: 1 },
          incident: { id: 'i', userAgent: text },
          missing: [text],
        },
      },
    ],
  };
  return { kind: 'alert', id: 'n1', notification };
}

function digest(text: string): Delivery {
  const rows = [{ name: text, count: 1 }];
  const whole: Digest = {
    id: 'd',
    kind: 'period',
    title: 'Daily digest',
    fromMs: 0,
    toMs: 1,
    timeZone: 'UTC',
    totals: rows,
    tables: [{ title: 'APIs', rows, omittedRows: 0, omittedCount: 0 }],
    notes: [text],
    createdAtMs: 1,
  };
  return { kind: 'digest', id: 'd', digest: whole };
}

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSIsIm4iOiJBbm4ifQ.x9Kd_3vQm2LzPq8RtYwA5b';
const MADE = 'q7Zk2Xw9Rt4Lm1Vb8Nc5';

// Pieced together, so that nobody who looks for leaked keys finds these.
const SHAPES: readonly (readonly [string, string])[] = [
  ['JWT', JWT],
  ['AWS key id', `AKI${'AIOSFODNN7EXAMPLE'}`],
  ['AWS session key id', `ASI${'AIOSFODNN7EXAMPLE'}`],
  ['GitHub', `gh${'p_'}${'a1B2c3D4'.repeat(5)}`.slice(0, 40)],
  ['GitHub OAuth', `gh${'o_'}${'a1B2c3D4'.repeat(5)}`.slice(0, 40)],
  ['GitHub fine-grained', `github${'_pat_'}11ABCDEFG0${'x7Y8z9'.repeat(8)}`],
  ['Slack bot', `xox${'b-'}123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx`],
  ['Google', `AI${'za'}SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q`],
  ['Stripe', `sk${'_live_'}4eC39HqLyjWDarjtT1zdp7dc`],
  ['Stripe restricted', `rk${'_live_'}4eC39HqLyjWDarjtT1zdp7dc`],
  ['GitLab', `gl${'pat-'}a1B2c3D4e5F6g7H8i9J0`],
  ['npm', `np${'m_'}a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8`],
  ['SendGrid', `S${'G.'}a1B2c3D4e5F6g7H8i9J0kl.a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V`],
  ['Twilio', `S${'K'}0123456789abcdef0123456789abcdef`],
  ['OpenAI', `s${'k-proj-'}a1B2c3D4e5F6g7H8i9J0_k1L2-m3N4o5P6`],
  ['webhook secret', `whs${'ec_'}MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`],
  ['card', '4111111111111111'],
  ['card with blanks', '5555 5555 5555 4444'],
  ['card with dashes', '3782-822463-10005'],
  ['Slack webhook', `https://hooks.slack.com/services/T00000000/B00000000/${'XaYbZcXaYbZcXaYbZcXaYbZc'}`],
];

describe('secrets that tell by their looks', () => {
  const rows = SHAPES.flatMap(([what, secret]) =>
    Object.entries(PLACES).map(([place, mask]) => [what, place, secret, mask] as const),
  );
  it.each(rows)('%s in %s', (_what, _place, secret, mask) => {
    const shown = secret.startsWith('https') ? secret.slice(-24) : secret;
    expect(survivors(shown, mask(`see ${secret} here`))).toEqual([]);
    expect(survivors(shown, mask(`a=${secret}&b=1`))).toEqual([]);
    expect(survivors(shown, mask(`{"a":"${secret}","b":["${secret}"]}`))).toEqual([]);
    expect(survivors(shown, mask(`line\n${secret}\nline`))).toEqual([]);
  });
});

/** What a text may say of a secret that looks like nothing. */
const NAMED: Readonly<Record<string, (secret: string) => string>> = {
  'a bearer token': (secret) => `Authorization: Bearer ${secret}`,
  'a bearer token in prose': (secret) => `curl with bearer ${secret} worked`,
  'basic credentials': (secret) => `Basic ${btoa(`ann:${secret}`)}`,
  'a header line': (secret) => `GET / HTTP/1.1\r\nX-Api-Key: ${secret}\r\nAccept: */*`,
  'a proxy header line': (secret) =>
    `Accept: */*\r\nProxy-Authorization: Digest username="a", response="${secret}"\r\n\r\n`,
  'a cookie line': (secret) => `Host: a\nCookie: theme=dark; sid=${secret}; x=1\nAccept: b`,
  'a set-cookie line': (secret) => `Set-Cookie: sid=${secret}; Path=/; HttpOnly`,
  'a curl command': (secret) => `curl -H 'X-Auth-Token: ${secret}' https://a.example/`,
  'a query': (secret) => `https://a.example/x?a=1&api_key=${secret}&b=2`,
  'a query with an encoded name': (secret) => `/x?p%61ssword=${secret}&b=2`,
  'a query with brackets': (secret) => `/x?user[password]=${secret}&b=2`,
  'a query with encoded brackets': (secret) => `/x?user%5Bpassword%5D=${secret}&b=2`,
  'a query in a query': (secret) => `/login?next=%2Fx%3Ftoken%3D${secret}%26a%3D1`,
  'JSON in a query': (secret) => `/x?q=%7B%22password%22%3A%22${secret}%22%7D`,
  'a form': (secret) => `user=ann&password=${secret}&go=1`,
  'a form at its end': (secret) => `user=ann&new_password=${secret}`,
  'a multipart form': (secret) =>
    `--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n${secret}\r\n--b--`,
  JSON: (secret) => JSON.stringify({ user: 'ann', password: secret, n: 1 }),
  'JSON with blanks': (secret) => JSON.stringify({ user: 'ann', clientSecret: secret }, null, 2),
  'JSON in JSON': (secret) => JSON.stringify({ body: JSON.stringify({ access_token: secret }) }),
  'JSON in JSON in JSON': (secret) =>
    JSON.stringify({ body: JSON.stringify({ body: JSON.stringify({ passwd: secret, a: '"' }) }) }),
  'JSON with a list': (secret) => JSON.stringify({ apiKeys: [secret, 'x'], a: 1 }),
  'JSON with an object': (secret) => JSON.stringify({ credentials: { user: 'ann', value: secret } }),
  'JSON with escaped letters': (secret) => `{"pass\\u0077ord":"${secret}"}`,
  'JSON with a sibling name': (secret) => JSON.stringify({ name: 'X-Api-Key', value: secret }),
  'JSON as Gson writes it': (secret) => `{"q":"a\\u003d1\\u0026password\\u003d${secret}\\u0026b\\u003d1"}`,
  'a Python dict': (secret) => `{'user': 'ann', 'password': '${secret}'}`,
  XML: (secret) => `<login><user>ann</user><password>${secret}</password></login>`,
  'XML with a namespace': (secret) => `<w:Password Type="T">${secret}</w:Password>`,
  'XML with CDATA': (secret) => `<password><![CDATA[${secret}]]></password>`,
  'an attribute of a secret element': (secret) => `<password token="${secret}">x</password>`,
  'a hidden field': (secret) => `<input type="hidden" name="csrf_token" value="${secret}">`,
  'a URL with a user': (secret) => `postgres://ann:${secret}@db.example/x`,
  YAML: (secret) => `user: ann\npassword: ${secret}\nport: 1`,
  'an ini file': (secret) => `[db]\nsecret_key = ${secret}\n`,
  'an AWS secret': (secret) => `aws_secret_access_key=${secret}`,
  'an environment': (secret) => `export DB_PASSWORD="${secret}"`,
  GraphQL: (secret) => `mutation { login(user: "ann", password: "${secret}") { id } }`,
  Markdown: (secret) => `- **Example:** \`token=${secret}\` is refused`,
};

describe('secrets that their names tell', () => {
  const rows = Object.entries(NAMED).flatMap(([what, text]) =>
    Object.entries(PLACES).map(([place, mask]) => [what, place, text, mask] as const),
  );
  it.each(rows)('%s in %s', (_what, _place, text, mask) => {
    expect(survivors(MADE, mask(text(MADE)))).toEqual([]);
    expect(survivors(btoa(`ann:${MADE}`), mask(text(MADE)))).toEqual([]);
  });
});

describe('headers', () => {
  const names = [
    'authorization',
    'Authorization',
    'proxy-authorization',
    'x-api-key',
    'apikey',
    'api-key',
    'x-auth-token',
    'X-CSRF-Token',
    'x-amz-security-token',
    'x-session-id',
    'x-client-secret',
    'private-token',
    'cookie',
    'set-cookie',
  ];
  it.each(names)('masks %s in both forms', (name) => {
    const value = /cookie/i.test(name) ? `sid=${MADE}` : MADE;
    for (const payload of [textForm([name, value], '/', ''), jsonForm([name, value], '/', '')]) {
      const masked = redactor.json({ payload });
      expect(survivors(MADE, masked)).toEqual([]);
      const exchange = decodePayload(String(masked['payload']));
      expect(exchange.requestHeaders[name]).toEqual([
        expect.stringMatching(/cookie/i.test(name) ? /^sid=\[redacted:cookie\]$/ : /^\[redacted:[a-z-]+\]$/),
      ]);
    }
  });

  it('keeps the names of cookies and what is said of them', () => {
    expect(redactor.text('Cookie: sid=a1b2; theme=dark')).toBe(
      'Cookie: sid=[redacted:cookie]; theme=[redacted:cookie]',
    );
    expect(redactor.text('Set-Cookie: sid=a1b2; Path=/; Max-Age=60; Secure; SameSite=Lax')).toBe(
      'Set-Cookie: sid=[redacted:cookie]; Path=/; Max-Age=60; Secure; SameSite=Lax',
    );
  });
});

it('masks a private key whole, cut or not, escaped or not', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ';
  const pem = `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${body}\n-----END RSA PRIVATE KEY-----\n`;
  for (const text of [
    pem,
    pem.slice(0, 70),
    JSON.stringify({ a: pem }),
    JSON.stringify({ a: JSON.stringify({ pem }) }),
  ])
    for (const mask of Object.values(PLACES)) expect(survivors(body, mask(text))).toEqual([]);
  expect(redactor.text(JSON.stringify({ a: pem, b: 1 }))).toBe('{"a":"[redacted:private-key]\\n","b":1}');
});

it.each([
  ['an email-like password', 'ann@corp.example1'],
  ['an apostrophe', "it'sHard2guess"],
  ['a quotation mark', 'half"Quoted2day'],
  ['a backslash', 'back\\Slash2day'],
  ['a comma and a brace', 'a,b}c]d:e;f2345'],
  ['letters that are not ASCII', 'pässwörtchen2ö'],
  ['an emoji', 'smile😀smile😀2smile'],
  ['blanks in JSON', 'four words as pass2'],
])('masks a password with %s in JSON, and JSON stays JSON', (_what, secret) => {
  const body = JSON.stringify({ password: secret, inner: JSON.stringify({ password: secret }), after: 'x' });
  const masked: unknown = JSON.parse(redactor.text(body));
  const mask = '[redacted:password]';
  expect(masked).toEqual({ password: mask, inner: JSON.stringify({ password: mask }), after: 'x' });
  for (const payload of [textForm(PLAIN, '/', body), jsonForm(PLAIN, '/', body)])
    expect(JSON.parse(decodePayload(String(redactor.json({ payload })['payload'])).requestPayload)).toEqual(
      masked,
    );
});
