import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { alert, alertDelivery, eventDelivery, HOSTILE, sample } from '../../test/contract/deliveries.ts';
import type { Delivery } from '../core/delivery.ts';
import { samplesOf } from './template-samples.ts';
import { tocsinBody } from './tocsin-body.ts';
import { tocsinBodyShape, webhookJsonSchema } from './tocsin-body-schema.ts';

const published = z.fromJSONSchema(JSON.parse(JSON.stringify(webhookJsonSchema())));
const impossible = alert({
  firstSeenMs: Number.NaN,
  lastSeenMs: 1e300,
  sample: [sample({ timeMs: -1e300 })],
});

const ALL: readonly (readonly [string, Delivery])[] = [
  ...(['alert', 'digest', 'event'] as const)
    .flatMap(samplesOf)
    .map(({ name, delivery }) => [name, delivery] as const),
  ...(['opened', 'grew', 'repeat', 'resolved'] as const).map(
    (reason) => [`an alert that ${reason}`, alertDelivery({ reason, omittedAlerts: 3 })] as const,
  ),
  ['impossible times', alertDelivery({ alerts: [impossible] })],
  ...HOSTILE.map(([why, text]): [string, Delivery] => [`a text that ${why}`, eventDelivery(text, { text })]),
];

describe('the published schema of webhook bodies', () => {
  it.each(ALL)('is kept, and names every key: %s', (_, delivery) => {
    const body: unknown = JSON.parse(JSON.stringify(tocsinBody(delivery)));
    expect(tocsinBodyShape.safeParse(body).error?.issues ?? []).toEqual([]);
    expect(published.safeParse(body).success).toBe(true);
  });

  it('refuses what is none, and allows for keys that come later', () => {
    const body = JSON.parse(JSON.stringify(tocsinBody(alertDelivery())));
    expect(published.safeParse({ ...body, later: 1 }).success).toBe(true);
    expect(published.safeParse({ ...body, type: 'alert.lost' }).success).toBe(false);
    expect(published.safeParse({ ...body, data: { ...body.data, alerts: 'none' } }).success).toBe(false);
  });
});
