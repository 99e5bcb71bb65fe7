import { parseArgs } from 'node:util';
import { DISKS, diskHere } from './full-disk.ts';
import { explainFailure, summary } from './report.ts';
import { playRounds } from './rounds.ts';

/** `npm run chaos -- --rounds 200 --seed 1`; `--disk limit` plays full disks as where nobody may mount one. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '2' },
    disk: { type: 'string' },
  },
});
const disk = values.disk === undefined ? diskHere() : (DISKS.find((each) => each === values.disk) ?? 'none');
const startedMs = performance.now();
const results = await playRounds(
  { rounds: Number(values.rounds), seed: Number(values.seed), atOnce: Number(values['at-once']), disk },
  (result) => {
    const { seed, events, tookMs, findings } = result;
    process.stdout.write(
      `round ${seed}: ${events} events in ${Math.round(tookMs)} ms${findings.length > 0 ? '' : ', nothing amiss'}\n`,
    );
    if (findings.length > 0) process.stdout.write(`${explainFailure(result)}\n`);
  },
);
process.stdout.write(`${summary(results, performance.now() - startedMs)}\n`);
process.exitCode = results.every(({ findings }) => findings.length === 0) ? 0 : 1;
