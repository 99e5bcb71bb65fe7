/** `npm run bench -- NAME`: the measurements there are, each in a file of its own. */
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  latency: () => import('./latency.ts'),
  match: () => import('./match.ts'),
  pipeline: () => import('./pipeline.ts'),
  redact: () => import('./redact.ts'),
};

const [, , name = ''] = process.argv;
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) {
  console.error(
    `There is no bench ${JSON.stringify(name)}; name one of: ${Object.keys(BENCHES).join(', ')}.`,
  );
  process.exitCode = 2;
} else await bench();
