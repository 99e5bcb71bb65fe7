import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { alert, alertDelivery, HOSTILE } from '../../../test/contract/deliveries.ts';
import { templateContext } from '../template-context.ts';
import { webhookConfig } from './config.ts';

const configured = (body: string, more: object = {}, send: readonly string[] = ['alerts']) =>
  webhookConfig.safeParse({
    ...{ name: 'soar', type: 'webhook', url: 'https://soar.example/hook', send },
    template: { body, ...more },
  });
const problemOf = (...args: Parameters<typeof configured>) => {
  const [issue] = configured(...args).error?.issues ?? [];
  return issue === undefined ? 'none' : `${issue.path.join('.')}: ${issue.message}`;
};

const PAGER = `{
  "routing_key": "planted-key",
  "event_action": "{% if type == 'alert.resolved' %}resolve{% else %}trigger{% endif %}",
  "dedup_key": {{ data.group_key | default: data.id | json }},
  "payload": { "summary": {{ title | json }}, "source": "{{ data.alerts[0].source | default: 'tocsin' }}",
    "severity": "error", "custom_details": {{ data | json }} }
}`;

describe('a body template', () => {
  it.each<[string, string, object, string]>([
    ['writes JSON', PAGER, {}, 'none'],
    [
      'puts texts between quotes: they stay inside',
      '{"a": "{{ data.alerts[0].description | default: title }}"}',
      {},
      'none',
    ],
    ['writes no JSON', 'hello', {}, 'template.body: for a single alert, it is no valid JSON'],
    [
      'forgets the quotes',
      '{"a": {{ title }}}',
      {},
      'template.body: for a single alert, it is no valid JSON',
    ],
    [
      'is no JSON for some',
      '{"a": {{ data.new_count }}}',
      {},
      'template.body: for a storm digest, it is no valid JSON',
    ],
    ['writes a text', 'hello {{ title }}', { content_type: 'text/plain' }, 'none'],
    [
      'has no media type',
      'x',
      { content_type: 'json\r\nx: y' },
      'template.content_type: expected a media type',
    ],
    [
      'is misspelt',
      '{"a": {{ titel | json }}}',
      {},
      'template.body: for a single alert, nothing is named "titel"',
    ],
  ])('that %s', (_, body, more, problem) => {
    expect(problemOf(body, more)).toContain(problem);
  });

  it('is tried on what the destination is sent, and on nothing else', () => {
    const body = '{"a": {{ data.new_count | default: 0 }}, "b": {{ data.event.id }}}';
    expect(problemOf(body, {}, ['matches'])).toBe('none');
    expect(problemOf(body, {}, ['alerts'])).toContain('for a single alert, nothing is named "data.event.id"');
  });

  it('shows what it holds nowhere', () => {
    expect(inspect(configured(PAGER), { depth: 9 })).not.toContain('planted');
  });

  it.each<[string, string]>([
    ['application/json', '{"a": "{{ data.alerts[0].rule_name | default: title }}"}'],
    ['application/xml', '<a b="{{ data.alerts[0].rule_name | default: title }}"/>'],
    ['application/x-www-form-urlencoded', 'a={{ data.alerts[0].rule_name | default: title }}&b=1'],
  ])('in %s is left by no text', (content_type, body) => {
    const parsed = configured(body, { content_type });
    for (const [, text] of [...HOSTILE, ['', '"/>&b=2", "c": 1']]) {
      const context = templateContext(
        alertDelivery({ alerts: [alert({ ruleName: text?.slice(0, 9_000) ?? '' })] }),
      );
      const rendered = parsed.data?.template?.body.render(context) ?? '';
      if (content_type.endsWith('json')) expect(Object.keys(JSON.parse(rendered))).toEqual(['a']);
      else if (content_type.endsWith('xml')) expect(rendered).toMatch(/^<a b="[^"<>]*"\/>$/);
      else expect([...new URLSearchParams(rendered).keys()]).toEqual(['a', 'b']);
    }
  });
});
