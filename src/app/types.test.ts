import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { registry } from './registry.ts';

const load = (text: string, env: Record<string, string> = {}) =>
  loadConfig({ file: 'c.yaml', cwd: '/etc', text, env, registry, readFile: () => 'from-a-file' });

const SOURCE = 'sources: [{ name: s, type: akto, url: "https://x.example", api_key: k }]\n';
const destination = (keys: string): string => `${SOURCE}destinations:\n  - { name: d, ${keys} }\n`;
const messages = (text: string): string[] => load(text).problems.map(({ message }) => message);

describe('types of other names', () => {
  it.each<[type: string, rest: string, meant: string]>([
    ['splunk', 'url: "https://x:8088", token: t', 'did you mean "splunk_hec"?'],
    ['hec', 'url: "https://x:8088", token: t', 'did you mean "splunk_hec"?'],
    ['Splunk-HEC', 'url: "https://x:8088", token: t', 'did you mean "splunk_hec"?'],
    ['slack_webhook', 'url: "https://x/y"', 'did you mean "slack"?'],
    ['http', 'url: "https://x/y"', 'did you mean "webhook"?'],
    ['https', 'url: "https://x/y"', 'did you mean "webhook"?'],
    [
      'pagerduty',
      `routing_key: ${'r'.repeat(32)}, format: pagerduty`,
      'did you mean "webhook", with "format: pagerduty"?',
    ],
    ['teams', 'url: "https://x/y"', 'did you mean "webhook", with "format: teams"?'],
    ['ms-teams', 'url: "https://x/y"', 'did you mean "webhook", with "format: teams"?'],
    ['discord', 'url: "https://x/y"', 'did you mean "webhook", with "format: discord"?'],
    ['stdout', 'path: "-"', 'did you mean "file", with "path: "-""?'],
    ['rsyslog', 'host: h', 'did you mean "syslog"?'],
    ['syslogg', 'host: h', 'did you mean "syslog"?'],
  ])('%s: the one that is meant, and nothing else is wrong', (type, rest, meant) => {
    expect(messages(destination(`type: ${type}, ${rest}`))).toEqual([`unknown type "${type}"; ${meant}`]);
  });

  it('are read as what they are meant to be: secrets, their files, and what else is wrong', () => {
    const text = destination(
      'type: splunk, url: "https://x:8088", token_file: hec, schemaa: cim, "token-x": planted',
    );
    const { problems } = load(text);
    expect(problems.map(({ code }) => code)).toEqual(['unknown-type', 'unknown-key', 'unknown-key']);
    expect(JSON.stringify(problems)).not.toContain('planted');
  });

  it('of sources too', () => {
    expect(
      messages(
        destination('type: webhook, url: "https://x/y"')
          .replace('type: akto', 'type: identity')
          .replace('api_key: k', 'token: t'),
      ),
    ).toEqual(['unknown type "identity"; did you mean "incidents"?']);
  });

  it('come from the environment without being shown', () => {
    const { problems } = load(destination('type: "${T}", url: "https://x:8088", token: t'), { T: 'hec' });
    expect(problems.map(({ message }) => message)).toEqual(['unknown type here; did you mean "splunk_hec"?']);
  });
});
