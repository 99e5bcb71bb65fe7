import { dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { codeOf, OutputError } from './failure.ts';
import type { Files, Handle } from './files.ts';
import type { Appended, Output } from './output.ts';
import { nextName, putAway, type RotationPolicy, rotationDue, type Written } from './rotation.ts';
import { repairEnd } from './torn-line.ts';

export interface LogFileOptions extends RotationPolicy {
  readonly path: string;
  readonly clock: Clock;
  readonly files: Files;
}

interface OpenFile extends Written {
  readonly handle: Handle;
  readonly ino: number;
  readonly dev: number;
}

/** A file of whole lines. What `append` counts as written is on disk. */
export function createLogFile(options: LogFileOptions): Output {
  const { path, maxBytes, clock, files } = options;
  let current: OpenFile | undefined;

  async function append(lines: readonly Buffer[], signal: AbortSignal): Promise<Appended> {
    let done = 0;
    try {
      while (done < lines.length) {
        if (signal.aborted) return { lines: done, code: 'STOPPED' };
        const file = await readyFor(lines[done]?.length ?? 0);
        const group = fitting(lines, done, maxBytes - file.bytes);
        current = await appendWhole(file, group, clock);
        done += group.length;
      }
      return { lines: done };
    } catch (error) {
      // Whatever went wrong, the next attempt looks at the file anew, its end included.
      await close();
      return { lines: done, code: codeOf(error) };
    }
  }

  /** The file that the next line goes to: opened, opened anew where somebody moved it, put away where it is time. */
  async function readyFor(lineBytes: number): Promise<OpenFile> {
    if (current !== undefined && !(await isStillThere(current, path, files))) await close();
    current ??= await openFile(path, files);
    const { size } = await current.handle.stat();
    current = { ...current, bytes: size };
    if (rotationDue(current, lineBytes, options, clock.now()) === undefined) return current;
    await putFileAway(options);
    await close();
    current = await openFile(path, files);
    return current;
  }

  async function close(): Promise<void> {
    const { handle } = current ?? {};
    current = undefined;
    await handle?.close().catch(() => {});
  }

  return { append, close };
}

/** Others rotate too: the name may lead to another file by now, or to none. */
async function isStillThere({ ino, dev }: OpenFile, path: string, files: Files): Promise<boolean> {
  const found = await files.lstat(path).catch(() => undefined);
  return found?.ino === ino && found.dev === dev;
}

async function openFile(path: string, files: Files): Promise<OpenFile> {
  const handle = await files.open(path);
  try {
    const { ino, dev, size, mtimeMs, ...stats } = await stat(handle);
    if (!stats.isPlain) throw new OutputError('NOT_A_FILE');
    await files.syncFolder(dirname(path));
    return { handle, ino, dev, bytes: await repairEnd(handle, size), lastMs: mtimeMs };
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
}

async function stat(handle: Handle) {
  const stats = await handle.stat();
  const { ino, dev, size, mtimeMs } = stats;
  return { ino, dev, size, mtimeMs, isPlain: stats.isFile() };
}

/** One rename: before it and after it every line is in exactly one file, whenever a crash comes. */
async function putFileAway({ path, keep, clock, files }: LogFileOptions): Promise<void> {
  const folder = dirname(path);
  const before = putAway(path, await files.readdir(folder));
  await files.rename(path, join(folder, nextName(path, before, clock.now())));
  const tooMany = before.slice(0, Math.max(0, before.length + 1 - keep));
  // One that cannot be deleted now is looked at again next time; lines must not wait for it.
  for (const name of tooMany) await files.unlink(join(folder, name)).catch(() => {});
}

/** As many lines from the first as fit, and at least that one. */
function fitting(lines: readonly Buffer[], from: number, room: number): readonly Buffer[] {
  let bytes = lines[from]?.length ?? 0;
  let end = from + 1;
  for (; end < lines.length; end += 1) {
    bytes += lines[end]?.length ?? 0;
    if (bytes > room) break;
  }
  return lines.slice(from, end);
}

/** All of the lines are on disk, or none is in the file. */
async function appendWhole(file: OpenFile, lines: readonly Buffer[], clock: Clock): Promise<OpenFile> {
  const bytes = Buffer.concat(lines);
  let written = 0;
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await file.handle.write(bytes, written, bytes.length - written);
      if (bytesWritten === 0) throw new OutputError('EIO');
      written += bytesWritten;
    }
    await file.handle.datasync();
  } catch (error) {
    await takeBack(file, written);
    throw error;
  }
  return { ...file, bytes: file.bytes + bytes.length, lastMs: clock.now() };
}

/** Only where nobody wrote behind us. Where it fails, the next opening repairs the end, and whole lines come twice. */
async function takeBack({ handle, bytes }: OpenFile, written: number): Promise<void> {
  try {
    const { size } = await handle.stat();
    if (size !== bytes + written) return;
    await handle.truncate(bytes);
    await handle.datasync();
  } catch {
    // The first failure is the one to tell of.
  }
}
