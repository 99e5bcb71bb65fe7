import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTocsin } from '../../test/pipeline/fake-io.ts';
import { startRunning } from '../../test/pipeline/running.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-run-'));
  file = join(folder, 'config.yaml');
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'a.yaml'), 'id: a\nfilter: { filter_id: { eq: X } }\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing listens at these addresses. */
const config = (listen: string, more = ''): string => `
sources:
  - { name: akto, type: akto, url: "http://127.0.0.1:9", api_key: key, schedule: "0 0 1 1 *" }
destinations:
  - { name: soar, type: webhook, url: "http://127.0.0.1:9/hook" }
server: { listen: "${listen}" }
log: { level: fatal }
${more}
`;

function run(text: string, stop?: AbortSignal) {
  writeFileSync(file, text);
  return runTocsin(['run', '-c', file], { cwd: folder, ...(stop === undefined ? {} : { stop }) });
}

describe('tocsin run', () => {
  it('runs until it is told to stop, and ends with 0', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await run(config('127.0.0.1:0'), stop.signal)).toEqual({ code: 0, out: '', err: '' });
  });

  it('starts nothing with a wrong configuration', async () => {
    const { code, err } = await run(config('127.0.0.1:0', 'nonsense: 1'));
    expect(code).toBe(2);
    expect(err).toMatch(/config\.yaml:8:1: error unknown-key/);
  });

  it('says which address is taken, and lets go of the store', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, err } = await run(config(`127.0.0.1:${port}`));
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(2);
    expect(err).toMatch(/^tocsin: server\.listen: .*EADDRINUSE/);
    const stop = new AbortController();
    stop.abort();
    expect(await run(config(`127.0.0.1:${port}`), stop.signal)).toMatchObject({ code: 0 });
  });

  it('listens for hangups before it has started, and takes one for nothing where that fails', async () => {
    const running = await startRunning();
    const heard: string[] = [];
    const onHangup = (hangUp: () => void): void => {
      heard.push('listens');
      hangUp();
    };
    try {
      writeFileSync(file, config('127.0.0.1:0', `store: "sqlite:${join(running.folder, 'tocsin.db')}"`));
      const { code } = await runTocsin(['run', '-c', file], { cwd: folder, onHangup });
      expect({ code, heard }).toEqual({ code: 2, heard: ['listens'] });
    } finally {
      await running.stop();
    }
  });

  it('says that another one runs on the store', async () => {
    const running = await startRunning();
    try {
      const { code, err } = await run(
        config('127.0.0.1:0', `store: "sqlite:${join(running.folder, 'tocsin.db')}"`),
      );
      expect(code).toBe(2);
      expect(err).toMatch(/^tocsin: .*is in use by another Tocsin; stop that one first/);
    } finally {
      await running.stop();
    }
  });
});
