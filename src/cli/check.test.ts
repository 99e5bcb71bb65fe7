import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTocsin } from '../../test/pipeline/fake-io.ts';
import { isJsonObject } from '../core/json.ts';

let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-check-'));
  config = join(folder, 'config.yaml');
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'a.yaml'), 'id: a\nfilter: { filter_id: { eq: X } }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'hunter2-is-no-password';

const VALID = `
sources:
  - { name: akto, type: akto, url: "https://akto.example", api_key: ${SECRET} }
destinations:
  - { name: oncall, type: slack, url: "https://hooks.slack.example/services/${SECRET}" }
routes:
  - { to: [oncall] }
`;

/** An unknown key, a bad duration, an unset variable, an unknown destination, an unknown type. */
const FIVE_MISTAKES = `sources:
  - name: akto
    type: akto
    url: https://akto.example
    api_key: \${UNSET_KEY}
    schdule: "* * * * *"
    deadline: 5 minutes
destinations:
  - name: oncall
    type: slak
    url: https://hooks.slack.example/services/${SECRET}
routes:
  - to: [onkall]
`;

const check = (text: string, ...more: readonly string[]) => {
  writeFileSync(config, text);
  return runTocsin(['check', '-c', config, ...more], { cwd: folder });
};

describe('tocsin check', () => {
  it('says what a valid configuration holds', async () => {
    const { code, out, err } = await check(VALID);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`${config} is valid: 1 source, 1 rule, 1 route, 1 destination\n`);
  });

  it('reports five mistakes together, each with line and column, and ends with 2', async () => {
    const { code, out, err } = await check(FIVE_MISTAKES);
    expect([code, out]).toEqual([2, '']);
    const places = err
      .split('\n')
      .flatMap((line) => /config\.yaml:(\d+):(\d+): error/.exec(line)?.slice(1, 3) ?? []);
    expect(places).toEqual(['5', '14', '6', '5', '7', '15', '10', '11', '13', '10']);
    expect(err).toContain('UNSET_KEY');
    for (const nearest of ['"schedule"', '"slack"', '"oncall"']) expect(err).toContain(nearest);
    expect(err).toContain('5 errors');
  });

  it('tells programs the same', async () => {
    const { code, out, err } = await check(FIVE_MISTAKES, '--json');
    expect([code, err]).toEqual([2, '']);
    const answer: unknown = JSON.parse(out);
    expect(answer).toMatchObject({ ok: false });
    const problems = isJsonObject(answer) && Array.isArray(answer['problems']) ? answer['problems'] : [];
    expect(problems).toHaveLength(5);
    for (const problem of problems) {
      expect(problem).toMatchObject({ severity: 'error', file: config, line: expect.any(Number) });
    }
  });

  it('tells programs that all is well', async () => {
    const { code, out } = await check(VALID, '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { ok: true, problems: [] }]);
  });

  it.each<[string, string]>([
    ['mistakes elsewhere', FIVE_MISTAKES],
    ['a mistake on its line', VALID.replace('api_key', 'nonsense: 1, api_key')],
    ['a mistake on the line of a secret address', VALID.replace('type: slack', 'type: slack, nonsense: 1')],
    ['no YAML at all behind it', `${VALID}  : : [\n`],
    ['a text that does not end', VALID.replace(SECRET, `"${SECRET}`)],
    ['a mapping that does not end', VALID.replace(`${SECRET} }`, SECRET)],
    ['of the wrong type', VALID.replace(`api_key: ${SECRET}`, `api_key: [${SECRET}]`)],
    ['under a key that is no key', VALID.replace('api_key', 'apikey')],
  ])('shows no secret in its excerpts: %s', async (_, text) => {
    for (const more of [[], ['--json']]) {
      const { code, out, err } = await check(text, ...more);
      expect(code).toBe(2);
      expect(out + err).not.toContain(SECRET);
    }
  });

  it('shows no secret of the environment', async () => {
    writeFileSync(config, VALID.replace(`api_key: ${SECRET}`, 'api_key: "${KEY}", url: "${KEY}"'));
    const { code, out, err } = await runTocsin(['check', '-c', config], {
      cwd: folder,
      env: { KEY: SECRET },
    });
    expect(code).toBe(2);
    expect(out + err).not.toContain(SECRET);
  });

  it('says where it looked for a configuration that is not there', async () => {
    const { code, err } = await runTocsin(['check', '-c', join(folder, 'none.yaml')]);
    expect(code).toBe(2);
    expect(err).toContain('none.yaml');
    expect(err).toContain('--config');
  });

  it('tells of a broken rule file with its line', async () => {
    writeFileSync(join(folder, 'rules', 'b.yaml'), 'id: b\nfilter: { filter_idd: { eq: X } }\n');
    const { code, err } = await check(VALID);
    expect(code).toBe(2);
    expect(err).toMatch(/rules\/b\.yaml:2:\d+: error/);
  });

  it('tells of a broken rule file although the configuration is wrong too: everything at once', async () => {
    writeFileSync(join(folder, 'rules', 'b.yaml'), 'id: b\nfilter: { filter_idd: { eq: X } }\n');
    const { err } = await check(VALID.replace('{ to:', '{ nonsense: 1, to:'));
    expect(err).toContain('nonsense');
    expect(err).toMatch(/rules\/b\.yaml:2:\d+: error/);
  });

  it('tells of two rules that share an id', async () => {
    writeFileSync(join(folder, 'rules', 'b.yaml'), 'id: a\nfilter: { filter_id: { eq: Y } }\n');
    const { code, err } = await check(VALID);
    expect(code).toBe(2);
    expect(err).toContain('b.yaml');
  });

  it('warns of a source that is polled more rarely than its feeds may be unread', async () => {
    const { code, out, err } = await check(VALID.replace('api_key', 'schedule: "0 * * * *", api_key'));
    expect(code).toBe(0);
    expect(out).toContain('is valid');
    expect(err).toMatch(
      /warning slow-schedule: source "akto" is polled 1h apart at most and its "stale_after" is 15m/,
    );
    const wide = VALID.replace('api_key', 'schedule: "0 * * * *", stale_after: 1h, api_key');
    expect((await check(wide)).err).toBe('');
  });

  it('checks rules alone', async () => {
    const { code, out } = await runTocsin(['check', '-r', join(folder, 'rules')]);
    expect([code, out]).toEqual([0, '1 rule is valid\n']);
  });

  it('refuses a rule path that holds no rule', async () => {
    mkdirSync(join(folder, 'empty'));
    const { code, err } = await runTocsin(['check', '-r', join(folder, 'empty')]);
    expect(code).toBe(2);
    expect(err).toContain('holds no *.yaml');
  });
});
