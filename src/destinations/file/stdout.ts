import { fdatasync, fstat, write } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import { codeOf } from './failure.ts';
import type { Appended, Output } from './output.ts';

const writeTo = promisify(write);
const syncOf = promisify(fdatasync);
const statOf = promisify(fstat);

const STDOUT_FD = 1;
const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 200;

/**
 * The rest of a line that a reader took half of: whoever writes next, after a reload too, must end it first. The
 * process has one stdout, hence one for all.
 */
const unfinished = new Map<number, Buffer>();

/**
 * Lines on a descriptor that we neither opened nor close. Written by hand, for Node's stream would keep what the reader
 * does not take in memory, and could not say how much of it went out.
 */
export function createStdout(clock: Clock, fd = STDOUT_FD): Output {
  async function append(lines: readonly Buffer[], signal: AbortSignal): Promise<Appended> {
    const debt = unfinished.get(fd) ?? Buffer.alloc(0);
    const { bytes, code } = await writeAll(fd, Buffer.concat([debt, ...lines]), clock, signal);
    const { count, rest } = whatWentOut(debt, lines, bytes);
    if (rest === undefined) unfinished.delete(fd);
    else unfinished.set(fd, rest);
    if (code !== undefined) return { lines: count, code };
    return flushed(fd, count);
  }
  return { append, close: async () => {} };
}

/** A reader that is slow is waited for. */
async function writeAll(
  fd: number,
  bytes: Buffer,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly code?: string }> {
  let written = 0;
  let waitMs = FIRST_WAIT_MS;
  while (written < bytes.length) {
    if (signal.aborted) return { bytes: written, code: 'STOPPED' };
    try {
      const { bytesWritten } = await writeTo(fd, bytes, written, bytes.length - written);
      written += bytesWritten;
      waitMs = FIRST_WAIT_MS;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') return { bytes: written, code: codeOf(error) };
      await clock.sleep(waitMs, signal);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }
  return { bytes: written };
}

/** How many lines went out whole, and what is owed of the one that did not. */
function whatWentOut(debt: Buffer, lines: readonly Buffer[], bytes: number) {
  if (bytes < debt.length) return { count: 0, rest: debt.subarray(bytes) };
  let left = bytes - debt.length;
  let count = 0;
  for (const line of lines) {
    if (left < line.length) return { count, rest: left === 0 ? undefined : line.subarray(left) };
    left -= line.length;
    count += 1;
  }
  return { count, rest: undefined };
}

/** `tocsin run > events.jsonl`: then done means on disk here too. */
async function flushed(fd: number, count: number): Promise<Appended> {
  try {
    if ((await statOf(fd)).isFile()) await syncOf(fd);
    return { lines: count };
  } catch (error) {
    return { lines: 0, code: codeOf(error) };
  }
}
