import type { Delivery } from '../../src/core/delivery.ts';
import type { Digest } from '../../src/core/digest.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 10, 20, 7);

const digest = (over: Partial<Digest> = {}): Digest => ({
  id: 'digest/daily/2026-11-20T07:00:00.000Z',
  kind: 'period',
  title: 'Daily digest',
  fromMs: FROM_MS,
  toMs: FROM_MS + 24 * HOUR_MS,
  timeZone: 'Europe/Paris',
  totals: [
    { name: 'Events', count: 12_044, before: 10_750 },
    { name: 'Matched by rules', count: 310, before: 412 },
    { name: 'Alerts opened', count: 3, before: 0 },
    { name: 'Not delivered', count: 0, before: 0 },
  ],
  tables: [
    {
      title: 'Severity (akto-prod)',
      rows: [
        { name: 'HIGH', count: 8_000, before: 600 },
        { name: 'LOW', count: 4_044, before: 4_050 },
      ],
      omittedRows: 0,
      omittedCount: 0,
    },
    {
      title: 'Top actors',
      rows: [
        { name: '203.0.113.9', count: 9_000, before: 9_000 },
        { name: '2001:db8::1', count: 44 },
      ],
      omittedRows: 1_200,
      omittedCount: 3_000,
    },
  ],
  chart: {
    title: 'Events by hour',
    bars: [0, 3, 12, 90, 1_400, 2_200, 800, 30, 4].map((count, i) => {
      return { label: `${String(i + 8).padStart(2, '0')}:00`, count };
    }),
  },
  notes: [
    'siem: 2 deliveries of this period went to the dead letters; see "tocsin deliveries list --state dead".',
  ],
  createdAtMs: FROM_MS + 24 * HOUR_MS + 5_000,
  ...over,
});

export const digestDelivery = (over: Partial<Digest> = {}): Delivery => {
  const told = digest(over);
  return { kind: 'digest', id: told.id, digest: told };
};
