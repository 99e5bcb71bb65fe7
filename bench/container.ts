import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** How the container runs Node: a bench of the daemon that ran it otherwise would measure what nobody deploys. */
export interface ContainerRun {
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Read from the Dockerfile's `ENTRYPOINT` and `ENV`. Throws where they are not there. */
export function containerRun(): ContainerRun {
  const dockerfile = readFileSync(resolve(import.meta.dirname, '../Dockerfile'), 'utf8');
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1];
  if (entry === undefined) throw new Error('the Dockerfile has no ENTRYPOINT to read the flags of Node from');
  const words: readonly unknown[] = JSON.parse(entry);
  const nodeFlags = words.map(String).filter((word) => word.startsWith('--'));
  const settings = [...dockerfile.matchAll(/^ENV ([A-Z_]+)=(\S+)$/gm)];
  return { nodeFlags, env: Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value])) };
}
