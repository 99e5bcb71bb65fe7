import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/core/delivery.ts';
import { encodeSlack } from '../../src/destinations/slack/encode.ts';
import { templateContext } from '../../src/destinations/template-context.ts';
import { tocsinBody } from '../../src/destinations/tocsin-body.ts';
import { tocsinBodyShape } from '../../src/destinations/tocsin-body-schema.ts';
import { alertmanagerPayload } from '../../src/destinations/webhook/alertmanager.ts';
import { discordMessage } from '../../src/destinations/webhook/discord.ts';
import { pagerdutyEvents } from '../../src/destinations/webhook/pagerduty.ts';
import { teamsMessage } from '../../src/destinations/webhook/teams.ts';
import { alert, alertDelivery } from './deliveries.ts';

const SEEN_MS = Date.UTC(2026, 2, 1, 14, 2);
const blind = alert({
  lastSeenMs: SEEN_MS,
  blind: { reason: 'failing', sinceMs: SEEN_MS + 180_000 },
});
const unwatched = alert({ state: 'resolved', resolvedAtMs: SEEN_MS, resolvedBecause: 'unwatched' });

const SAID = 'last seen 2026-03-01 14:02, feed down since 14:05 UTC';
const reminder = alertDelivery({ reason: 'repeat', alerts: [blind], omittedAlerts: 0 });
const end = alertDelivery({ reason: 'resolved', alerts: [unwatched], omittedAlerts: 0 });

type Told = Exclude<Delivery, { kind: 'event' }>;
const told = (delivery: Delivery): Told => {
  if (delivery.kind === 'event') throw new Error('no event');
  return delivery;
};

const PAGER = { routingKey: 'key', clientUrl: '', instance: 'i' };

const PEOPLE: readonly (readonly [string, (delivery: Delivery) => unknown])[] = [
  ['Slack', (delivery) => encodeSlack(delivery)],
  // Text runs and code spans know no markdown, and escape none of this.
  ['Teams', (delivery) => teamsMessage(delivery)],
  ['Discord', (delivery) => discordMessage(delivery)],
  ['PagerDuty', (delivery) => pagerdutyEvents(told(delivery), PAGER).join()],
  ['Alertmanager', (delivery) => alertmanagerPayload(told(delivery), 'oncall', '')],
  ['templates', templateContext],
];

describe.each(PEOPLE)('%s', (_, encode) => {
  const textOf = (delivery: Delivery): string => {
    const made = encode(delivery);
    return (typeof made === 'string' ? made : JSON.stringify(made)).replaceAll('\\', '');
  };

  it('says since when nobody can see, instead of that it goes on', () => {
    expect(textOf(reminder)).toContain(SAID);
    expect(textOf(reminder)).not.toContain('still going on');
    expect(textOf(reminder)).not.toMatch(/resolved"?: ?true|\bover\b/);
  });

  it('says that an alert is no longer watched, instead of that it was quiet', () => {
    expect(textOf(end)).toMatch(/no longer watched/i);
    expect(textOf(end)).not.toContain('quiet for');
  });
});

describe('the native body', () => {
  it.each([
    ['blind', reminder, { state: 'open', blind: { since: '2026-03-01T14:05:00.000Z', reason: 'failing' } }],
    ['no longer watched', end, { state: 'resolved', resolved_because: 'unwatched' }],
  ])('says so in keys of its own: %s', (_, delivery, expected) => {
    const body = tocsinBody(delivery);
    expect(body.data).toMatchObject({ alerts: [expected] });
    expect(tocsinBodyShape.safeParse(JSON.parse(JSON.stringify(body))).success).toBe(true);
  });
});

describe('several alerts in one message', () => {
  const seen = alert({ fingerprint: 'a'.repeat(32), ruleName: 'Brute force' });

  it('still go on where one of them can be seen', () => {
    const text = JSON.stringify(encodeSlack(alertDelivery({ reason: 'repeat', alerts: [blind, seen] })));
    expect(text).toContain('still going on');
    expect(text).toContain(SAID);
  });

  it('are resolved where one of them was quiet', () => {
    const quiet = { ...seen, state: 'resolved' as const, resolvedBecause: 'quiet' as const };
    const text = JSON.stringify(
      encodeSlack(alertDelivery({ reason: 'resolved', alerts: [unwatched, quiet] })),
    );
    expect(text).toContain('*Resolved*');
    expect(text).toContain('quiet for');
    expect(text).toContain('removed from the configuration');
  });
});
