import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

const COMMAND = 'bin/tocsin.mjs';

/** The real built command in a process of its own, its log lines kept. */
export class DaemonProcess {
  readonly #child: ChildProcess;
  #log = '';

  constructor(config: string, env: Readonly<Record<string, string>> = {}) {
    if (!existsSync('dist/main.js')) throw new Error('dist is missing; run "npm run build" first');
    this.#child = spawn(process.execPath, [COMMAND, 'run', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#log += chunk;
    });
  }

  /** 0 where it could not be spawned. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything on stderr so far. */
  get log(): string {
    return this.#log;
  }

  /** The port of its HTTP server, once it says so. */
  async port(): Promise<number> {
    const found = await until(
      () => /"port":(\d+)[^\n]*"msg":"started"/.exec(this.#log)?.[1],
      'the daemon to start',
    );
    return Number(found);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  hangUp(): void {
    this.#child.kill('SIGHUP');
  }

  /** Asks it to stop, and tells how it went. */
  async terminate(): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    const gone = once(this.#child, 'exit');
    const startedMs = performance.now();
    this.#child.kill('SIGTERM');
    const [code] = await gone;
    return { code: typeof code === 'number' ? code : null, tookMs: performance.now() - startedMs };
  }

  /** Resolves with the exit code of a process that ends by itself. */
  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

/** Asks again and again until there is an answer; fails by name after `timeoutMs`. */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  timeoutMs = 120_000,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
