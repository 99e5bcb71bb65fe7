import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

const instructions: readonly Instruction[] = readFileSync('Dockerfile', 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [, word = '', rest = ''] =
      /^([A-Z]+) (.*)$/.exec(line) ?? expect.fail(`not an instruction: ${line}`);
    return { word, rest };
  });
const last = instructions.findLastIndex(({ word }) => word === 'FROM');
const finalStage = instructions.slice(last + 1);
const all = (word: string): string[] =>
  instructions.filter((line) => line.word === word).map(({ rest }) => rest);
const inFinal = (word: string): string[] =>
  finalStage.filter((line) => line.word === word).map(({ rest }) => rest);

/** A JSON array of texts, which Docker runs without a shell. */
function execForm(text: string | undefined): string[] {
  const value: unknown = JSON.parse(text ?? '');
  return Array.isArray(value) ? value.map(String) : expect.fail(`not in exec form: ${text}`);
}

it('is built on named versions, never on the latest', () => {
  for (const image of all('FROM'))
    expect(image).toMatch(/^[a-z0-9./-]+:(?!latest\b)[a-z0-9.-]+( AS [a-z]+)?$/);
});

it('runs as a user that can be seen not to be root', () => {
  expect(inFinal('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
});

it('fetches nothing by ADD, and runs nothing in a stage without a shell', () => {
  expect(all('ADD')).toEqual([]);
  expect(inFinal('RUN')).toEqual([]);
});

it('takes packages over only after those for development are gone, the Node among them', () => {
  const steps = all('RUN');
  expect(steps.findIndex((step) => step.includes('npm ci --ignore-scripts'))).toBe(0);
  expect(steps.findIndex((step) => step.includes('npm prune --omit=dev'))).toBe(1);
});

it('copies only what exists here or was built before, and the ignore file lets it through', () => {
  const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
  const copied = all('COPY').filter((rest) => !rest.startsWith('--from'));
  const sources = copied.flatMap((rest) => rest.split(' ').slice(0, -1));
  expect(
    sources.filter((source) => !existsSync(source) || !ignore.includes(`!${source.replace('./', '')}`)),
  ).toEqual([]);
});

it('writes to one volume, which belongs to its user', () => {
  const [user] = inFinal('USER');
  expect(execForm(inFinal('VOLUME')[0])).toEqual(['/data']);
  expect(inFinal('COPY')).toContain(`--from=build --chown=${user} /data /data`);
});

it('takes a command of tocsin as its arguments, and runs the daemon without any', () => {
  const [node, ...words] = execForm(inFinal('ENTRYPOINT')[0]);
  const flags = words.filter((word) => word.startsWith('--'));
  expect([node, words.at(-1), words.length - flags.length]).toEqual([
    '/nodejs/bin/node',
    '/app/bin/tocsin.mjs',
    1,
  ]);
  const { status, stderr } = spawnSync(process.execPath, [...flags, '--version'], { encoding: 'utf8' });
  expect([status, stderr], 'flags that this Node knows').toEqual([0, '']);
  expect(execForm(inFinal('CMD')[0])).toEqual(['run', '-c', '/etc/tocsin/config.yaml']);
});

it.each([
  { status: 200, healthy: 0 },
  { status: 500, healthy: 1 },
])(
  'checks its health without a shell: an answer $status is exit code $healthy',
  async ({ status, healthy }) => {
    const [, command] = inFinal('HEALTHCHECK')[0]?.split(' CMD ') ?? [];
    const [, ...args] = execForm(command);
    const paths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const child = spawn(process.execPath, args, { env: { TOCSIN_HEALTH_PORT: String(port) } });
    const [code] = await once(child, 'exit');
    server.close();
    expect({ code, paths }).toEqual({ code: healthy, paths: ['/healthz'] });
  },
);
