import fc from 'fast-check';
import { it } from 'vitest';
import { runs } from '../seed.ts';
import { configured, step } from './contract-stage.ts';
import { ContractWorld } from './contract-world.ts';
import { inMemory, onDisk, type Place } from './lifecycle-steps.ts';

const histories = fc.array(step, { maxLength: 20, size: 'max' });

function holds(place: () => Place, count: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(configured, fc.boolean(), histories, async (routes, inhibits, steps) => {
      const world = new ContractWorld(place(), routes, inhibits);
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

it('whoever is told of a beginning is told of its end, once, and the worst is told first', async () => {
  await holds(inMemory, 300);
}, 3_600_000);

it('and so it is on a disk, opened again between any two steps', async () => {
  await holds(onDisk, 15);
}, 3_600_000);
