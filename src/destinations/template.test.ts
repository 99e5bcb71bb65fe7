import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alert, alertDelivery, eventDelivery, HOSTILE, sample } from '../../test/contract/deliveries.ts';
import { digestDelivery } from '../../test/contract/digests.ts';
import { passesOf } from '../../test/cpu-time.ts';
import { runs } from '../../test/seed.ts';
import { compileTemplate, type Dialect, MAX_TEMPLATE } from './template.ts';
import { checkTemplate } from './template-check.ts';
import { templateContext } from './template-context.ts';

const PLAIN: Dialect = { escape: (text) => text, isJson: false, verify: () => undefined };
const MARKED: Dialect = { ...PLAIN, escape: (text) => `<${text}>` };
const KINDS = ['alert', 'digest'] as const;

const render = (text: string, over: Parameters<typeof alertDelivery>[0] = {}, dialect = PLAIN): string =>
  compileTemplate(text, dialect).render(templateContext(alertDelivery(over)));

describe('a template', () => {
  it.each<[string, string, string]>([
    ['a name of the body', '{{ type }} {{ data.route }}', 'alert.opened page'],
    ['an alert', '{{ data.alerts[0].rule_name }}', 'SQL injection'],
    ['a loop', '{% for a in data.alerts %}{{ a.count }}/{{ a.new_count }};{% endfor %}', '57/12;'],
    ['a choice', '{% if type == "alert.resolved" %}over{% else %}on{% endif %}', 'on'],
    ['a time in UTC', '{{ data.alerts[0].last_seen | date: "%H:%M %z" }}', '20:43 +0000'],
    ['what an alert lacks is nothing', '[{{ data.alerts[0].description }}]', '[]'],
    ['what its group may lack', '{{ data.group.actor | default: "nobody" }}', 'nobody'],
    ['a line for each kind', '{{ title }}', 'HIGH: SQL injection 203.0.113.9 (12 new)'],
    ['a list, as JSON', '{{ data.notes }}', '[]'],
    ['half a character in an address', `{{ "a b/\ud83d" | url_encode }}`, 'a+b%2F%EF%BF%BD'],
    ['literal braces', '{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
  ])('says %s', (_, text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['a name nobody knows', '{{ data.ruote }}', 'nothing is named "data.ruote" there (line 1, column 4'],
    [
      'one of an alert',
      '\n {{ data.alerts[0].rulename }}',
      '[0].rulename" there (line 2, column 5 of the template)',
    ],
    [
      'a filter that is not there',
      '{{ title | shout }}',
      'the filter "shout" does not exist or is not allowed',
    ],
    ['a tag that is not there', '{% foo %}', 'the tag "foo" does not exist or is not allowed'],
    ['an open tag', '{% if title %}', 'it is not valid'],
    ['an open output', '{{ title', 'it is not valid'],
    ['a value unescaped', '{{ title | raw }}', 'the filter "raw"'],
    ['an inherited filter', '{{ title | constructor }}', 'the filter "constructor"'],
    ['a file', '{% include "/etc/passwd" %}', 'the tag "include"'],
    ['another file', '{% render "config.yaml" %}', 'the tag "render"'],
    ['a layout', '{% layout "x" %}', 'the tag "layout"'],
    ['a prototype', '{{ data.__proto__.toString }}', 'nothing is named "data.__proto__"'],
    ['a constructor', '{{ constructor.constructor }}', 'nothing is named "constructor"'],
    ['a method of an array', '{{ data.alerts.constructor }}', 'nothing is named'],
    ['a digest as if it were alerts', '{{ data.alerts[0].rule }}', 'for a storm digest, nothing is named'],
    ['a group by which nobody may group', '{{ data.group.actor }}', 'for a single alert, nothing is named'],
    ['too much text', 'x'.repeat(MAX_TEMPLATE + 1), 'it is longer than'],
    ['a loop without end', '{% for i in (1..1000000000) %}{% endfor %}', 'builds up too much in memory'],
    [
      'a long loop',
      '{% for i in (1..1000000) %}{{ i | append: "abc" }}{% endfor %}',
      'for a single alert, it',
    ],
    [
      'loops in loops',
      '{% for i in (1..900) %}{% for j in (1..900) %}{% for k in (1..9) %}x{% endfor %}{% endfor %}{% endfor %}',
      'it ',
    ],
    [
      'a doubling',
      `{% assign a = "xxxxxxxxxx" %}${'{% assign a = a | append: a %}'.repeat(30)}`,
      'in memory',
    ],
    ['a long result', `{% for i in (1..3000) %}${'x'.repeat(100)}{% endfor %}`, 'longer than 256 KiB'],
  ])('that asks for %s is a problem at once', (_, text, problem) => {
    const check = () => checkTemplate(text, PLAIN, KINDS);
    expect(check()).toEqual({ problem: expect.stringContaining(problem) });
    expect(passesOf(check, 2_000)).toBeLessThan(2_000);
  });

  it('escapes every value, whatever was done to it', () => {
    const text = '{{ title | upcase }}{{ data.alerts[0].rule | json }}{% assign x = title | size %}{{ x }}';
    expect(render(text, {}, MARKED)).toBe('<HIGH: SQL INJECTION 203.0.113.9 (12 NEW)><"sql-injection"><40>');
  });

  it('never quotes a piece of itself that is no name: it may hold a key', () => {
    for (const text of ['{{ "planted', '{% if "planted" %}', '{{ title | append: planted-key! }}'])
      expect(JSON.stringify(checkTemplate(text, PLAIN, KINDS))).not.toContain('planted');
  });
});

describe("attackers' texts in a template", () => {
  it('are text: braces in them are written and not run', () => {
    const code = '{{ data.id }}{% for i in (1..9) %}x{% endfor %}{{ "a" | upcase }}';
    fc.assert(
      fc.property(fc.constantFrom('{{', '}}', '{%', '%}', code), fc.string(), (brace, text) => {
        const actor = `${brace}${text}${code}`;
        const alerts = [alert({ sample: [sample({ actor })] })];
        expect(render('{{ data.alerts[0].events[0].actor }}', { alerts })).toBe(actor.toWellFormed());
      }),
      { numRuns: runs(200) },
    );
  });

  it.each(HOSTILE)('render in time where one %s', (_, text) => {
    const group = Object.fromEntries(['actor', '__proto__', 'constructor'].map((key) => [key, text]));
    const alerts = [alert({ ruleName: text, group, sample: [sample({ url: text, actor: text })] })];
    const template = '{{ title }}{{ data.alerts[0].group | json | truncate: 9 }}{{ data.alerts | size }}';
    expect(render(template, { alerts }).isWellFormed()).toBe(true);
    expect(passesOf(() => render(template, { alerts }), 100)).toBeLessThan(100);
  });

  it('of a megabyte are bounded', () => {
    const text = '<script '.repeat(131_072);
    const alerts = [alert({ sample: [sample({ url: text })] })];
    const url = 'data.alerts[0].events[0].url';
    expect(() => render(`{{ ${url} }}`, { alerts })).toThrow('longer than 256 KiB');
    expect(() =>
      render(`{{ ${url} | replace: "<", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }}`, { alerts }),
    ).toThrow();
    expect(render(`{{ ${url} | truncate: 20 }}`, { alerts })).toBe('<script <script <...');
    expect(render(`{{ ${url} | truncatewords: 2 }}`, { alerts })).toBe('<script <script...');
  });
});

describe('what a template sees', () => {
  it('has the same keys for everything there is, and cannot be changed', () => {
    const keys = [alertDelivery(), digestDelivery(), eventDelivery()].map((delivery) => {
      const context = templateContext(delivery);
      expect(Object.isFrozen(context['data'])).toBe(true);
      return Object.keys(Object(context['data'])).sort();
    });
    expect(keys[1]).toEqual(keys[0]);
    expect(keys[2]).toEqual(keys[0]);
  });
});
