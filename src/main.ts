import { runCli } from './cli/program.ts';

/** The process edge: arguments in, exit code out. Nothing else here or below ends the process. */
const stop = new AbortController();
let asked = 0;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    asked += 1;
    stop.abort();
    // A second request is impatience: everything durable is durable already.
    if (asked > 1) process.exit(1);
  });
}
// A reader that goes away (`tocsin … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const coloured = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && !process.env['NO_COLOR'];

const code = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
  colour: { out: coloured(process.stdout), err: coloured(process.stderr) },
  terminal: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 200,
  stop: stop.signal,
  onHangup: (callback) => void process.on('SIGHUP', callback),
});

process.exitCode = code;
// Usually nothing is left and the process ends by itself. A library's timer must not hold it up.
setTimeout(() => process.exit(code), 1_000).unref();
