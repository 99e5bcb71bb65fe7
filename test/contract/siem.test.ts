import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/core/delivery.ts';
import { FEEDS } from '../../src/core/event.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { encodeCef, encodeJson, JSON_SCHEMAS, recordsOf } from '../../src/destinations/siem/index.ts';
import { samplesOf } from '../../src/destinations/template-samples.ts';
import { VERSION } from '../../src/telemetry/version.ts';
import { runs } from '../seed.ts';
import { alert, alertDelivery, eventDelivery, HOSTILE, sample } from './deliveries.ts';
import { readCef } from './siem-cef.ts';
import { feedDelivery, INCIDENT, SIEM_RECORDS } from './siem-deliveries.ts';
import { ecsProblems } from './siem-ecs.ts';
import { ocsfProblems } from './siem-ocsf.ts';

/** As it travels: without what is undefined. */
function sent(schema: (typeof JSON_SCHEMAS)[number], delivery: Delivery): JsonObject {
  return JSON.parse(JSON.stringify(encodeJson(schema, delivery)));
}

/** What any schema asks of any delivery; empty where it is kept. */
function problemsOf(delivery: Delivery): string[] {
  return recordsOf(delivery).flatMap(problemsOfRecord);
}

function problemsOfRecord(delivery: Delivery): string[] {
  const ocsf = sent('ocsf', delivery);
  const ecs = sent('ecs', delivery);
  const line = encodeCef(delivery);
  const cef = readCef(line);
  const ids = [
    ...[Object(ocsf['metadata']).uid, Object(ocsf['unmapped']).tocsin_id],
    ...[ecs['tocsin_id'], Object(ecs['event']).id],
    ...[sent('raw', delivery)['tocsin_id'], sent('cim', delivery)['tocsin_id']],
  ];
  return [
    ...ocsfProblems(ocsf).map((problem) => `ocsf: ${problem}`),
    ...ecsProblems(ecs).map((problem) => `ecs: ${problem}`),
    ...cef.problems.map((problem) => `cef: ${problem}`),
    ...ids.filter((id) => id !== delivery.id).map((id) => `an id is ${id}`),
    ...[ocsf, ecs].filter((each) => JSON.stringify(each).length > 1_000_000).map(() => 'too long'),
  ];
}

const named = Object.entries(SIEM_RECORDS);
const delivery = (name: string): Delivery => SIEM_RECORDS[name] ?? expect.fail(name);

describe.each(JSON_SCHEMAS)('schema: %s', (schema) => {
  it('is what its fixture shows, for one of each thing', async () => {
    const documents = Object.fromEntries(named.map(([name, each]) => [name, sent(schema, each)]));
    const text = JSON.stringify(documents, undefined, 2).replaceAll(`"${VERSION}"`, '"<version>"');
    await expect(`${text}\n`).toMatchFileSnapshot(`../fixtures/siem/${schema}.json`);
  });

  it.each(named)('gives %s the same document every time', (_, each) => {
    expect(encodeJson(schema, each)).toEqual(encodeJson(schema, structuredClone(each)));
  });
});

it('schema: cef is what its fixture shows, for one of each thing', async () => {
  const text = named.map(([name, each]) => `# ${name}\n${encodeCef(each)}\n`).join('\n');
  await expect(text.replaceAll(`|${VERSION}|`, '|<version>|')).toMatchFileSnapshot(
    '../fixtures/siem/cef.txt',
  );
});

describe('what the schemas require', () => {
  it.each(named)('is kept by %s', (_, each) => {
    expect(problemsOf(each)).toEqual([]);
  });

  it.each([...samplesOf('event'), ...samplesOf('alert'), ...samplesOf('digest')])(
    'is kept $name',
    ({ delivery: each }) => {
      expect(problemsOf(each)).toEqual([]);
    },
  );

  it.each(HOSTILE)('is kept where every text %s', (_, text) => {
    for (const feed of FEEDS) expect(problemsOf(feedDelivery(feed, 'h', hostileRaw(text)))).toEqual([]);
    const hostile = alert({
      ...{ ruleName: text, category: text, description: text, runbook: text },
      group: { actor: text, [text]: text },
      sample: [sample({ actor: text, host: text, url: text, method: text, country: text, filterId: text })],
      context: {
        remediation: text.slice(0, 4_000),
        incident: { id: text, userAgent: text },
        missing: [text],
      },
    });
    expect(problemsOf(alertDelivery({ alerts: [hostile], route: text, group: { [text]: text } }))).toEqual(
      [],
    );
  });

  it('is kept whatever a source writes', () => {
    const key = fc.oneof(
      fc.constantFrom(...Object.keys(hostileRaw('')), '__proto__', 'a.b', ''),
      fc.string(),
    );
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), ADDRESS, fc.jsonValue());
    const raw = fc.dictionary(
      key,
      fc.oneof(
        value,
        fc.string().map((text) => `method: "${text}"`),
      ),
      { maxKeys: 12 },
    );
    fc.assert(
      fc.property(raw, fc.constantFrom(...FEEDS), fc.boolean(), (object, feed, matched) => {
        const each = feedDelivery(feed, 'p', JSON.parse(JSON.stringify(object)), {
          rules: matched ? [{ rule: 'r', name: 'R', severity: 'LOW' }] : [],
        });
        expect(problemsOf(each)).toEqual([]);
      }),
      { numRuns: runs(500) },
    );
  });

  it('is kept whatever an alert tells of', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), ADDRESS);
    fc.assert(
      fc.property(text, text, text, fc.dictionary(text, text), (actor, url, name, group) => {
        const one = alert({ ruleName: name || 'R', group, sample: [sample({ actor, url, host: name })] });
        expect(problemsOf(alertDelivery({ alerts: [one, one], route: name, group }))).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  });
});

const ADDRESS = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.nat(99_999)).map(([ip, port]) => `${ip}:${port}`),
  fc.tuple(fc.ipV6(), fc.nat(99_999)).map(([ip, port]) => `[${ip}]:${port}`),
  fc.constantFrom('999.1.1.1:80', '010.0.0.1', 'fe80::1%eth0', '::ffff:1.2.3.4', 'a-.example', 'x.example:0'),
);

function hostileRaw(text: string): JsonObject {
  const names = [
    ...['actor', 'ip', 'url', 'host', 'method', 'country', 'filterId', 'category', 'subCategory', 'severity'],
    ...[
      'payload',
      'id',
      'latestAttack',
      'latestApiHost',
      'latestApiEndpoint',
      'latestApiMethod',
      'api',
      'timestamp',
    ],
    ...[
      'ipAddress',
      'userAgent',
      'attackId',
      'fingerprint',
      'requests',
      'createTime',
      'updateTime',
      'requestsCount',
    ],
  ];
  return Object.fromEntries(names.map((name) => [name, text]));
}

describe('the validators find', () => {
  const attack = delivery('an API attack');
  it.each<[string, JsonObject]>([
    ['type_uid is not', { type_uid: 200402 }],
    ['severity_id is no', { severity_id: 7 }],
    ['time is no timestamp', { time: '2026-11-21T20:44:05Z' }],
    ['tocsin_id is no attribute', { tocsin_id: 'x' }],
    ['finding_info.uid is missing', { finding_info: { title: 'x' } }],
    ['evidences[0].: none of', { evidences: [{ http_request: { user_agent: 'x' } }] }],
    ['src_endpoint.ip is no ip', { evidences: [{ src_endpoint: { ip: '203.0.113.9:80' } }] }],
    ['http_method is no', { evidences: [{ url: { path: '/' }, http_request: { http_method: 'PROPFIND' } }] }],
    ['status_id is none', { status_id: 7 }],
  ])('%s … in OCSF', (problem, change) => {
    expect(ocsfProblems({ ...sent('ocsf', attack), ...change }).join()).toContain(problem);
  });

  it.each<[string, JsonObject]>([
    ['source.ip is no ip', { source: { ip: 'unknown' } }],
    ['source.port is no port', { source: { port: '80' } }],
    ['user_agent.original is no keyword', { user_agent: { original: 'x'.repeat(1_025) } }],
    ['attacker is no field', { attacker: 'x' }],
    ['event.type denied', { event: { id: 'x', kind: 'alert', category: ['threat'], type: ['denied'] } }],
    ['@timestamp is no date', { '@timestamp': '+275760-09-13T00:00:00.000Z' }],
  ])('%s … in ECS', (problem, change) => {
    expect(ecsProblems({ ...sent('ecs', attack), ...change }).join()).toContain(problem);
  });

  it.each([
    ['severity 11', 'CEF:0|T|T|1|a|b|11|rt=1 externalId=x'],
    ['no header', 'CEF:0|T|T|1|a|b'],
    ['src does not fit', 'CEF:0|T|T|1|a|b|1|rt=1 externalId=x src=2001:db8::1'],
    ['cs1 has no label', 'CEF:0|T|T|1|a|b|1|rt=1 externalId=x cs1=x'],
    ['a control character', 'CEF:0|T|T|1|a|b|1|rt=1 externalId=x msg=a\u2028b'],
  ])('%s … in CEF', (problem, line) => {
    expect(readCef(line).problems.join()).toContain(problem);
  });
});

describe('OCSF', () => {
  it.each([
    ['an API attack', { class_uid: 2004, activity_id: 1, type_uid: 200401, severity_id: 4, status_id: 1 }],
    ['an event that lacks everything', { class_uid: 2004, severity_id: 0, severity: 'Unknown' }],
    [
      'a failed-token incident',
      { class_uid: 3002, type_uid: 300201, status_id: 2, category_uid: 3, count: 412 },
    ],
    ['a threat actor', { class_uid: 2004, type_uid: 200402 }],
    ['an alert, opened', { type_uid: 200401, status_id: 1, is_alert: true }],
    ['an alert, grown', { type_uid: 200402, status_id: 2 }],
    ['an alert, repeated', { type_uid: 200402, status_id: 1 }],
    ['an alert, resolved', { type_uid: 200403, status_id: 4, is_alert: false }],
    ['an alert, escalated', { type_uid: 200401, status_id: 1 }],
    ['an alert, acknowledged', { type_uid: 200402, status_id: 2 }],
    ['alerts of which some are over', { type_uid: 200403, status_id: 4, is_alert: false }],
    ['alerts of which some are over: record 2', { type_uid: 200402, status_id: 1, severity_id: 2 }],
    ['a digest', { class_uid: 0, type_uid: 99 }],
  ])('calls %s %o', (name, attributes) => {
    expect(encodeJson('ocsf', delivery(name))).toMatchObject(attributes);
  });

  it('keeps one finding through the life of its alert', () => {
    const uids = ['opened', 'grown', 'repeated', 'resolved'].map(
      (reason) => Object(sent('ocsf', delivery(`an alert, ${reason}`))['finding_info']).uid,
    );
    expect(new Set(uids).size).toBe(1);
  });

  it('keeps a severity that it does not know as the source wrote it', () => {
    const document = encodeJson('ocsf', feedDelivery('malicious_events', 's', { severity: 'URGENT' }));
    expect(document).toMatchObject({ severity_id: 99, severity: 'URGENT' });
  });
});

describe('ECS', () => {
  it.each([
    ['an API attack', { kind: 'alert', category: ['intrusion_detection', 'web'], type: ['info'] }],
    ['an API attack that was blocked', { type: ['denied'] }],
    ['a failed-token incident', { category: ['authentication'], outcome: 'failure' }],
    ['an alert, resolved', { kind: 'alert', action: 'alert-resolved' }],
    ['a digest', { kind: 'metric' }],
  ])('calls %s %o', (name, event) => {
    expect(encodeJson('ecs', delivery(name))).toMatchObject({ event });
  });

  it.each([
    ['not an address', { address: 'not an address' }],
    ['203.0.113.9:80', { address: '203.0.113.9', ip: '203.0.113.9', port: 80 }],
    ['[2001:db8::1]:443', { address: '2001:db8::1', ip: '2001:db8::1', port: 443 }],
    ['203.0.113.9:99999', { address: '203.0.113.9', ip: '203.0.113.9' }],
    ['fe80::1%eth0', { address: 'fe80::1%eth0' }],
  ])('takes %s for %o', (actor, source) => {
    expect(sent('ecs', feedDelivery('malicious_events', 'a', { actor }))['source']).toEqual(source);
  });
});

describe('CEF', () => {
  it('gives back what it was given, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'a=\\| \n\rb:n'), minLength: 1, maxLength: 60 }),
        (text) => {
          const raw = { filterId: `x${text}x`, url: `/x${text}x` };
          const { header, extension, problems } = readCef(
            encodeCef(feedDelivery('malicious_events', 'c', raw)),
          );
          expect(problems).toEqual([]);
          expect(header[5]).toBe(raw.filterId.replace(/[\r\n]+/g, ' '));
          expect(extension.get('request')).toBe(raw.url.replace(/\r\n|\r/g, '\n'));
        },
      ),
    );
  });

  it.each([
    ['a\nCEF:0|x|y|z|1|forged|10|', 'a line'],
    ['a externalId=forged', 'a key'],
    ['a|10|externalId=forged', 'a header value'],
    ['a\\|b\\=c\\', 'escapes of its own'],
  ])('%j forges nothing: %s', (text) => {
    const line = encodeCef(feedDelivery('malicious_events', 'c', { filterId: text, url: text, actor: text }));
    const { extension, problems, header } = readCef(line);
    expect(problems).toEqual([]);
    expect(extension.get('externalId')).toBe('akto-prod/malicious_events/c');
    expect(header[6]).toBe('0');
    expect(line.split('\n')).toHaveLength(1);
  });

  it('has IPv6 where CEF has it', () => {
    const { extension } = readCef(encodeCef(delivery('a failed-token incident')));
    expect(extension.get('c6a2')).toBe('2001:db8::5');
    expect(extension.has('src')).toBe(false);
  });
});

describe('a payload', () => {
  it.each(['{"a', 'method: "', '\u0000', 'x'.repeat(3_000_000)])(
    'that does not decode costs its own fields alone',
    (payload) => {
      const each = eventDelivery('e1', { ...INCIDENT, actor: '203.0.113.9', payload });
      expect(sent('ecs', each)).toMatchObject({ source: { ip: '203.0.113.9' } });
      expect(problemsOf(each)).toEqual([]);
    },
  );
});
