import type { RoundResult } from './round.ts';

/** Everything that a failing round needs to be played again and understood. */
export function explainFailure({ seed, findings, plan, log }: RoundResult): string {
  return [
    `round ${seed} FAILED; play it again with: npm run chaos -- --rounds 1 --seed ${seed}`,
    ...findings.slice(0, 40).map((finding) => `  ${finding}`),
    `  schedule: ${JSON.stringify(plan)}`,
    '  log of the last life:',
    ...log
      .trim()
      .split('\n')
      .slice(-40)
      .map((line) => `    ${line}`),
  ].join('\n');
}

/** The figures of all rounds, as docs/proof.md shows them. */
export function summary(results: readonly RoundResult[], tookMs: number): string {
  const sum = (of: (result: RoundResult) => number): number =>
    results.reduce((total, each) => total + of(each), 0);
  const count = (word: string): number =>
    sum(({ findings }) => findings.filter((finding) => finding.startsWith(word)).length);
  const failed = results.filter(({ findings }) => findings.length > 0);
  return [
    `${results.length} rounds in ${Math.round(tookMs / 1_000)} s: ${sum((each) => each.events)} events, ${sum((each) => each.notifications)} notifications, ${sum((each) => each.deadLetters)} dead letters`,
    `${count('LOST')} lost, ${count('DOUBLE')} double pages, ${count('OUT OF ORDER')} out of order, ${count('STUCK')} stuck, ${count('AGAIN')} sent again without a cause; ${failed.length} rounds failed`,
    'faults that struck:',
    ...rows(results.map((each) => each.struck)),
    'sent again under an id that had been taken, by what made it needful:',
    ...rows(results.map((each) => each.duplicates)),
    ...(failed.length === 0 ? [] : [`failing seeds: ${failed.map(({ seed }) => seed).join(', ')}`]),
  ].join('\n');
}

function rows(maps: readonly ReadonlyMap<string, number>[]): string[] {
  const totals = new Map<string, number>();
  for (const map of maps) for (const [name, count] of map) totals.set(name, (totals.get(name) ?? 0) + count);
  return [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `  ${String(count).padStart(6)}  ${name}`);
}
