import { describe, expect, it } from 'vitest';
import { alert, alertDelivery, eventDelivery, RAW_EVENT } from '../../../test/contract/deliveries.ts';
import type { Delivery } from '../../core/delivery.ts';
import { splunkHecConfig } from './config.ts';
import { encodeHec } from './encode.ts';

const parse = (more: Record<string, unknown>) =>
  splunkHecConfig.safeParse({
    ...{ name: 'siem', type: 'splunk_hec', url: 'https://s.example:8088', token: 't' },
    ...more,
  });

function metadata(delivery: Delivery, more: Record<string, unknown>) {
  const { data } = parse(more);
  if (data === undefined) throw new Error('the configuration is refused');
  return encodeHec(delivery, data).metadata;
}

const digest: Delivery = {
  kind: 'digest',
  id: 'd',
  digest: {
    ...{ id: 'd', kind: 'period', title: 'Daily digest', fromMs: 0, toMs: 1, timeZone: 'UTC' },
    ...{ totals: [], tables: [], notes: [], createdAtMs: 1 },
  },
};

describe('where an event goes', () => {
  const all = '{{ kind }} {{source}} {{ feed }} {{severity}} {{ rule }}';

  it.each<[string, Delivery, string]>([
    ['an event, by its worst rule', eventDelivery(), 'event akto-prod malicious_events high sql-injection'],
    ['an alert', alertDelivery(), 'alert akto-prod malicious_events high sql-injection'],
    ['a digest, which has none of it', digest, 'digest tocsin digest info none'],
  ])('may depend on what it is: %s', (_, delivery, text) => {
    expect(metadata(delivery, { source: all })).toMatchObject({ source: text });
  });

  it('is an index that Splunk can have, whatever a rule is called', () => {
    const delivery = alertDelivery({ alerts: [alert({ rule: 'SQL Injection.v2' })] });
    expect(metadata(delivery, { index: 'sec_{{ rule }}' }).index).toBe('sec_sql_injection_v2');
    const long = alertDelivery({ alerts: [alert({ rule: 'r'.repeat(5_000) })] });
    expect(metadata(long, { index: '{{ rule }}' }).index).toHaveLength(80);
    expect(metadata(long, { sourcetype: '{{ rule }}' }).sourcetype).toHaveLength(200);
  });

  it('is nothing that an attacker writes, nor does a value count as a template', () => {
    const raw = { ...RAW_EVENT, host: 'main', severity: '{{ rule }}' };
    const delivery = alertDelivery({ alerts: [alert({ rule: '{{ source }}' })] });
    expect(metadata(delivery, { host: '{{ rule }}' }).host).toBe('{{ source }}');
    expect(metadata(eventDelivery('e', raw), { index: '{{ severity }}' }).index).toBe('high');
    expect(parse({ index: '{{ host }}' }).success).toBe(false);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a name nobody knows', { index: 'a_{{ actor }}' }, 'nothing is named "actor" there'],
    ['a name of every object', { source: '{{ constructor }}' }, 'nothing is named "constructor" there'],
    ['half a placeholder', { source: 'a{{ source }' }, 'expected {{ name }}'],
    ['a filter', { source: '{{ source | upcase }}' }, 'expected {{ name }}'],
    ['an index in capitals', { index: 'Security' }, 'expected the name of an index'],
    ['an index of Splunk itself', { index: '_internal' }, 'expected the name of an index'],
    ['a line break', { host: 'a\nb' }, 'printable ASCII'],
    ['nothing', { host: '' }, ''],
    ['far too much', { host: 'x'.repeat(201) }, ''],
  ])('is refused at the load where it holds %s', (_, more, message) => {
    const { error } = parse(more);
    expect(error?.issues[0]?.message).toContain(message);
  });
});
