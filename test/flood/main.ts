import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playFlood } from './flood.ts';
import { report } from './report.ts';

/** `npm run flood -- --events 60000 --max-size 256MiB --seed 1`; the daemon is that of the folder it runs in. */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '60000' },
    exploits: { type: 'string', default: '12' },
    'max-size': { type: 'string', default: '256MiB' },
    seed: { type: 'string', default: '1' },
    'patience-s': { type: 'string', default: '90' },
    log: { type: 'string' },
    texts: { type: 'string' },
  },
});
const result = await playFlood({
  ...{ events: Number(values.events), exploits: Number(values.exploits), seed: Number(values.seed) },
  ...{ maxSize: values['max-size'], patienceMs: Number(values['patience-s']) * 1_000 },
  ...{ stepMs: 3_600_000, steps: 30, settleMs: 20_000 },
  say: (line) => process.stdout.write(`${line}\n`),
});
if (values.log !== undefined) writeFileSync(values.log, result.log);
if (values.texts !== undefined) writeFileSync(values.texts, result.texts.join('\n'));
process.stdout.write(`${report(result)}\n`);
process.exitCode = result.findings.length === 0 ? 0 : 1;
