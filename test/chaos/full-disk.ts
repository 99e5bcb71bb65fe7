import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDisk, freeDisk, limitFiles, mountSmallDisk, unmount } from './damage.ts';

/**
 * - `mount`: a small file system of its own for each round, filled
 * - `limit`: where nobody may mount one, no file of the process may grow (EFBIG)
 * - `none`: this machine has neither
 */
export const DISKS = ['mount', 'limit', 'none'] as const;
export type Disk = (typeof DISKS)[number];

/** Nothing more can be written to a folder by a process until it can again. */
export interface FullDisk {
  /** @returns what struck */
  fill(pid: number): string;
  /** Of a process that may be gone. */
  free(pid: number): void;
}

/** The truest way that this machine has. */
export function diskHere(): Disk {
  if (works(tryMount)) return 'mount';
  return works(() => limitFiles(process.pid, 'unlimited')) ? 'limit' : 'none';
}

function works(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function tryMount(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-chaos-disk-'));
  try {
    mountSmallDisk(folder, 1);
    unmount(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param growing the files of the folder that grow */
export function fullDisk(disk: Disk, folder: string, growing: readonly string[]): FullDisk {
  if (disk === 'none')
    return { fill: () => 'LEFT OUT: disk full (neither mount nor prlimit here)', free: () => {} };
  if (disk === 'mount') return { fill: () => filled(folder), free: () => freeDisk(folder) };
  const sizes = (): number[] => growing.map((file) => (existsSync(file) ? statSync(file).size : 0));
  return {
    fill: (pid) => {
      const isLimited = works(() => limitFiles(pid, Math.min(...sizes())));
      return isLimited ? 'disk full (no file may grow)' : 'disk full, after the end';
    },
    free: (pid) => void works(() => limitFiles(pid, 'unlimited')),
  };
}

function filled(folder: string): string {
  fillDisk(folder);
  return 'disk full';
}
