import fc from 'fast-check';
import { it } from 'vitest';
import { SEVERITIES } from '../../src/core/severity.ts';
import { runs } from '../seed.ts';
import { ACTORS, nameOf, RULES, SILENCES } from './lifecycle-stage.ts';
import { inMemory, onDisk, type Place, type Step } from './lifecycle-steps.ts';
import { World } from './lifecycle-world.ts';

const alertName = fc
  .tuple(fc.constantFrom(...RULES), fc.constantFrom(...ACTORS))
  .map(([rule, actor]) => nameOf(rule, actor));
const time = fc.constantFrom(10, 30, 60, 120, 120, 300, 300, 600);
const severity = fc.constantFrom(...SEVERITIES);
const isExploit = fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('matches' as const),
      alerts: fc.array(alertName, { minLength: 1, maxLength: 4 }),
      severity,
      isExploit,
      breaks: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('wait' as const, 'wait' as const, 'sleep' as const),
      seconds: time,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('ack' as const), alert: alertName }),
      fc.record({ kind: fc.constant('update' as const), alert: alertName, severity, isExploit }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('silence' as const),
      what: fc.constantFrom(...Object.keys(SILENCES)),
      seconds: time,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'expire' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), at: fc.integer({ min: 1, max: 3 }) }),
  },
);

function agrees(place: () => Place, count: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 16, size: 'max' }), async (steps) => {
      const world = new World(place());
      try {
        for (const next of steps) await world.take(next);
        await world.end();
      } finally {
        await world.close();
      }
    }),
    { numRuns: runs(count) },
  );
}

it('whatever happens, what is told agrees with a model that only reads the whole history', async () => {
  await agrees(inMemory, 500);
});

it('and so it does on a disk, opened again between any two steps', async () => {
  await agrees(onDisk, 25);
});
