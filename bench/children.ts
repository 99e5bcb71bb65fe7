import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';

// Told to stop, a bench takes its processes with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface Cost {
  readonly cpuMs: number;
  /** Resident, at its most. */
  readonly peakBytes: number;
}

/** One of a bench's processes, so that what each costs is its own. */
export interface Child {
  readonly pid: number;
  /** The first line it prints. */
  readonly said: Promise<string>;
  readonly exited: Promise<unknown>;
  /** What it took until now; of Linux, elsewhere zeroes. */
  cost(): Cost;
  /** Everything on its stderr. */
  log(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Runs Node with `args`; ends with this process at the latest. */
export function startNode(...args: readonly string[]): Child {
  return startWith({}, ...args);
}

/** The same, with more in its environment. */
export function startWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-100_000);
  });
  const exited = once(child, 'exit');
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  void exited.then(() => process.off('exit', kill));
  return {
    pid: child.pid ?? 0,
    said: firstLine(child),
    exited,
    cost: () => costOf(child.pid ?? 0),
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await exited;
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) return '';
  let text = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  stdout.resume();
  return text.trim();
}

const TICK_MS = 10;

function costOf(pid: number): Cost {
  try {
    // The name in brackets may hold blanks.
    const [, , , , , , , , , , , user = '0', system = '0'] = (
      readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? ''
    ).split(' ');
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { cpuMs: (Number(user) + Number(system)) * TICK_MS, peakBytes: Number(peak ?? 0) * 1_024 };
  } catch {
    return { cpuMs: 0, peakBytes: 0 };
  }
}

/** Bytes of a database with all that SQLite keeps beside it. */
export function databaseBytes(file: string): number {
  const sizes = ['', '-wal', '-shm'].map((end) => statSync(`${file}${end}`, { throwIfNoEntry: false })?.size);
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** Asks until `done`; fails by name after `timeoutMs`. */
export async function waitFor(done: () => Promise<boolean>, what: string, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited ${Math.round(timeoutMs / 1_000)} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
