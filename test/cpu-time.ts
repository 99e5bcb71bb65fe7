/**
 * What a test may say of time on any machine: what work costs, in passes over a megabyte.
 *
 * The clock on the wall counts what others do, and how old the machine is. The processor time of this thread,
 * divided by what plain work has just cost the same thread, counts neither.
 */

const ROW = { id: 'event', path: '/orders?id=1%27%20OR%201=1', isAttack: true };
const MEGABYTE = JSON.stringify(Array.from({ length: 15_500 }, () => ROW));
const TRIES = 5;
/** Some systems count a thread's time in steps of 4 ms: less than many steps say little. */
const LEAST_MS = 80;

/** Looks at every character, and parses: a few milliseconds. */
function passOnce(): number {
  let sum = 0;
  for (let i = 0; i < MEGABYTE.length; i += 1) sum = (Math.imul(sum, 31) + MEGABYTE.charCodeAt(i)) | 0;
  return JSON.parse(MEGABYTE).length + sum;
}

/** Milliseconds of processor that `work` takes this thread; other threads and processes are not counted. */
function cpuMsOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

function msOfPass(): number {
  passOnce();
  let [passes, ms] = [0, 0];
  while (ms < LEAST_MS) {
    ms += cpuMsOf(passOnce);
    passes += 1;
  }
  return ms / passes;
}

let passMs: number | undefined;

/**
 * What `work` costs, in passes over a megabyte of text (each character read, and all of it parsed as JSON).
 *
 * It is done until it costs less than `enough`, five times at most: the first run compiles. Choose bounds of ten times
 * what is seen, or more, and inputs so large that the square of their length is far above it.
 */
export function passesOf(work: () => unknown, enough: number): number {
  passMs ??= msOfPass();
  let fewest = cpuMsOf(work) / passMs;
  for (let i = 1; i < TRIES && fewest >= enough; i += 1) {
    passMs = msOfPass();
    fewest = Math.min(fewest, cpuMsOf(work) / passMs);
  }
  if (process.env['SHOW_PASSES']) process.stdout.write(`PASSES ${fewest.toFixed(1)} of ${enough}\n`);
  return fewest;
}
