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
  let inForce = fingerprintOf(paths());
  let lastSeen = inForce;

  async function look(): Promise<number> {
    const seen = fingerprintOf(paths());
    if (seen !== inForce && seen === lastSeen) {
      inForce = seen;
      await onChange();
    }
    lastSeen = seen;
    return clock.now() + LOOK_EVERY_MS;
  }

  return createLoop(clock, look);
}

/** Of names and contents; a file that cannot be read counts as absent. */
function fingerprintOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesUnder))
    hash.update(file).update('\0').update(contentOf(file)).update('\0');
  return hash.digest('hex');
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
