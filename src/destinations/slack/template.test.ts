import { describe, expect, it } from 'vitest';
import { alert, alertDelivery, HOSTILE, sample } from '../../../test/contract/deliveries.ts';
import { digestDelivery } from '../../../test/contract/digests.ts';
import { slackConfig } from './config.ts';
import { encodeSlack } from './encode.ts';
import { createWording } from './template.ts';

const URL = 'https://hooks.slack.com/services/T/B/X';
const configured = (template: object) =>
  slackConfig.safeParse({ name: 'oncall', type: 'slack', url: URL, template });
const problems = (template: object) =>
  (configured(template).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

const LINES =
  '{% for a in data.alerts %}*{{ a.rule_name }}* by {{ a.group.actor | default: "somebody" }}' +
  '{% if a.runbook %} <{{ a.runbook }}|Runbook>{% endif %}\n{% endfor %}{% if type == "digest" %}{{ data.title }}{% endif %}';

describe('a Slack template', () => {
  it.each<[string, object, string | undefined]>([
    ['has its own title', { title: '{{ title }}' }, undefined],
    ['has its own text, with links', { text: LINES }, undefined],
    ['mentions whom the operator names', { title: '<!subteam^S012AB3CD> {{ title }}' }, undefined],
    [
      'is empty for digests',
      { text: '{% for a in data.alerts %}{{ a.rule }}{% endfor %}' },
      'template.text: for a storm digest, it is empty',
    ],
    [
      'lets an actor mention people',
      { text: 'x <{{ data.alerts[0].group.actor | default: "x" }}>' },
      'template.text: for a single alert, it makes a mention',
    ],
    [
      'links a runbook that may be missing',
      { text: '{{ title }}{% for a in data.alerts %}<{{ a.runbook }}|R>{% endfor %}' },
      'makes a mention or a broken link',
    ],
    ['is misspelt', { title: '{{ titel }}' }, 'template.title: for a single alert, nothing is named "titel"'],
    ['has a key that is not there', { body: 'x' }, 'template: '],
  ])('that %s', (_, template, problem) => {
    const found = problems(template);
    if (problem === undefined) expect(found).toEqual([]);
    else expect(found[0]).toContain(problem);
  });

  it('tells what is wrong with each of its texts', () => {
    expect(problems({ title: '{{ a', text: '{% b %}' }).length).toBe(2);
  });

  function write(template: object, delivery = alertDelivery()) {
    const wording = createWording(configured(template).data?.template, undefined);
    return wording(encodeSlack(delivery), delivery);
  }

  it('replaces what it names and leaves the rest as designed', () => {
    const designed = encodeSlack(alertDelivery());
    expect(write({ title: 'Look: {{ title }}' })).toEqual({
      ...designed,
      text: 'Look: HIGH: SQL injection 203.0.113.9 (12 new)',
    });
    const { text, attachments } = write({ text: LINES });
    expect(text).toBe(designed.text);
    expect(JSON.stringify(attachments)).toContain('*SQL injection* by 203.0.113.9');
    expect(attachments).toMatchObject([{ color: designed.attachments?.[0]?.color }]);
    expect(JSON.stringify(write({ text: LINES }, digestDelivery()).attachments)).toContain('Daily digest');
  });

  it.each(HOSTILE)('holds no mention, link or code span where a text %s', (_, text) => {
    const hostile = alert({ ruleName: text, group: { actor: text }, sample: [sample({ url: text })] });
    const message = write({ title: '{{ title }}', text: LINES }, alertDelivery({ alerts: [hostile] }));
    const shown = JSON.stringify(message);
    expect(shown).not.toMatch(/[<>`]/);
    expect(shown).not.toMatch(/&(?!amp;|lt;|gt;)/);
    expect(shown.length).toBeLessThan(6_000);
  });

  it('is cut where Slack would refuse it, and says so', () => {
    const alerts = Array.from({ length: 20 }, () => alert({ ruleName: '&'.repeat(1_000) }));
    const shown = JSON.stringify(write({ text: LINES }, alertDelivery({ alerts })).attachments);
    expect(shown).toContain('… (cut)');
    expect(shown).not.toMatch(/&(?!amp;)/);
  });

  it('that fails leaves the designed message, which says so', () => {
    const failures: string[] = [];
    const broken = createWording(
      { text: { render: () => configured({ text: '{{ title }}' }).data?.template?.text?.render({}) ?? '' } },
      (reason) => void failures.push(reason),
    );
    const told = broken(encodeSlack(alertDelivery()), alertDelivery());
    expect(failures).toEqual([expect.stringContaining('nothing is named "title"')]);
    expect(told.text).toBe(encodeSlack(alertDelivery()).text);
    expect(JSON.stringify(told.attachments)).toContain(
      'the template of this destination failed: nothing is named',
    );
  });
});
