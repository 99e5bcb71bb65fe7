import { describe, expect, it } from 'vitest';
import { formatProblems, loadConfig } from '../config/index.ts';
import { registry } from './registry.ts';

type Kind = 'akto' | 'incidents' | 'splunk_hec' | 'slack' | 'slack bot' | 'webhook';

const url = 'https://x.example';
function textOf(kind: Kind, address: string): string {
  const at = (own: Kind, otherwise = url): string => JSON.stringify(kind === own ? address : otherwise);
  return `sources:
  - { name: s, type: akto, url: ${at('akto')}, api_key: key }
  - { name: i, type: incidents, url: ${at('incidents')}, token: token }
destinations:
  - { name: h, type: splunk_hec, url: ${at('splunk_hec')}, token: token }
  - { name: k, type: slack, url: ${at('slack')} }
  - { name: b, type: slack, token: xoxb, channel: "#a", api_url: ${at('slack bot', 'https://slack.com/api')} }
  - { name: w, type: webhook, url: ${at('webhook')} }
`;
}

const ENTRIES: Readonly<
  Record<Kind, readonly [list: 'sources' | 'destinations', index: number, key: string]>
> = {
  akto: ['sources', 0, 'url'],
  incidents: ['sources', 1, 'url'],
  splunk_hec: ['destinations', 0, 'url'],
  slack: ['destinations', 1, 'url'],
  'slack bot': ['destinations', 2, 'api_url'],
  webhook: ['destinations', 3, 'url'],
};

function load(kind: Kind, address: string) {
  const text = textOf(kind, address);
  const env = {};
  return { text, ...loadConfig({ file: 'c.yaml', cwd: '/etc', text, env, registry, readFile: () => '' }) };
}

describe('addresses as people paste them', () => {
  it.each<[kind: Kind, address: string, read: string]>([
    ['splunk_hec', 'https://splunk.example:8088/services/collector/event', 'https://splunk.example:8088'],
    ['splunk_hec', 'https://splunk.example:8088/services/collector/event/1.0', 'https://splunk.example:8088'],
    [
      'splunk_hec',
      'https://splunk.example:8088/services/collector/raw?channel=1',
      'https://splunk.example:8088',
    ],
    ['splunk_hec', 'https://splunk.example:8088/services/collector/', 'https://splunk.example:8088'],
    ['splunk_hec', 'https://proxy.example/splunk/services/collector/health', 'https://proxy.example/splunk'],
    ['splunk_hec', 'https://proxy.example/splunk/', 'https://proxy.example/splunk'],
    [
      'akto',
      'https://app.akto.io/dashboard/protection/threat-activity?filters=severity__HIGH#top',
      'https://app.akto.io',
    ],
    ['akto', 'https://akto.example/prefix/dashboard', 'https://akto.example/prefix'],
    ['akto', 'https://app.akto.io/login', 'https://app.akto.io'],
    ['akto', 'https://app.akto.io/api/fetchMaliciousEvents', 'https://app.akto.io'],
    ['akto', 'https://gateway.example/api/akto', 'https://gateway.example/api/akto'],
    ['incidents', 'https://ib.example/api/incidents/42', 'https://ib.example/api'],
    ['incidents', 'https://ib.example/tokens', 'https://ib.example'],
    ['slack bot', 'https://slack.com/api/chat.postMessage', 'https://slack.com/api'],
  ])('are understood: %s at %s', (kind, address, read) => {
    const { config, problems } = load(kind, address);
    expect(problems).toEqual([]);
    const [list, index, key] = ENTRIES[kind];
    expect(config?.[list][index]?.settings).toMatchObject({ [key]: read });
  });

  it('are understood with a user and a password where they are a secret whole', () => {
    expect(load('webhook', 'https://user:planted@soar.example/hook?x=1').problems).toEqual([]);
  });

  it.each<[kind: Kind, address: string, sentence: string]>([
    [
      'splunk_hec',
      'https://splunk.example/en-US/app/search/search?q=index%3Dmain',
      "this is Splunk's web interface",
    ],
    [
      'splunk_hec',
      'https://splunk.example:8000/en-US/',
      'write the base address of its HTTP Event Collector, such as https://splunk.example.com:8088',
    ],
    ['splunk_hec', 'https://splunk.example:8089/services/search/jobs', 'or its management API'],
    ['splunk_hec', 'https://admin:planted@splunk.example:8088', 'remove the user and the password'],
    [
      'splunk_hec',
      'https://admin:planted@splunk.example:8088/services/collector',
      'remove the user and the password',
    ],
    [
      'splunk_hec',
      'splunk.example:8088',
      'such as https://splunk.example.com:8088: write https:// before it',
    ],
    ['splunk_hec', '$SPLUNK_URL', 'a $NAME is not filled in; write ${NAME}'],
    ['splunk_hec', 'https://$SPLUNK_HOST:8088', 'a $NAME is not filled in; write ${NAME}'],
    ['splunk_hec', "'https://splunk.example:8088'", 'remove the quotes'],
    ['splunk_hec', 'https://splunk.example:8088/?token=planted', 'remove the query'],
    ['akto', 'app.akto.io', 'write https:// before it'],
    ['akto', 'https://app.akto.io/?key=planted', 'remove the query'],
    ['akto', 'https://app.akto.io/#/planted', 'remove the fragment'],
    ['akto', 'https://:planted@app.akto.io', 'remove the user and the password'],
    ['akto', 'ftp://planted@app.akto.io', 'expected an http(s) URL'],
    [
      'slack',
      'https://acme.slack.com/archives/C012AB3CD/planted',
      'this is a page of Slack; write the URL of an incoming webhook',
    ],
    ['slack', 'https://app.slack.com/client/T1/planted', 'this is a page of Slack'],
    ['slack', 'https://discord.com/api/webhooks/1/planted', 'write type: webhook with format: discord'],
    ['slack', 'https://acme.webhook.office.com/planted', 'write type: webhook with format: teams'],
    ['slack', 'hooks.slack.com/services/planted', 'write https:// before it'],
    ['webhook', 'https://discord.com/channels/1/planted', "this is a channel's page"],
    ['webhook', 'https://teams.microsoft.com/l/channel/planted', 'this is a page of Teams'],
    ['webhook', 'https://acme.pagerduty.com/services/planted', 'this is a page of PagerDuty'],
    ['webhook', '$HOOK', 'a $NAME is not filled in; write ${NAME}'],
    ['webhook', '<https://planted.example>', 'remove the quotes or brackets'],
  ])('are refused, with what to write: %s at %s', (kind, address, sentence) => {
    const { config, problems, text } = load(kind, address);
    expect(config).toBeUndefined();
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ code: 'bad-value', message: expect.stringContaining(sentence) }]);
    expect(errors[0]?.column).toBeGreaterThan(20);
    expect(formatProblems(problems, { colour: false, text, registry })).not.toContain('planted');
  });
});
