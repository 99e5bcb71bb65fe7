import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const HEADER = 32;
const FRAME_HEADER = 24;
const CHUNK = Buffer.alloc(65_536, 0x2e);

/** Damages the last frame that belongs to the log. @returns whether there was one */
export function tearWal(database: string): boolean {
  const file = `${database}-wal`;
  const log = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (log.length < HEADER) return false;
  const size = FRAME_HEADER + log.readUInt32BE(8);
  let last = -1;
  // Frames of an older turn of the log stand behind those of this one, under other salts.
  for (let at = HEADER; at + size <= log.length; at += size)
    if (log.compare(log, 16, 24, at + 8, at + 16) === 0) last = at;
  if (last === -1) return false;
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.from('torn by a power cut'), 0, 19, last + FRAME_HEADER + (size >> 1));
  closeSync(handle);
  return true;
}

/** A file system of so many megabytes at the folder. Throws where this user may not. */
export function mountSmallDisk(folder: string, megabytes: number): void {
  execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], {
    stdio: 'ignore',
  });
}

export function unmount(folder: string): void {
  execFileSync('/bin/umount', ['-l', folder], { stdio: 'ignore' });
}

/** From now on the process can make no file longer than so many bytes (as `ulimit -f`). Throws where nobody can. */
export function limitFiles(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('/usr/bin/prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { stdio: 'ignore' });
}

const ballast = (folder: string): string => join(folder, 'ballast');

/** Writes until nothing more fits. */
export function fillDisk(folder: string): void {
  const handle = openSync(ballast(folder), 'a');
  try {
    for (let chunk = CHUNK; chunk.length > 0; ) {
      try {
        writeSync(handle, chunk);
      } catch {
        chunk = chunk.subarray(0, chunk.length >> 1);
      }
    }
  } finally {
    closeSync(handle);
  }
}

export function freeDisk(folder: string): void {
  rmSync(ballast(folder), { force: true });
}
