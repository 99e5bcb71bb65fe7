import type { Standing } from './templates-folder.ts';
import type { PulledFile } from './templates-manifest.ts';

export interface Decision {
  readonly outcome: 'new' | 'changed' | 'unchanged' | 'kept';
  readonly why?: string;
  /** Whether here and there are worth comparing. */
  readonly compare?: boolean;
}

/**
 * What becomes of a template that could run.
 * @param pulled what is remembered of its file
 * @param sha256 of what the server has now
 * @param force takes the server's, whatever was done to the file here
 */
export function decide(
  pulled: PulledFile | undefined,
  standing: Standing,
  sha256: string,
  force: boolean,
): Decision {
  if (standing.kind === 'other') return { outcome: 'kept', why: 'a link or a folder is in the way' };
  if (standing.kind === 'absent') {
    if (pulled?.sha256 === undefined || force) return { outcome: 'new' };
    return { outcome: 'kept', why: 'deleted here' };
  }
  if (standing.sha256 === sha256) return { outcome: 'unchanged' };
  const isOurs = standing.sha256 === pulled?.sha256 || standing.sha256 === pulled?.writing;
  if (isOurs || force) return { outcome: 'changed', compare: true };
  if (pulled === undefined) return { outcome: 'kept', why: 'not written by a pull', compare: true };
  if (pulled.sha256 === sha256) return { outcome: 'kept', why: 'edited here' };
  return { outcome: 'kept', why: 'edited here, and changed on the server', compare: true };
}
