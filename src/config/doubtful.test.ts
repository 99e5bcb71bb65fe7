import { describe, expect, it } from 'vitest';
import { load, MINIMAL, registry } from '../../test/config/fake-adapters.ts';
import { formatProblems, loadConfig } from './index.ts';

const withToken = (value: string): string => MINIMAL.replace('token: t', `token: ${JSON.stringify(value)}`);

/** What is warned of, without the place. */
function doubts(text: string, env: Record<string, string> = {}): string[] {
  return load(text, env).problems.map(({ severity, code, message }) => {
    expect([severity, code]).toEqual(['warning', 'doubtful-secret']);
    return message;
  });
}

const REFERENCE = 'token: a $NAME in it is not filled in; write ${NAME}';
const PLACEHOLDER = 'token: this looks like a placeholder; put the real value in its place';
const QUOTES = 'token: the quotes around it are part of the value; remove them';
const BLANKS = 'token: blanks or a line end at its beginning or end are part of the value; remove them';
const TOOL = 'token: a reference of another tool in it is not filled in here';

describe('secrets that hardly are what is meant', () => {
  it.each<[value: string, message: string]>([
    ['$AKTO_API_KEY', REFERENCE],
    ['$akto_key', REFERENCE],
    ['Bearer $TOKEN', REFERENCE],
    ['$(cat /run/secrets/key)', REFERENCE],
    ['prefix-$SECRET_NAME-suffix', REFERENCE],
    ['{{ .Values.token }}', TOOL],
    ['%AKTO_API_KEY%', TOOL],
    ["'abcdef123'", QUOTES],
    ['"abcdef123"', QUOTES],
    ['“abcdef123”', QUOTES],
    [' "abcdef123"\n', QUOTES],
    ['abcdef123 ', BLANKS],
    [' abcdef123', BLANKS],
    ['abcdef123\n', BLANKS],
    ['abcdef123\r', BLANKS],
    ['   ', 'token: the secret is nothing but blanks'],
    ['YOUR_API_KEY', PLACEHOLDER],
    ['your-token-here', PLACEHOLDER],
    ['<token>', PLACEHOLDER],
    ['<your token here>', PLACEHOLDER],
    ['changeme', PLACEHOLDER],
    ['change-me', PLACEHOLDER],
    ['CHANGE_ME', PLACEHOLDER],
    ['replace_me', PLACEHOLDER],
    ['xxx', PLACEHOLDER],
    ['XXXXXXXX', PLACEHOLDER],
    ['xoxb-placeholder', PLACEHOLDER],
    ['********', PLACEHOLDER],
    ['...', PLACEHOLDER],
    ['…', PLACEHOLDER],
    ['TODO', PLACEHOLDER],
    ['Bearer YOUR_TOKEN', PLACEHOLDER],
    ['insert-token-here', PLACEHOLDER],
    ['[redacted]', PLACEHOLDER],
    ['undefined', PLACEHOLDER],
    ['00000000', PLACEHOLDER],
  ])('are warned of: %j', (value, message) => {
    const [told = '', ...more] = doubts(withToken(value));
    expect(more).toEqual([]);
    expect(told).toContain(message);
    expect(value.length < 9 || !told.includes(value)).toBe(true);
  });

  it.each([
    'abcdef123',
    '$2b$10$N9qo8uLOickgx2ZMRZoMye',
    'pa$$word!',
    'p@ss-$1-word',
    'a"b',
    "it's",
    'yourself-and-more-7f3a',
    'changes-8c1d',
    'aaxxxbb',
    'xoxb-12-34-abcXXXdef',
    '00000000-0000-0000-0000-000000000000',
    'dGVzdA==',
    '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n',
  ])('are not: %j', (value) => {
    expect(doubts(withToken(value))).toEqual([]);
  });

  it('are warned of in an address that is a secret', () => {
    const hook = MINIMAL.replace(
      'token: t',
      'url: "https://hooks.slack.example/services/T000/B000/XXXXXXXX"',
    );
    expect(doubts(hook)).toEqual(['url: this looks like a placeholder; put the real value in its place']);
  });

  it('are warned of in a header, a variable and a file, each at its place', () => {
    const text = `sources:
  - { name: s, type: feed, url: https://x.example, api_key: "\${QUOTED}" }
destinations:
  - name: d
    type: bell
    token_file: token
    headers: { Authorization: Bearer $SOAR_TOKEN }
`;
    const env = { QUOTED: '"planted-quoted"' };
    const options = { file: 'c.yaml', cwd: '/etc', text, env, registry };
    const { config, problems } = loadConfig({ ...options, readFile: () => 'planted-file\n\n' });
    expect(config).toBeDefined();
    expect(problems.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      `2:61 api_key: the quotes around it are part of the value; remove them (its value comes from \${QUOTED})`,
      `6:17 token: blanks or a line end at its beginning or end are part of the value; remove them`,
      `7:31 a $NAME in it is not filled in; write \${NAME}, or use the _file form of the key`,
    ]);
    expect(formatProblems(problems, { colour: false, text, registry })).not.toMatch(/planted|SOAR/);
  });

  it('are warned of once where several mappings merge one', () => {
    const text = `x-key: &key { api_key: changeme }
sources:
  - { <<: *key, name: s, type: feed, url: https://x.example }
  - { <<: *key, name: t, type: feed, url: https://x.example }
destinations:
  - { name: d, type: bell, token: t }
`;
    expect(load(text).problems).toMatchObject([{ code: 'doubtful-secret', line: 1, column: 24 }]);
  });
});
