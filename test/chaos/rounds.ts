import { type Disk, diskHere } from './full-disk.ts';
import { playRound, type RoundResult } from './round.ts';

export interface Rounds {
  readonly rounds: number;
  /** Of the first; the others follow. */
  readonly seed: number;
  readonly atOnce: number;
  /** No further round begins after it. */
  readonly budgetMs?: number;
  /** How disks are made full; the truest way of this machine unless said. */
  readonly disk?: Disk;
}

/** Plays rounds `seed`, `seed + 1`, …, so many at a time. */
export async function playRounds(
  { rounds, seed, atOnce, budgetMs = Number.POSITIVE_INFINITY, disk = diskHere() }: Rounds,
  onRound: (result: RoundResult) => void = () => {},
): Promise<readonly RoundResult[]> {
  const startedMs = performance.now();
  const results: RoundResult[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < rounds && performance.now() - startedMs < budgetMs) {
      const mine = seed + next;
      next += 1;
      const result = await playRound(mine, disk);
      results.push(result);
      onRound(result);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
