import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { createLoop, type Loop } from '../pipeline/loop.ts';

const LOOK_EVERY_MS = 2_000;

/**
 * Looks at the files every two seconds and calls back when their content has changed and then stayed
 * the same for one look: editors write in several steps, deployments swap several files. Looking is
 * dull but works where notifications do not: mounted config maps, network and overlay file systems.
 */
export function createWatcher(
  clock: Clock,
  paths: () => readonly string[],
  onChange: () => Promise<void>,
): Loop {
  let seen = look(paths());
  let inForce = seen.content;

  async function pass(): Promise<number> {
    const before = seen;
    seen = look(paths(), before);
    if (seen.content !== inForce && seen.content === before.content) {
      inForce = seen.content;
      await onChange();
    }
    return clock.now() + LOOK_EVERY_MS;
  }

  return createLoop(clock, pass);
}

interface Look {
  /** Of names, sizes and times: cheap, and enough to see that nothing was written. */
  readonly outside: string;
  /** Of names and contents. */
  readonly content: string;
}

/** Thousands of rules are read again only when one of them was touched. */
function look(paths: readonly string[], before?: Look): Look {
  const files = paths.flatMap(filesUnder);
  const outside = digest(files, statOf);
  return outside === before?.outside ? before : { outside, content: digest(files, contentOf) };
}

function digest(files: readonly string[], of: (file: string) => Buffer | string): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(of(file)).update('\0');
  return hash.digest('hex');
}

/** A file that cannot be read counts as empty. */
function statOf(file: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [ino, size, mtimeMs, ctimeMs].join();
  } catch {
    return '';
  }
}

function filesUnder(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/i.test(name))
      .map((name) => join(path, name))
      .sort();
  } catch {
    return [];
  }
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    return '';
  }
}
